import { randomBytes } from 'node:crypto';
import type { ActionStore, WaitingEntry } from '../action/store.ts';
import { aheadMs } from '../action/waiting.ts';
import { type Clock, systemClock } from '../clock.ts';
import { ActionlogError, type ErrorStage } from '../errors.ts';

/** The bounds of a {@link Sweep}. */
export interface SweepBounds {
  /** Only entries older than this are taken, so that no process still tries them itself; milliseconds. */
  sweepAfterMs: number;
  /** Entries older than this are marked and counted, not announced; milliseconds. */
  announceWithinMs: number;
  /** Time between two looks at the table, give or take a fifth; milliseconds. */
  sweepEveryMs: number;
  /** How long the lease lasts where it is not renewed, by the database's clock; milliseconds. */
  leaseMs: number;
  /** Told when this process begins or ends to be the one that announces what is left over. */
  onRole?: ((role: 'holder' | 'standby') => void) | undefined;
}

/** What a {@link Sweep} works with. */
export interface SweepOptions extends SweepBounds {
  store: ActionStore;
  /** Whether this process announces the entry at this moment. */
  busy(alogid: string): boolean;
  /** Announces an entry and marks it; never rejects. */
  announce(entry: WaitingEntry): Promise<{ status: string; code?: string | undefined }>;
  onError(error: unknown, context: { stage: ErrorStage }): void;
  /** Default: the system's. */
  clock?: Clock | undefined;
}

/** What a sweep has done so far. */
export interface SweepStats {
  /** `holder`: this process has the lease; `standby`: another one has it; `off`: nothing is swept from here. */
  role: 'holder' | 'standby' | 'off';
  /** Entries announced by the sweep. */
  swept: number;
  /** Entries that were too old, and were marked without being announced. */
  expired: number;
  /** Age of the oldest entry that waited at the end of the last look; undefined where this process does not hold the lease. */
  lagMs: number | undefined;
  /** Why the last look at the table failed, as a code of an ActionlogError; undefined where it went well. */
  failing: string | undefined;
}

/** Most entries read and announced at a time. */
const pageSize = 200;
/** How much longer than `announceWithinMs` the low watermark lags: clocks of servers differ. */
const clockMarginMs = 60_000;
/** How often everything that waits is looked at, below the watermark as well. */
const fullEveryMs = 600_000;
/** A clock may be behind by so much; what looks older still was not written just now, but brought in from elsewhere. */
const behindMs = 86_400_000;

