import { type Clock, passed, systemClock } from '../clock.ts';
import { ActionlogError, type OnError } from '../errors.ts';

/** Ends the sessions of one user that began at or before a moment. */
export interface Revocation {
  gsid: string;
  userid: string;
  /** Unix time in milliseconds. */
  at: number;
}

/** The user and the session of one request, as far as a revocation asks. */
type Revocable = Readonly<Pick<Revocation, 'gsid' | 'userid'>>;

/** What {@link Revocations} works with. */
export interface RevocationsOptions {
  /** Reads the stored revocations from a moment on. */
  read: (since: number) => Promise<Revocation[]>;
  /** The longest that a session may last, in milliseconds: what is older than that is forgotten. */
  keepMs: number;
  onError: OnError;
  /** Default: the system's. */
  clock?: Clock | undefined;
}

/** What was read so long ago is read again beside the requests, which go on, in milliseconds. */
const staleAfterMs = 500;
/** What was read so long ago is not relied on: the request waits for it to be read. */
const expiredAfterMs = 950;
/** How long a request waits for that at most. */
const maxWaitMs = 1_000;
/** How far the clocks of application servers may be apart, and a transaction may take to be seen. */
const overlapMs = 120_000;

/**
 * The revocations of all application servers, as this one knows them: read again at most twice a second, and only while
 * requests come. Where they cannot be read, what is known goes on to count; where they never could be, no session does.
 */
export class Revocations {
  readonly #options: RevocationsOptions;
  readonly #clock: Clock;
  readonly #known = new Map<string, Revocation>();
  /** When the last reading that went well began, by the clock's `elapsed()`. */
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  /** Whether requests have waited in vain for the reading that is under way, or the last one failed. */
  #failing = false;
  #failedAt = Number.NEGATIVE_INFINITY;
  /** Whether a failure was told that still lasts. */
  #told = false;
  /** Of the revocations that were read. */
  #newest = 0;

  constructor(options: RevocationsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** How many users are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /** Sees to it that what is known is of the last second; a promise where that is to be waited for. Never rejects. */
  refresh(): Promise<void> | undefined {
    const now = this.#clock.elapsed();
    if (now - this.#readAt < staleAfterMs) return undefined;
    if (this.#failing && now - this.#failedAt < staleAfterMs) return undefined;
    this.#reading ??= this.#read(now);
    if (now - this.#readAt < expiredAfterMs || (this.#failing && this.#readAt > 0)) return undefined;
    return this.#waited(this.#reading);
  }

  /**
   * Whether a session is revoked. One that cannot tell when it began is not.
   *
   * @throws ActionlogError `database-unreachable` where nobody could read the revocations yet
   */
  refuses(user: Revocable, began: number | undefined): boolean {
    if (this.#readAt === Number.NEGATIVE_INFINITY) {
      const message = 'nobody knows yet which sessions were revoked: the database could not be asked';
      throw new ActionlogError('database-unreachable', message);
    }
    return began !== undefined && began < this.earliest(user);
  }

  /** When a new session of the user may begin at the earliest, Unix time in milliseconds. */
  earliest(user: Revocable): number {
    const known = this.#known.get(keyOf(user));
    return known ? known.at + 1 : 0;
  }

  /** Takes a revocation at once. */
  add(revocation: Revocation): void {
    const key = keyOf(revocation);
    const known = this.#known.get(key);
    if (!known || known.at < revocation.at) this.#known.set(key, revocation);
  }

  async #read(begunAt: number): Promise<void> {
    const { read, keepMs, onError } = this.#options;
    const horizon = this.#clock.now() - keepMs;
    try {
      const found = await read(Math.max(0, horizon, this.#newest - overlapMs));
      for (const revocation of found) {
        this.add(revocation);
        this.#newest = Math.max(this.#newest, Math.min(revocation.at, this.#clock.now()));
      }
      for (const [key, { at }] of this.#known) if (at < horizon) this.#known.delete(key);
      this.#readAt = begunAt;
      this.#failing = false;
      this.#told = false;
    } catch (error) {
      if (!this.#told) onError(error, { stage: 'session' });
      this.#told = true;
      this.#failing = true;
      this.#failedAt = this.#clock.elapsed();
    } finally {
      this.#reading = undefined;
    }
  }

  async #waited(reading: Promise<void>): Promise<void> {
    const timer = new AbortController();
    const late = passed(this.#clock, maxWaitMs, timer.signal).then(() => true);
    const isLate = await Promise.race([reading.then(() => false), late]);
    timer.abort();
    if (isLate) this.#failing = true;
  }
}

/** Its two parts cannot be told wrongly: no id has a line break in it. */
function keyOf({ gsid, userid }: Revocable): string {
  return `${gsid}\n${userid}`;
}
