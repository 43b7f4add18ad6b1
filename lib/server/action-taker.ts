import type { UpdateEvent } from '../stream/protocol.ts';
import type { Engine } from './engine.ts';
import type { ServerLog } from './server-log.ts';
import type { Warnings } from './warnings.ts';

/** What a taker works with: the parts of its server. */
export interface TakerNeeds {
  readonly publish: (event: UpdateEvent) => void | Promise<void>;
  readonly engine: Engine;
  readonly logger: ServerLog;
  readonly warnings: Warnings;
  readonly onError: (error: unknown) => void;
}

/** Takes actions from elsewhere for one server. */
export interface ActionTaker {
  /** Begins; may be called more than once. */
  start(): void;
  /** Takes nothing more, and waits for what is under way. */
  close(): Promise<void>;
}

/** Where actions come from beside relays: `redisActions()` of `express-actionlog/redis` makes one. */
export interface ActionSource {
  open(needs: TakerNeeds): ActionTaker;
}
