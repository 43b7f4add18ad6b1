import type { ActionStore, WaitingEntry } from '../action/store.ts';
import { type Clock, passed, systemClock } from '../clock.ts';
import { ActionlogError, type ActionlogErrorCode, type OnError } from '../errors.ts';
import type { Id } from '../session/id.ts';
import { UnderWay } from '../under-way.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { Dump } from './protocol.ts';
import type { OutgoingEvent, Relay } from './relay.ts';
import { Sweep, type SweepBounds, type SweepStats } from './sweep.ts';
import { Tally } from './tally.ts';

/**
 * What became of an event:
 *
 * - `sent`: the streaming server has acknowledged it
 * - `nothing`: there was nothing to announce, the action changed no record
 * - `off`: this process does not relay; in poll and legacy mode the entry waits for a polling server
 * - `deferred`: not delivered; the entry keeps `wssdone=0` and is announced later
 * - `rolled-back`: the transaction that wrote the entry was rolled back
 * - `failed`: not delivered, and nothing will announce it
 */
export type AnnouncementStatus = 'sent' | 'nothing' | 'off' | 'deferred' | 'rolled-back' | 'failed';

/** What became of an event, and where it was not sent, why. */
export interface Announcement {
  status: AnnouncementStatus;
  /** Why it is `deferred` or `failed`: the code that `onError` was told. */
  code?: ActionlogErrorCode | undefined;
  /** What the rectypes `gsidmap` and `wsclientmap` asked for. */
  dump?: Dump | undefined;
}

/** What an {@link Announcer} works with. */
export interface AnnouncerOptions {
  /** Undefined where this process does not relay. */
  relay: Relay | undefined;
  store: ActionStore;
  /** Whether entries stand with `wssdone=0` until they are announced. */
  marks: boolean;
  /** The relay's: what fails while it is open was told as a whole. */
  breaker?: CircuitBreaker | undefined;
  /** How entries are swept up that were left over; left out where this process does not. */
  sweep?: SweepBounds | undefined;
  onError: OnError;
  /** Default: the system's. */
  clock?: Clock | undefined;
}

/** How announcing goes, since the process began. */
export interface AnnouncerStats extends SweepStats {
  /** Events that the streaming server has acknowledged, those of the sweep included. */
  sent: number;
  /** Entries that this process has left to the sweep, each counted once. */
  deferred: number;
  /** Events that were given up. */
  failed: number;
  /** Announced entries that were marked. */
  marked: number;
  /** Announced entries that could not be marked, and will be announced again. */
  unmarked: number;
  /** Whether relaying pauses, because the streaming server failed repeatedly. */
  paused: boolean;
  /** What waits in memory to be relayed again. */
  retrying: { events: number; bytes: number };
}

/** Most entries that are marked by one statement; so many are marked without waiting for more. */
const maxMarks = 500;
/** How long an acknowledged entry waits for others to be marked with. */
const markAfterMs = 25;
/** The least time between two statements that mark, where not even one is full: each costs the database a commit. */
const markEveryMs = 200;
/** How long after a failure marking is tried once more. */
const markAgainMs = 50;

const off: Promise<Announcement> = Promise.resolve(Object.freeze({ status: 'off' }));

