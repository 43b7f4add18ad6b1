import { ActionlogError } from '../errors.ts';
import type { RowValues } from './insert.ts';
import type { CheckedWriterBounds } from './writer-bounds.ts';

/** What decides which rows may go together: only those of one route do. */
export interface WriteRoute {
  /** Most bytes of a statement with several rows. */
  maxBytes: number;
  /** Whether rows go one at a time, since of several the ids, or which of them stand after a failure, would not be known. */
  alone: boolean;
}

/** A row on its way. */
export interface QueuedRow<Route extends WriteRoute> {
  route: Route;
  values: RowValues;
  /** Rows of the side table that belong to it, without its number; undefined where there are none. */
  trace?: RowValues[] | undefined;
  /** Of all of it. */
  bytes: number;
}

/** What a {@link WriteQueue} works with. */
export interface WriteQueueOptions<Route extends WriteRoute> {
  bounds: CheckedWriterBounds;
  /** Writes rows of one route, all or none, with what belongs to them. Resolves with their ids, in order. */
  insert(rows: QueuedRow<Route>[], route: Route): Promise<string[]>;
  /** Whether such a failure is the statement's refusal, so that for certain nothing of it stands. */
  isRefusal(error: unknown): boolean;
  /** Calls back within the same turn of the event loop, or at its end: what is added until then goes along. */
  soon(start: () => void): void;
  /** Most rows under way where they go one at a time. */
  maxAlone: number;
}

/** Fewer rows than these are not shared out over several statements. */
const minShare = 16;

/** A row, or rows that belong together. */
interface Waiting<Route extends WriteRoute> {
  rows: readonly [QueuedRow<Route>, ...QueuedRow<Route>[]];
  /** Whether it goes by itself: all of its rows, and no others. */
  together: boolean;
  bytes: number;
  resolve(alogids: string[]): void;
  reject(error: unknown): void;
}

/**
 * Rows that wait to be written. Where nothing is under way a row goes at once; what comes meanwhile goes together in the
 * next statement. Each gets its own id or its own error: a statement that was refused is written again by halves, until
 * the row that it was refused for is by itself.
 */
export class WriteQueue<Route extends WriteRoute> {
  readonly #options: WriteQueueOptions<Route>;
  #waiting: Waiting<Route>[] = [];
  #rows = 0;
  #bytes = 0;
  #planned = false;
  #underWay = 0;

  constructor(options: WriteQueueOptions<Route>) {
    this.#options = options;
  }

  /**
   * Writes a row. Resolves with its id; rejects with what the database said.
   *
   * @throws ActionlogError `writer-full`
   */
  add(row: QueuedRow<Route>): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#add({
        rows: [row],
        together: false,
        bytes: row.bytes,
        resolve: ([alogid = '']) => resolve(alogid),
        reject,
      });
    });
  }

  /**
   * Writes rows of one route together: all or none, and with no others. Resolves with their ids, in order.
   *
   * @throws ActionlogError `writer-full`
   */
  addTogether(rows: Waiting<Route>['rows']): Promise<string[]> {
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
    return new Promise((resolve, reject) => {
      this.#add({ rows, together: true, bytes, resolve, reject });
    });
  }

  #add(one: Waiting<Route>): void {
    this.#refuseFull();
    this.#waiting.push(one);
    this.#rows += one.rows.length;
    this.#bytes += one.bytes;
    this.#plan();
  }

  #refuseFull(): void {
    const { maxWaiting, maxWaitingBytes, whenFull } = this.#options.bounds;
    const waiting = this.#rows;
    if (whenFull === 'wait' || (waiting < maxWaiting && this.#bytes < maxWaitingBytes)) return;
    const message = `an entry was not written: ${waiting} entries of ${this.#bytes} bytes wait already, more than writer.maxWaiting (${maxWaiting}) or writer.maxWaitingBytes (${maxWaitingBytes}) allows; the database is too slow or away`;
    throw new ActionlogError('writer-full', message, { fields: { waiting, bytes: this.#bytes } });
  }

  /** Has it go on soon: callers that were just answered, and go on in the same turn, come along. */
  #plan(): void {
    if (this.#planned || !this.#mayStart()) return;
    this.#planned = true;
    this.#options.soon(() => {
      this.#planned = false;
      while (this.#mayStart()) this.#start(this.#take());
    });
  }

  #mayStart(): boolean {
    const [first] = this.#waiting;
    const { bounds, maxAlone } = this.#options;
    return first !== undefined && this.#underWay < (first.rows[0].route.alone ? maxAlone : bounds.maxStatements);
  }

  /** What goes into the next statement. */
  #take(): Waiting<Route>[] {
    const [first] = this.#waiting;
    const head = first?.rows[0];
    const route = head?.route;
    const { maxRowsPerStatement, maxStatements } = this.#options.bounds;
    // shared out, so that the next statement is put together while the database is at work on this one
    const share = Math.ceil(this.#waiting.length / (maxStatements - this.#underWay));
    const alone = route?.alone || first?.together;
    const most = alone ? 1 : Math.min(maxRowsPerStatement, Math.max(share, minShare));
    let bytes = 0;
    const end = this.#waiting.findIndex(({ rows: [row], together, ...one }, index) => {
      bytes += one.bytes;
      // what belongs to a row goes by statements of its own, whose failure is none of the others' business
      const apart = together || row.route !== route || (row.trace === undefined) !== (head?.trace === undefined);
      return index > 0 && (index === most || apart || bytes > (route?.maxBytes ?? 0));
    });
    const taken = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
    for (const one of taken) {
      this.#rows -= one.rows.length;
      this.#bytes -= one.bytes;
    }
    return taken;
  }

  #start(taken: Waiting<Route>[]): void {
    this.#underWay += 1;
    void this.#write(taken).then(() => {
      this.#underWay -= 1;
      this.#plan();
    });
  }

  /** Never rejects: what fails is told to those who wait for it. */
  async #write(taken: Waiting<Route>[]): Promise<void> {
    const [first] = taken;
    if (!first) return;
    const rows = taken.flatMap((one) => one.rows);
    try {
      const alogids = await this.#options.insert(rows, first.rows[0].route);
      let from = 0;
      for (const one of taken) {
        one.resolve(alogids.slice(from, from + one.rows.length));
        from += one.rows.length;
      }
    } catch (error) {
      if (taken.length > 1 && this.#options.isRefusal(error)) {
        const half = Math.ceil(taken.length / 2);
        await this.#write(taken.slice(0, half));
        await this.#write(taken.slice(half));
        return;
      }
      for (const one of taken) one.reject(error);
    }
  }
}
