import { setTimeout as sleep } from 'node:timers/promises';
import { storeFrom } from '../action/open-store.ts';
import type { ActionStore } from '../action/store.ts';
import type { OnError } from '../errors.ts';
import { Announcer, type AnnouncerStats } from '../stream/announcer.ts';
import { parseEvent } from '../stream/protocol.ts';
import type { OutgoingEvent, Relay, RelayOutcome } from '../stream/relay.ts';
import { asksForDump, takeDump } from './dumps.ts';
import type { Parts } from './parts.ts';
import type { CheckedPollOptions } from './poll-options.ts';

/** The polling of one streaming server: the announcer of the application servers, straight to the pages. */
export class Poller {
  readonly #store: ActionStore;
  readonly announcer: Announcer;
  readonly #onError: OnError;

  /** @throws TypeError where the database is none that can be polled */
  constructor(options: CheckedPollOptions, parts: Parts, onError: OnError) {
    const { logger } = parts;
    const { database, everyMs, sweepAfterMs, announceWithinMs, leaseMs } = options;
    this.#store = storeFrom(database, options);
    this.#onError = onError;
    if (!this.#store.pooled) {
      throw new TypeError('option "poll.database": expected a mysql2 pool or an address, got a single connection');
    }
    const onRole = (role: 'holder' | 'standby') => {
      const message =
        role === 'holder'
          ? 'the poller has taken over: this server announces the table'
          : 'the poller stands by: another server announces the table';
      logger.event('info', 'poller', { role }, message);
    };
    const sweep = { sweepEveryMs: everyMs, sweepAfterMs, announceWithinMs, leaseMs, onRole };
    const relay = new HubRelay(parts);
    this.announcer = new Announcer({ relay, store: this.#store, marks: true, sweep, onError });
  }

  get stats(): AnnouncerStats {
    return this.announcer.stats;
  }

  /** Why the table cannot be looked at, in words; undefined where it can. */
  get unready(): string | undefined {
    const { failing } = this.stats;
    return failing === undefined ? undefined : `cannot poll: ${failing}`;
  }

  /** Begins to poll. What is wrong with the table is told to `onError`, and tried again. */
  start(): void {
    // nothing is asked of columns that no event has: the table may be PHP's own
    const opened = this.#store.open({ rawobjStyle: 'json', rebuildsEvents: false, writes: false });
    opened.catch(() => undefined); // the sweep meets the same, and tells it
    this.announcer.start();
  }

  /** Ends it, within `timeoutMs`: a database that does not answer does not keep the pages from being told. */
  async close(timeoutMs: number): Promise<void> {
    const late = new AbortController();
    const over = sleep(timeoutMs, undefined, { signal: late.signal }).catch(() => undefined);
    const ended = this.#end(timeoutMs).catch((error) => this.#onError(error, { stage: 'close' }));
    await Promise.race([ended, over]);
    late.abort();
  }

  async #end(timeoutMs: number): Promise<void> {
    await this.announcer.close(timeoutMs);
    await this.#store.close();
  }
}

/** Hands events to the pages of this very server. */
class HubRelay implements Relay {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async send({ gsid, userid, recid, ...rest }: OutgoingEvent): Promise<RelayOutcome> {
    const ids = { gsid: String(gsid), userid: String(userid), recid: String(recid) };
    const event = parseEvent({ type: 'update', ...rest, ...ids });
    if (typeof event === 'string') return { refused: event };
    if (asksForDump(event)) return { dump: await takeDump(event, this.#parts) };
    await this.#parts.publish(event);
    return {};
  }

  async close(): Promise<void> {}
}
