import type { Announcement } from './stream/announcer.ts';

/** An announcement that waits for the end of a transaction. */
interface Waiting {
  connection: unknown;
  /** Undefined where no row was written. */
  alogid: string | undefined;
  announce(): Promise<Announcement>;
  settle(announcement: Announcement | Promise<Announcement>): void;
}

/** What an {@link Uncommitted} works with. */
export interface UncommittedOptions {
  /** Which of these entries stand, committed. */
  standing(alogids: readonly string[]): Promise<string[]>;
  /** What becomes of an announcement where it is not known whether the transaction stands. */
  undelivered: 'deferred' | 'failed';
  onError(error: unknown): void;
}

/** Most announcements that wait for callers to tell of their commit; the oldest is left to the sweep then. */
const maxWaiting = 10_000;

/** The announcements of entries on open transactions: made after the commit, never after a rollback. */
export class Uncommitted {
  readonly #options: UncommittedOptions;
  readonly #waiting = new Set<Waiting>();

  constructor(options: UncommittedOptions) {
    this.#options = options;
  }

  /** Has an announcement wait. `committed` and `rolledBack` end its wait alone. */
  add(connection: unknown, alogid: string | undefined, announce: () => Promise<Announcement>) {
    const { waiting, announced } = this.#wait(connection, alogid, announce);
    return { alogid, ...this.#ends([waiting], announced) };
  }

  /** Has announcements wait, but for those that are settled already. `committed` and `rolledBack` end their wait alone. */
  addAll(connection: unknown, given: readonly (Pick<Waiting, 'alogid' | 'announce'> & { waits: boolean })[]) {
    const waiting: Waiting[] = [];
    const announced = given.map(async ({ alogid, announce, waits }) => {
      if (!waits) return await announce();
      const one = this.#wait(connection, alogid, announce);
      waiting.push(one.waiting);
      return await one.announced;
    });
    return this.#ends(waiting, Promise.all(announced));
  }

  #wait(connection: unknown, alogid: string | undefined, announce: Waiting['announce']) {
    let settle: Waiting['settle'] = () => undefined;
    const announced = new Promise<Announcement>((resolve) => {
      settle = resolve;
    });
    const waiting: Waiting = { connection, alogid, announce, settle };
    this.#waiting.add(waiting);
    const [oldest] = this.#waiting;
    if (oldest && this.#waiting.size > maxWaiting) this.#unknown([oldest], 'transaction-unknown');
    return { waiting, announced };
  }

  #ends<T>(waiting: Waiting[], announced: Promise<T>) {
    return {
      announced,
      committed: () => {
        this.#commit(waiting);
        return announced;
      },
      rolledBack: () => {
        this.#rollBack(waiting);
        return announced;
      },
    };
  }

  /** How many announcements wait for the end of their transactions. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Announces all that was written on the connection and stands. */
  committed(connection: unknown): void {
    this.#commit(this.#of(connection));
  }

  /** Nothing that was written on the connection is announced. */
  rolledBack(connection: unknown): void {
    this.#rollBack(this.#of(connection));
  }

  /** Nobody knows whether the connection's transaction stands: the sweep announces what does. */
  unknown(connection: unknown): void {
    this.#unknown(this.#of(connection), 'transaction-unknown');
  }

  /** Settles what waits for a commit that nobody told. */
  close(): void {
    this.#unknown([...this.#waiting], 'closed');
  }

  #of(connection: unknown): Waiting[] {
    return [...this.#waiting].filter((waiting) => waiting.connection === connection);
  }

  /** Takes out what still waits. */
  #take(waiting: Waiting[]): Waiting[] {
    return waiting.filter((one) => this.#waiting.delete(one));
  }

  #rollBack(waiting: Waiting[]): void {
    for (const { settle } of this.#take(waiting)) settle({ status: 'rolled-back' });
  }

  #unknown(waiting: Waiting[], code: 'transaction-unknown' | 'closed'): void {
    for (const { settle } of this.#take(waiting)) settle({ status: this.#options.undelivered, code });
  }

  #commit(waiting: Waiting[]): void {
    const taken = this.#take(waiting);
    if (taken.length === 0) return;
    const standing = this.#standing(taken);
    for (const one of taken) one.settle(standing.then((stands) => this.#outcome(one, stands)));
  }

  async #outcome({ alogid, announce }: Waiting, stands: ReadonlySet<string> | undefined): Promise<Announcement> {
    if (!stands) return { status: this.#options.undelivered, code: 'database-unreachable' };
    return alogid === undefined || stands.has(alogid) ? await announce() : { status: 'rolled-back' };
  }

  /**
   * What of it stands in truth: a savepoint may have been rolled back inside a transaction that was committed, or the
   * database may have rolled back all of it, as after a deadlock, and the caller went on.
   */
  async #standing(waiting: Waiting[]): Promise<ReadonlySet<string> | undefined> {
    const alogids = waiting.flatMap(({ alogid }) => alogid ?? []);
    try {
      return new Set(alogids.length > 0 ? await this.#options.standing(alogids) : []);
    } catch (error) {
      this.#options.onError(error);
      return undefined;
    }
  }
}
