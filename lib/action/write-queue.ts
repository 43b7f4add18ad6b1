import { ActionlogError } from '../errors.ts';
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
  values: (string | number | null)[];
  bytes: number;
}

/** What a {@link WriteQueue} works with. */
export interface WriteQueueOptions<Route extends WriteRoute> {
  bounds: CheckedWriterBounds;
  /** Writes rows of one route, all or none. Resolves with their ids, in order. */
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

interface Waiting<Route extends WriteRoute> extends QueuedRow<Route> {
  resolve(alogid: string): void;
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
  async add(row: QueuedRow<Route>): Promise<string> {
    this.#refuseFull();
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ ...row, resolve, reject });
      this.#bytes += row.bytes;
      this.#plan();
    });
  }

  #refuseFull(): void {
    const { maxWaiting, maxWaitingBytes, whenFull } = this.#options.bounds;
    const waiting = this.#waiting.length;
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
    return first !== undefined && this.#underWay < (first.route.alone ? maxAlone : bounds.maxStatements);
  }

  /** The rows of the next statement. */
  #take(): Waiting<Route>[] {
    const route = this.#waiting[0]?.route;
    const { maxRowsPerStatement, maxStatements } = this.#options.bounds;
    // shared out, so that the next statement is put together while the database is at work on this one
    const share = Math.ceil(this.#waiting.length / (maxStatements - this.#underWay));
    const most = route?.alone ? 1 : Math.min(maxRowsPerStatement, Math.max(share, minShare));
    let bytes = 0;
    const end = this.#waiting.findIndex((row, index) => {
      bytes += row.bytes;
      return index > 0 && (index === most || row.route !== route || bytes > (route?.maxBytes ?? 0));
    });
    const taken = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
    for (const row of taken) this.#bytes -= row.bytes;
    return taken;
  }

  #start(rows: Waiting<Route>[]): void {
    this.#underWay += 1;
    void this.#write(rows).then(() => {
      this.#underWay -= 1;
      this.#plan();
    });
  }

  /** Never rejects: what fails is told to those who wait for it. */
  async #write(rows: Waiting<Route>[]): Promise<void> {
    const [first] = rows;
    if (!first) return;
    try {
      const alogids = await this.#options.insert(rows, first.route);
      rows.forEach((row, index) => {
        row.resolve(alogids[index] ?? '');
      });
    } catch (error) {
      if (rows.length > 1 && this.#options.isRefusal(error)) {
        const half = Math.ceil(rows.length / 2);
        await this.#write(rows.slice(0, half));
        await this.#write(rows.slice(half));
        return;
      }
      for (const row of rows) row.reject(error);
    }
  }
}
