import type { CircuitBreaker } from './circuit-breaker.ts';
import type { RevokeItem } from './protocol.ts';
import type { Relay, RelayOutcome } from './relay.ts';

/** A relay that also ends sessions. */
export interface RevokingRelay extends Relay {
  /** Has the streaming server close the pages of revoked sessions; tried again for a minute. Throws as `send`. */
  revoke(item: RevokeItem): Promise<RelayOutcome>;
}

/** What a relay is told by the action log that opens it. */
export interface RelayNeeds {
  /** Budget for one relay in all, in milliseconds. */
  timeoutMs: number;
  /** Most connections, or commands, that carry events at a time. */
  maxConnections: number;
  /** Most events that wait. */
  maxQueued: number;
  /** Whether only what Gyroscope's own servers know may be sent. */
  gyroscope: boolean;
  breaker: CircuitBreaker;
  /** Told of what goes wrong with nobody waiting. */
  onError: (error: unknown) => void;
}

/** Another way to the streaming server than over HTTP: `redisRelay()` of `express-actionlog/redis` makes one. */
export interface RelayWay {
  open(needs: RelayNeeds): RevokingRelay;
}
