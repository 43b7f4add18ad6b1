import { setTimeout as sleep } from 'node:timers/promises';
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
}

interface Waiting<Item, Outcome> {
  item: Item;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/**
 * Hands items to short-lived connections. A lone item goes at once, on a connection of its own; when items come faster
 * than connections are made, the next connection carries what waits. Nothing waits without a bound.
 */
export class RelayQueue<Item, Outcome> {
  readonly #options: RelayQueueOptions<Item, Outcome>;
  #waiting: Waiting<Item, Outcome>[] = [];
  #underWay = new Set<Promise<void>>();
  /** When the connections of the last second began, oldest first; kept only where their rate is bounded. */
  #begun: number[] = [];
  #paced: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: RelayQueueOptions<Item, Outcome>) {
    this.#options = options;
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
      this.#pump();
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
    clearTimeout(this.#paced);
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new ActionlogError('closed', 'the action log was closed before the event could be relayed'));
    }
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#underWay.size < this.#options.maxConnections && this.#mayBegin()) {
      const batch = this.#waiting.splice(0, this.#options.maxBatch);
      const delivery: Promise<void> = this.#deliver(batch).finally(() => {
        this.#underWay.delete(delivery);
        this.#pump();
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

  #mayBegin(): boolean {
    const most = this.#options.maxConnectionsPerSecond;
    if (most === undefined) return true;
    const now = performance.now();
    while (this.#begun[0] !== undefined && this.#begun[0] <= now - 1000) this.#begun.shift();
    const [oldest] = this.#begun;
    if (oldest === undefined || this.#begun.length < most) {
      this.#begun.push(now);
      return true;
    }
    this.#paced ??= setTimeout(
      () => {
        this.#paced = undefined;
        this.#pump();
      },
      oldest + 1000 - now,
    ).unref();
    return false;
  }
}