/**
 * Announces what a crash, an outage or a forgotten `committed()` left with `wssdone=0`, whoever wrote it. Several
 * processes agree by a lease on which of them does it. Every look begins at a low watermark, the last entry before all
 * that are young enough: whatever was committed since, in any order, is above it.
 */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #clock: Clock;
  readonly #holder = randomBytes(12).toString('base64url');
  #stats: SweepStats = { role: 'standby', swept: 0, expired: 0, lagMs: undefined, failing: undefined };
  #stopTimer: (() => void) | undefined;
  #round: Promise<void> | undefined;
  #stopped = false;
  #holds = false;
  #renewAt = 0;
  #fullAt = 0;
  #watermark = '0';
  /** The failure that was told last: the same one is not told every few seconds. */
  #told: string | undefined;
  /** When a look was last known to go on. */
  #aliveAt = 0;

  constructor(options: SweepOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  get stats(): SweepStats {
    const hangs = this.#round !== undefined && this.#clock.elapsed() - this.#aliveAt > this.#options.leaseMs;
    return { ...this.#stats, failing: this.#told ?? (hangs ? 'database-unreachable' : undefined) };
  }

  /** Looks at the table from now on, first after a random part of the interval. */
  start(): void {
    if (this.#stopTimer) return;
    this.#plan(Math.random() * this.#options.sweepEveryMs);
  }

  /** Looks at the table now; never rejects. */
  async look(): Promise<void> {
    this.#round ??= this.#look().finally(() => {
      this.#round = undefined;
    });
    await this.#round;
  }

  /** Begins nothing new. */
  stop(): void {
    this.#stopped = true;
    this.#stopTimer?.();
  }

  /** Waits for what is under way, and gives the lease back. */
  async close(): Promise<void> {
    this.stop();
    await this.#round;
    await this.#release();
  }

  #plan(ms: number): void {
    if (this.#stopped) return;
    this.#stopTimer = this.#clock.after(ms, () => {
      this.look().finally(() => this.#plan(this.#options.sweepEveryMs * (0.8 + Math.random() * 0.4)));
    });
  }

  async #look(): Promise<void> {
    const { onError } = this.#options;
    this.#aliveAt = this.#clock.elapsed();
    try {
      const holds = await this.#hold();
      const through = !holds || (await this.#sweep());
      this.#told = undefined;
      // another process may reach the streaming server where this one does not
      if (!through) await this.#release();
    } catch (cause) {
      const error =
        cause instanceof ActionlogError
          ? cause
          : new ActionlogError('sweep-failed', 'entries that wait could not be announced; see the cause', { cause });
      if (this.#told !== error.code && !this.#stopped) onError(error, { stage: 'sweep' });
      this.#told = error.code;
    }
  }

  /** Whether this process has the lease, which is renewed when a third of it is over. */
  async #hold(): Promise<boolean> {
    const { store, leaseMs } = this.#options;
    const now = this.#clock.elapsed();
    this.#aliveAt = now;
    if (this.#holds && now < this.#renewAt) return true;
    const before = this.#holds;
    this.#holds = false;
    this.#holds = await store.takeLease(this.#holder, leaseMs);
    this.#renewAt = now + leaseMs / 3;
    if (!before) this.#fullAt = 0; // whoever had it before may have left anything
    this.#setRole(this.#holds ? 'holder' : 'standby');
    return this.#holds;
  }

  async #release(): Promise<void> {
    if (!this.#holds) return;
    this.#holds = false;
    this.#setRole('standby');
    try {
      await this.#options.store.releaseLease(this.#holder);
    } catch {
      // it runs out by itself
    }
  }

  #setRole(role: 'holder' | 'standby'): void {
    if (role === 'standby') this.#stats.lagMs = undefined;
    if (this.#stats.role === role) return;
    this.#stats.role = role;
    this.#options.onRole?.(role);
  }

  /** Announces page by page. Resolves with whether the streaming server took all of it. */
  async #sweep(): Promise<boolean> {
    const { store, sweepAfterMs, announceWithinMs, busy } = this.#options;
    const full = this.#clock.elapsed() >= this.#fullAt;
    // too old is what both clocks say is too old: one of them that is ahead makes nobody miss anything
    const clock = Math.min(this.#clock.now(), await store.now());
    const young = { from: clock - announceWithinMs, until: clock + aheadMs };
    if (full) this.#watermark = await store.lastBefore({ ...young, from: young.from - clockMarginMs });
    let after = full ? '0' : this.#watermark;
    for (;;) {
      const now = this.#clock.now();
      const entries = await store.waiting({ after, writtenBefore: now - sweepAfterMs, limit: pageSize });
      const expired = await this.#tooOld(entries, young);
      await this.#expire([...expired]);
      const due = entries.filter(({ alogid }) => !expired.has(alogid) && !busy(alogid));
      const [oldest] = due;
      this.#stats.lagMs = oldest ? now - oldest.logdate * 1000 : 0;
      if (!(await this.#announce(due)) || this.#stopped) return false;
      if (entries.length < pageSize) break;
      after = entries.at(-1)?.alogid ?? after;
      if (!(await this.#hold())) return true;
    }
    if (full) this.#fullAt = this.#clock.elapsed() + fullEveryMs;
    this.#stats.lagMs = 0;
    return true;
  }

  /**
   * Which entries were written too long ago. Their numbers vouch for them against the clocks of their writers: what came
   * after a young entry is young.
   */
  async #tooOld(entries: WaitingEntry[], young: { from: number; until: number }): Promise<Set<string>> {
    const looking = entries.filter(({ logdate }) => logdate * 1000 < young.from);
    if (looking.length === 0) return new Set();
    const last = BigInt(await this.#options.store.lastBefore(young));
    const isOld = ({ alogid, logdate }: WaitingEntry) =>
      BigInt(alogid) <= last || logdate * 1000 < young.from - behindMs;
    return new Set(looking.filter(isOld).map(({ alogid }) => alogid));
  }

  /** The first entry goes alone: a server that is away is asked once, not two hundred times. */
  async #announce([first, ...rest]: WaitingEntry[]): Promise<boolean> {
    if (!first) return true;
    if (!(await this.#one(first)) || this.#stopped) return false;
    return (await Promise.all(rest.map((entry) => this.#one(entry)))).every((through) => through);
  }

  async #one(entry: WaitingEntry): Promise<boolean> {
    const { status, code } = await this.#options.announce(entry);
    if (status === 'sent') this.#stats.swept += 1;
    return status === 'sent' || code === 'event-refused';
  }

  async #expire(alogids: string[]): Promise<void> {
    if (alogids.length === 0) return;
    await this.#options.store.markAnnounced(alogids, undefined);
    this.#stats.expired += alogids.length;
    const within = Math.round(this.#options.announceWithinMs / 1000);
    const message = `${alogids.length} entries waited for more than ${within} s: they are marked, and nobody was told of them`;
    this.#options.onError(new ActionlogError('entries-expired', message, { fields: { alogids } }), { stage: 'sweep' });
  }
}
