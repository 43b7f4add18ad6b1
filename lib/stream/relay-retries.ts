import { type Clock, systemClock } from '../clock.ts';
import { ActionlogError } from '../errors.ts';

/** The bounds within which relays are tried again. */
export interface RetryBounds {
  /** How long a relay is tried again at most, from the beginning of its oldest event, in milliseconds. */
  retryWithinMs: number;
  /** Most events that wait to be tried again, of all relays together. */
  maxRetryEvents: number;
  /** Most bytes that wait to be tried again. */
  maxRetryBytes: number;
}

/** What is known of a relay that may be tried again. */
export interface RetriedRelay {
  events: number;
  bytes: number;
  /** When its oldest event began, by the clock's `elapsed()`. */
  since: number;
}

/** What a {@link RelayRetries} works with. */
export interface RelayRetriesOptions<R, T> extends RetryBounds {
  /** Sends a relay once more, as it is. */
  attempt(relay: R): Promise<T>;
  /** Whether attempts are paused: then nothing waits here. */
  paused(): boolean;
  /** Default: the system's. */
  clock?: Clock | undefined;
}

/** The longest wait after the first failure, in milliseconds; each further one is up to twice as long. */
const firstWaitMs = 100;
const maxWaitMs = 3000;

/** Answers after which the same relay may be taken: too many, not in time, not now. */
const retriedStatus = (status: unknown) =>
  typeof status === 'number' && (status === 408 || status === 429 || status >= 500);

/** Whether the same relay may be taken another time. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof ActionlogError)) return false;
  if (error.code === 'relay-unreachable' || error.code === 'relay-timeout') return true;
  const { status, refusal } = error.fields;
  return retriedStatus(status) || (status === 401 && refusal === 'stamp-too-old');
}

/** What a `Retry-After` says, in milliseconds from now: seconds or a date; undefined where it says neither. */
export function retryAfterMs(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** How long the server wants to be left alone, where its refusal said so. */
function wantedWaitMs(error: unknown): number {
  const wanted = error instanceof ActionlogError ? error.fields['retryAfterMs'] : undefined;
  return typeof wanted === 'number' ? wanted : 0;
}

/**
 * Tries relays again that failed for a while: each after a wait drawn at random below a bound that doubles, on top of what
 * the server's `Retry-After` asks for, all of them within a budget of memory and time. What exceeds it fails with what it
 * failed with.
 */
export class RelayRetries<R extends RetriedRelay, T> {
  readonly #options: RelayRetriesOptions<R, T>;
  readonly #clock: Clock;
  /** What wakes each relay that waits. */
  readonly #waiting = new Set<() => void>();
  #events = 0;
  #bytes = 0;
  /** Ends with the attempt that is under way: one at a time, so that retries take no connection from what is new. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: RelayRetriesOptions<R, T>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** How much waits to be tried again. */
  get size(): { events: number; bytes: number } {
    return { events: this.#events, bytes: this.#bytes };
  }

  /** Tries a relay again that has just failed. Rejects with the last error where it is given up. */
  async take(relay: R, error: unknown): Promise<T> {
    const { retryWithinMs, maxRetryEvents, maxRetryBytes } = this.#options;
    const over = this.#events + relay.events > maxRetryEvents || this.#bytes + relay.bytes > maxRetryBytes;
    if (over || !isTransient(error)) throw error;
    this.#events += relay.events;
    this.#bytes += relay.bytes;
    try {
      return await this.#retry(relay, error, relay.since + retryWithinMs);
    } finally {
      this.#events -= relay.events;
      this.#bytes -= relay.bytes;
    }
  }

  /** Gives up what waits, as when relaying is paused. */
  wake(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Gives up what waits, for good. */
  close(): void {
    this.#closed = true;
    this.wake();
  }

  async #retry(relay: R, first: unknown, until: number): Promise<T> {
    let error = first;
    for (let failures = 1; ; failures += 1) {
      const waitMs = wantedWaitMs(error) + Math.random() * Math.min(firstWaitMs * 2 ** (failures - 1), maxWaitMs);
      if (this.#givenUp() || this.#clock.elapsed() + waitMs > until) throw error;
      await this.#wait(waitMs);
      const turn = this.#turn.then(async () => {
        if (this.#givenUp() || this.#clock.elapsed() > until) throw error;
        return await this.#options.attempt(relay);
      });
      this.#turn = turn.catch(() => undefined); // told below
      try {
        return await turn;
      } catch (failure) {
        error = failure;
        if (!isTransient(failure)) throw failure;
      }
    }
  }

  #givenUp(): boolean {
    return this.#closed || this.#options.paused();
  }

  async #wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        stop();
        this.#waiting.delete(wake);
        resolve();
      };
      const stop = this.#clock.after(ms, wake);
      this.#waiting.add(wake);
    });
  }
}
