import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { StreamKeys } from '../stream/keys.ts';
import type { RelayAnswer, UpdateEvent } from '../stream/protocol.ts';
import type { Admission } from './admission.ts';
import type { Engine, RelayMark } from './engine.ts';
import type { Hub } from './hub.ts';
import type { GivenIds, Wire } from './messages.ts';
import type { Page } from './page.ts';
import type { PageLink } from './page-link.ts';
import type { RecentRevocations } from './recent-revocations.ts';
import type { BytesUnderWay } from './relay-body.ts';
import type { Roster } from './roster.ts';
import type { SeenRelays } from './seen-relays.ts';
import type { ServerLog } from './server-log.ts';
import type { ServerMeter } from './server-meter.ts';
import type { CheckedStreamServerOptions } from './stream-server-options.ts';
import type { Warnings } from './warnings.ts';

/** An upgrade request, as Node's http server hands it over. */
export interface Upgrade {
  req: IncomingMessage;
  socket: Duplex;
  /** What came right behind the request. */
  head: Buffer;
}

/** The parts of one streaming server, as its wires use them. */
export interface Parts {
  readonly options: CheckedStreamServerOptions;
  /** Undefined where the default wires are closed. */
  readonly keys: StreamKeys | undefined;
  readonly hub: Hub<Page>;
  readonly roster: Roster<Page>;
  readonly admission: Admission;
  readonly revocations: RecentRevocations;
  readonly engine: Engine;
  readonly seen: SeenRelays<Pick<RelayAnswer, 'accepted' | 'refused'>>;
  /** The bodies of relays that are not read to their end, and so not proven. */
  readonly underWay: BytesUnderWay;
  readonly logger: ServerLog;
  readonly meter: ServerMeter;
  readonly warnings: Warnings;
  readonly onError: (error: unknown) => void;
  readonly isClosing: () => boolean;
  /** Why pages and relays are not taken at the moment, for health checks; undefined where they are. */
  readonly unready: () => string | undefined;
  /** Hands an event to the engine, which gives it its place and delivers it: at once, where it does not make it wait. */
  readonly publish: (event: UpdateEvent, given?: GivenIds, relay?: RelayMark) => void | Promise<void>;
  /**
   * Makes the upgrade to a web socket and calls `opened`, at once; or refuses it, and `opened` is not called. No message
   * of the page's is lost where `opened` listens before it returns.
   */
  readonly accept: (upgrade: Upgrade, wire: Wire, opened: (link: PageLink) => void) => void;
}
