import type { Clock } from '../clock.ts';
import { passed } from '../clock.ts';
import { ActionlogError } from '../errors.ts';
import { MemoryEngine } from '../server/engine.ts';
import { EventFrames } from '../server/event-frames.ts';
import { httpRefusals } from '../server/http-answers.ts';
import { Hub } from '../server/hub.ts';
import { type RelayParts, takeSigned } from '../server/relay-endpoint.ts';
import { SeenRelays } from '../server/seen-relays.ts';
import { ServerLog } from '../server/server-log.ts';
import type { HttpAnswer } from '../stream/http-answer.ts';
import { StreamKeys } from '../stream/keys.ts';
import type { RevokeItem, UpdateEvent } from '../stream/protocol.ts';
import type { Transport } from '../stream/relay-connection.ts';
import type { FaultBoard } from './faults.ts';
import { eventOf, MemoryPage } from './test-page.ts';

/** What a {@link MemoryStream} works with. */
interface MemoryStreamOptions {
  clock: Clock;
  faults: FaultBoard;
  secrets: readonly string[];
  /** How long a relay may take. */
  timeoutMs: number;
  /** Told of each event once it has its place, before pages get it. */
  onEvent(event: UpdateEvent): void;
}

const history = { maxEvents: 1000, maxBytes: 1_048_576, maxTotalBytes: 67_108_864, maxAgeMs: 300_000 };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const url = 'the streaming server of this test';

/**
 * The streaming server without its sockets: relays are proven, taken once and fanned out by the same code, and a relay
 * reaches it within the turn in which it is sent.
 */
export class MemoryStream implements Transport {
  readonly #options: MemoryStreamOptions;
  readonly #hub: Hub<MemoryPage>;
  readonly #pages = new Set<MemoryPage>();
  #parts: RelayParts;
  /** Of a server with another secret. */
  readonly #strangers = new StreamKeys(['a secret that the application server does not have']);

  constructor(options: MemoryStreamOptions) {
    this.#options = options;
    const { clock, secrets } = options;
    const engine = new MemoryEngine(history);
    this.#hub = new Hub((error) => {
      throw error;
    });
    engine.start({
      sink: {
        deliver: (event) => this.#deliver(event),
        lost: () => undefined,
        revoke: (item) => this.#revoke(item),
        replaced: () => undefined,
        dump: (rectype, gsid) => this.#hub.dump(rectype, gsid),
        onError: () => undefined,
      },
    });
    this.#parts = {
      keys: new StreamKeys(secrets),
      seen: seenBy(clock),
      engine,
      logger: new ServerLog(silent),
      isClosing: () => false,
      publish: (event, given) => void engine.append(event, given),
      options: { toleranceMs: 60_000 },
      admission: { refusesRelay: () => undefined },
    };
  }

  async post(sign: () => Record<string, string>, body: string): Promise<HttpAnswer> {
    const { faults, clock, timeoutMs } = this.#options;
    if (faults.now.stream === 'down') {
      throw new ActionlogError('relay-unreachable', `${url} cannot be reached: the test has it down`);
    }
    const headers = sign();
    if (faults.now.stream === 'slow') {
      const { healed } = faults;
      await passed(clock, timeoutMs, healed);
      if (!healed.aborted) throw new ActionlogError('relay-timeout', `${url}: no answer within ${timeoutMs} ms`);
    }
    const keys = faults.now.stream === 'refusing' ? this.#strangers : this.#parts.keys;
    const taken = await takeSigned(headers, async () => Buffer.from(body), { ...this.#parts, keys });
    if (taken === 'gone') throw new ActionlogError('relay-unreachable', `${url} is gone`);
    if (!('code' in taken)) return { status: 202, headers: new Map(), text: JSON.stringify(taken) };
    const { code, message } = taken;
    const refusal = httpRefusals[code];
    const error = { code, message: message ?? refusal.message };
    return { status: refusal.status, headers: new Map(), text: JSON.stringify({ error }) };
  }

  /**
   * Connects a page.
   *
   * @param earliest when a session of its user may begin at the earliest, Unix time in milliseconds
   */
  open({ gsid, userid }: { gsid: string; userid: string }, earliest: number): MemoryPage {
    const sid = this.#hub.sidFor(gsid, userid, undefined);
    const page = new MemoryPage({
      ...{ gsid, userid, sid, began: Math.max(this.#options.clock.now(), earliest) },
      closed: (left) => {
        this.#hub.remove(left);
        this.#pages.delete(left);
      },
    });
    this.#hub.add(page)?.close();
    this.#pages.add(page);
    return page;
  }

  async close(): Promise<void> {
    this.#closePages();
  }

  /** Closes the pages, and forgets what was relayed: the next test may be at an earlier time. */
  reset(): void {
    this.#closePages();
    this.#parts = { ...this.#parts, seen: seenBy(this.#options.clock) };
  }

  #closePages(): void {
    for (const page of this.#pages) page.close();
  }

  #deliver(event: UpdateEvent): void {
    this.#options.onEvent(eventOf(new EventFrames(event).on('default')));
    this.#hub.publish(event);
    this.#hub.flush();
  }

  /** A session is not known here by its name: of a user who signs out, all pages are closed that he had by then. */
  #revoke({ gsid, userid, at = this.#options.clock.now() }: RevokeItem): void {
    for (const page of this.#pages) {
      if (page.gsid === gsid && page.userid === userid && page.began <= at) page.close('revoked');
    }
  }
}

/** A test sets its time to any date, also to one before the log was made; nobody replays a relay there. */
function seenBy(clock: Clock): RelayParts['seen'] {
  return new SeenRelays({ toleranceMs: 60_000, max: 500_000, clock, knowsEarlier: true });
}
