import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '../clock.ts';
import { ActionlogError } from '../errors.ts';

/** The bounds of a {@link RelayQueue}. */
export interface RelayQueueOptions<Item, Outcome> {
  /** Most connections at a time. */
  maxConnections: number;
  /** Most items that go along on one connection. */
  maxBatch: number;
  /** Most items that wait; what exceeds it is refused with `relay-queue-full`. */
  maxQueued: number;
  /** Most connections begun within a second; no such bound where it is left out. */
  maxConnectionsPerSecond?: number | undefined;
  /** Carries a batch over one connection: one outcome or error for each item, or one error for all. */
  deliver(batch: Item[]): Promise<(Outcome | Error)[]>;
  /** Default: the system's. */
  clock?: Clock | undefined;
}

/**
 * So many items are worth a connection beside one that is under way: the next batch is then put together while the server
 * is at work on this one. Fewer wait, since a connection costs as much as they do.
 */
const minShare = 32;
/** How long what waits is left to the connection under way, in milliseconds, before it gets one of its own. */
const patienceMs = 5;

interface Waiting<Item, Outcome> {
  item: Item;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/**
 * Hands items to short-lived connections. A lone item goes at once, on a connection of its own; when items come faster
 * than connections are made, the next connection carries what waits. Nothing waits without a bound. A further connection
 * begins beside one that is under way where enough waits for it, or where that one takes long.
 */
export class RelayQueue<Item, Outcome> {
  readonly #options: RelayQueueOptions<Item, Outcome>;
  readonly #clock: Clock;
  #waiting: Waiting<Item, Outcome>[] = [];
  #underWay = new Set<Promise<void>>();
  /** When the connections of the last second began, oldest first; the last one alone where their rate is not bounded. */
  #begun: number[] = [];
  /** Whether what waits is looked at once this turn is over. */
  #due = false;
  /** Looks at what waits once time alone is no longer in its way. */
  #stopLater: (() => void) | undefined;
  #closed = false;

  constructor(options: RelayQueueOptions<Item, Outcome>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Whether the next item gets a connection of its own at once. */
  get isIdle(): boolean {
    return !this.#closed && this.#underWay.size === 0 && this.#waiting.length === 0;
  }

  /**
   * Resolves with the item's outcome; rejects with an ActionlogError where it could not be delivered.
   *
   * @param refused called where the item is not even queued
   */
  add(item: Item, refused: () => void = () => undefined): Promise<Outcome> {
    if (this.#closed || this.#waiting.length >= this.#options.maxQueued) refused();
    if (this.#closed) return Promise.reject(new ActionlogError('closed', 'the action log is closed'));
    if (this.#waiting.length >= this.#options.maxQueued) {
      const message = `${this.#waiting.length} events wait for the streaming server already`;
      return Promise.reject(new ActionlogError('relay-queue-full', message));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#due) this.#pump();
    });
  }

  /** Waits for what is under way and waiting, at most `timeoutMs`; what is left then is rejected with `closed`. */
  async close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    const deadline = new AbortController();
    const late = sleep(timeoutMs, undefined, { signal: deadline.signal }).then(
      () => true,
      () => true, // aborted below, once everything is through
    );
    while (this.#underWay.size > 0 || this.#waiting.length > 0) {
      const progress = this.#underWay.size > 0 ? Promise.race(this.#underWay) : sleep(5);
      if (await Promise.race([progress.then(() => false), late])) break;
    }
    deadline.abort();
    this.#stopLater?.();
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new ActionlogError('closed', 'the action log was closed before the event could be relayed'));
    }
  }

  /** Once this turn is over: whoever has just been answered may have something to add. */
  #pumpSoon(): void {
    if (this.#due) return;
    this.#due = true;
    process.nextTick(() => {
      this.#due = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#underWay.size < this.#options.maxConnections && this.#mayBegin()) {
      const share = Math.max(Math.ceil(this.#waiting.length / 2), minShare);
      const batch = this.#waiting.splice(0, Math.min(share, this.#options.maxBatch));
      const delivery: Promise<void> = this.#deliver(batch).finally(() => {
        this.#underWay.delete(delivery);
        this.#pumpSoon();
      });
      this.#underWay.add(delivery);
    }
  }

  async #deliver(batch: Waiting<Item, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.#options.deliver(batch.map(({ item }) => item));
      batch.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index];
        if (outcome === undefined || outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** Whether a connection may begin now; where time alone is in the way, it is looked at again. */
  #mayBegin(): boolean {
    const { maxBatch, maxConnectionsPerSecond: most } = this.#options;
    const now = this.#clock.elapsed();
    const begun = this.#begun.at(-1);
    const areFew = this.#underWay.size > 0 && this.#waiting.length < Math.min(minShare, maxBatch);
    if (areFew && begun !== undefined && now - begun < patienceMs) return this.#pumpAt(begun + patienceMs);
    if (most === undefined) this.#begun.length = 0;
    while (this.#begun[0] !== undefined && this.#begun[0] <= now - 1000) this.#begun.shift();
    const [oldest] = this.#begun;
    if (most !== undefined && oldest !== undefined && this.#begun.length >= most) return this.#pumpAt(oldest + 1000);
    this.#begun.push(now);
    return true;
  }

  #pumpAt(time: number): false {
    this.#stopLater ??= this.#clock.after(Math.ceil(time - this.#clock.elapsed()), () => {
      this.#stopLater = undefined;
      this.#pump();
    });
    return false;
  }
}