/** Takes entries that are written, relays their events, and marks them once they are acknowledged. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #clock: Clock;
  /** Announcements and marks. */
  readonly #underWay = new UnderWay();
  /** Entries that are announced at this moment, or not marked yet: not for the sweep. */
  readonly #busy = new Set<string>();
  readonly #counts = { sent: 0, deferred: 0, failed: 0, marked: 0, unmarked: 0 };
  /** What was not delivered, by what became of it and why. */
  readonly undelivered = new Tally('status', 'code');
  readonly #sweep: Sweep | undefined;
  #toMark: string[] = [];
  #stopMarkTimer: (() => void) | undefined;
  #marking: Promise<void> | undefined;
  /** When a statement that marks was begun last, by the clock's `elapsed()`. */
  #markedAt = Number.NEGATIVE_INFINITY;
  readonly #closing = new AbortController();

  constructor(options: AnnouncerOptions) {
    const { sweep, store, onError, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    if (!sweep) return;
    const busy = (alogid: string) => this.#busy.has(alogid);
    const announce = (entry: WaitingEntry) => this.#track(this.#announce(entry, entry.recid, entry.sid, true));
    this.#sweep = new Sweep({ ...sweep, store, busy, announce, onError, clock });
  }

  /** Begins to sweep, where it is to. */
  start(): void {
    this.#sweep?.start();
  }

  /** Sweeps now; never rejects. */
  async sweep(): Promise<void> {
    if (this.#sweep) await this.#track(this.#sweep.look());
    await this.#marking;
    await this.#markNow();
  }

  get stats(): AnnouncerStats {
    const { relay, breaker } = this.#options;
    return {
      ...this.#counts,
      ...(this.#sweep?.stats ?? { role: 'off', swept: 0, expired: 0, lagMs: undefined, failing: undefined }),
      paused: breaker?.open ?? false,
      retrying: relay?.retrying ?? { events: 0, bytes: 0 },
    };
  }

  /** An entry is being written that is to be announced: its event comes soon. */
  expect(): void {
    this.#options.relay?.expect?.();
  }

  /**
   * Announces a written entry; never rejects.
   *
   * @param recid the record id as the caller gave it, whose type Gyroscope's wire keeps
   * @param wssid the claimed connection id, which at-most-once rows do not keep
   */
  announce(entry: WaitingEntry, recid: Id, wssid: number): Promise<Announcement> {
    return this.#options.relay ? this.#track(this.#announce(entry, recid, wssid)) : off;
  }

  /** Relays an event that no entry stands behind; never rejects. */
  send(event: OutgoingEvent): Promise<Announcement> {
    return this.#track(this.#send(event, 'failed'));
  }

  /** Waits for what is under way, at most `timeoutMs`, and marks what was acknowledged. */
  async close(timeoutMs: number): Promise<void> {
    this.#closing.abort();
    this.#sweep?.stop();
    void this.#markNow();
    await this.#options.relay?.close(timeoutMs);
    this.#options.breaker?.close();
    await this.#underWay.over();
    await this.#sweep?.close();
  }

  async #announce(entry: WaitingEntry, recid: Id, wssid: number, again = false): Promise<Announcement> {
    this.#busy.add(entry.alogid);
    const undelivered = this.#options.marks ? 'deferred' : 'failed';
    const announcement = await this.#send(eventOf(entry, recid, wssid), undelivered, again);
    // An event that the server refused for good is marked as well: sending it again would change nothing.
    const settled = announcement.status === 'sent' || announcement.code === 'event-refused';
    if (settled && this.#options.marks) this.#mark(entry.alogid);
    else this.#busy.delete(entry.alogid);
    return announcement;
  }

  /** @param again by the sweep, to which the entry was left once already */
  async #send(event: OutgoingEvent, undelivered: 'deferred' | 'failed', again = false): Promise<Announcement> {
    const { relay, breaker, onError } = this.#options;
    if (!relay) return { status: 'off' };
    try {
      const { refused, dump } = await relay.send(event);
      this.#counts[refused === undefined ? 'sent' : 'failed'] += 1;
      if (refused !== undefined) this.undelivered.add('failed', 'event-refused');
      if (refused === undefined) return dump ? { status: 'sent', dump } : { status: 'sent' };
      const fields = { refused, alogid: event.alogid, rectype: event.rectype };
      const message = `the streaming server refused the event of entry ${event.alogid ?? '(none)'}: ${refused}`;
      onError(new ActionlogError('event-refused', message, { fields }), { stage: 'relay' });
      return { status: 'failed', code: 'event-refused' };
    } catch (error) {
      if (!again) this.#counts[undelivered] += 1;
      if (!breaker?.open) onError(error, { stage: 'relay' }); // else that was told, once for all events
      const code = error instanceof ActionlogError ? error.code : 'relay-refused';
      this.undelivered.add(undelivered, code);
      return { status: undelivered, code };
    }
  }

  /** Has an entry marked soon, together with others: each statement costs the database as much as a write. */
  #mark(alogid: string): void {
    this.#toMark.push(alogid);
    this.#planMarking();
  }

  #planMarking(): void {
    if (this.#marking || this.#toMark.length === 0) return; // what is under way plans the next
    if (this.#closing.signal.aborted || this.#toMark.length >= maxMarks) void this.#markNow();
    else if (!this.#stopMarkTimer) {
      const due = Math.max(markAfterMs, this.#markedAt + markEveryMs - this.#clock.elapsed());
      this.#stopMarkTimer = this.#clock.after(due, () => this.#markNow());
    }
  }

  /** Marks what has been acknowledged; never rejects. */
  async #markNow(): Promise<void> {
    this.#stopMarkTimer?.();
    this.#stopMarkTimer = undefined;
    this.#marking ??= this.#track(this.#markBatch());
    await this.#marking;
  }

  /** One statement at a time; what comes meanwhile goes together in the next one. */
  async #markBatch(): Promise<void> {
    await Promise.resolve(); // what is acknowledged in the same turn goes along
    const alogids = this.#toMark.splice(0, maxMarks);
    this.#markedAt = this.#clock.elapsed();
    if (alogids.length > 0) await this.#markThese(alogids);
    for (const alogid of alogids) this.#busy.delete(alogid);
    this.#marking = undefined;
    this.#planMarking();
  }

  async #markThese(alogids: string[]): Promise<void> {
    const { store, onError } = this.#options;
    try {
      await store.markAnnounced(alogids, this.#clock.now()).catch(async () => {
        // a deadlock, or a connection that broke: once more before it is left to the sweep
        await passed(this.#clock, markAgainMs, this.#closing.signal);
        await store.markAnnounced(alogids, this.#clock.now());
      });
      this.#counts.marked += alogids.length;
    } catch (cause) {
      this.#counts.unmarked += alogids.length;
      const message = `${alogids.length} announced entries could not be marked: they keep wssdone=0 and will be announced again`;
      onError(new ActionlogError('mark-failed', message, { cause, fields: { alogids } }), { stage: 'mark' });
    }
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#underWay.begin();
    try {
      return await work;
    } finally {
      this.#underWay.end();
    }
  }
}

/** The event of an entry: all of it stands in the row, so that it can be made again from there. */
export function eventOf(entry: WaitingEntry, recid: Id = entry.recid, sid: number = entry.sid): OutgoingEvent {
  const event: OutgoingEvent = {
    sid,
    userid: entry.userid,
    gsid: entry.gsid,
    rectype: entry.rectype,
    recid,
    alogid: entry.alogid,
    time: entry.logdate * 1000,
    login: entry.logname,
  };
  if (entry.ctxid !== null) event.ctxid = entry.ctxid;
  const extra = parsed(entry.extra);
  if (extra !== undefined) event.extra = extra;
  return event;
}

/** What another program wrote into the column may be anything: its event goes without it. */
function parsed(extra: string | null): unknown {
  if (extra === null) return undefined;
  try {
    return JSON.parse(extra);
  } catch {
    return undefined;
  }
}
