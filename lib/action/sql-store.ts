import { ActionlogError } from '../errors.ts';
import { fitEntry } from './fit.ts';
import { entryFrom, type HistoryTable, historySql } from './history.ts';
import { type InsertForm, type InsertStatement, mostBytes } from './insert.ts';
import { Lease, type LeaseOptions } from './lease.ts';
import { Memo } from './memo.ts';
import { missedSql } from './missed.ts';
import { Revoked, type RevokedOptions } from './revoked.ts';
import { integerLiteral } from './sql.ts';
import type {
  ActionStore,
  CallerConnection,
  Entry,
  HistoryQuery,
  MissedEntry,
  MissedQuery,
  NewEntry,
  StoreNeeds,
  StoreTransaction,
  WaitingEntry,
  WaitingQuery,
  WrittenWithin,
} from './store.ts';
import { lastBefore, standingSql, waitingSql } from './waiting.ts';
import { type QueuedRow, WriteQueue, type WriteQueueOptions, type WriteRoute } from './write-queue.ts';
import type { CheckedWriterBounds } from './writer-bounds.ts';

/** What a store knows of its table once it is open. */
export interface OpenTable extends WriteRoute {
  /** Where it reads. */
  reads: HistoryTable;
  /** How it inserts. */
  form: InsertForm;
  style: StoreNeeds['rawobjStyle'];
  /** Turns a text as it was read into the text. */
  decode?: ((text: string) => string) | undefined;
  /** Whether texts on a caller's connection may go as MySQL's hexadecimal digits. */
  lossy: boolean;
}

/** What a {@link SqlStore} is made of. */
export interface SqlStoreParts {
  /** The table as the options name it, for messages. */
  table: string;
  lease: Pick<LeaseOptions, 'dialect' | 'quoted'>;
  revoked: Pick<RevokedOptions, 'dialect' | 'quoted' | 'table'>;
  writer: CheckedWriterBounds;
  soon: WriteQueueOptions<WriteRoute>['soon'];
}

/** Runs one INSERT in a caller's transaction. Resolves with the new row's id, where the connection gave one. */
export type CallerInsert = (statement: InsertStatement) => Promise<string | undefined>;

/** Most entries marked by one statement. */
const markChunk = 500;
/** Most rows under way where they go one at a time: as many as a pool has connections. */
const maxAlone = 10;

/** What the stores on SQL databases have in common: all but how a statement reaches the database, and what its errors mean. */
export abstract class SqlStore<Open extends OpenTable> implements ActionStore {
  readonly revoked: Revoked;
  protected readonly table: string;
  protected readonly opened: Memo<Open>;
  readonly #queue: WriteQueue<Open>;
  readonly #lease: Lease;
  #needs: StoreNeeds = { rawobjStyle: 'json', rebuildsEvents: false };
  /** Entries that are being written, and what waits for their end. */
  #writing = 0;
  #written: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor({ table, lease, revoked, writer, soon }: SqlStoreParts) {
    this.table = table;
    this.opened = new Memo(() => this.readTable(this.#needs));
    const query = (sql: string) => this.query(sql);
    this.#lease = new Lease({ ...lease, table, query });
    this.revoked = new Revoked({ ...revoked, query });
    const insert = (rows: QueuedRow<Open>[], open: Open) => this.insert(rows, open);
    const isRefusal = (error: unknown) => this.isRefusal(error);
    this.#queue = new WriteQueue<Open>({ bounds: writer, insert, isRefusal, soon, maxAlone });
  }

  /** Reads the table's columns, and what else there is to know of it. */
  protected abstract readTable(needs: StoreNeeds): Promise<Open>;
  /** Runs a statement. Resolves with its rows, each under the names of the columns. */
  protected abstract query(sql: string): Promise<Record<string, unknown>[]>;
  /** Writes rows, all or none. Resolves with their ids, in order. */
  protected abstract insert(rows: QueuedRow<Open>[], open: Open): Promise<string[]>;
  /** Whether nothing stands for certain of an insert that failed so. */
  protected abstract isRefusal(error: unknown): boolean;
  /** @throws TypeError where `connection` is none that this store takes */
  protected abstract callerInsert(connection: CallerConnection): CallerInsert;
  /** What to tell of a read that failed. */
  protected abstract unreadable(cause: unknown): ActionlogError;
  /** What to tell of a row that failed. */
  protected abstract unwritten(cause: unknown): ActionlogError;
  /** Closes what the store has opened. */
  protected abstract end(): Promise<void>;

  abstract readonly pooled: boolean;
  abstract begin(): Promise<StoreTransaction>;

  async open(needs: StoreNeeds): Promise<void> {
    this.refuseClosed();
    this.#needs = needs;
    await this.opened.get();
  }

  async write(entry: NewEntry, connection?: CallerConnection): Promise<Entry> {
    this.refuseClosed();
    const insert = connection === undefined ? undefined : this.callerInsert(connection);
    this.#writing += 1;
    try {
      return await this.#write(entry, insert);
    } finally {
      this.#writing -= 1;
      if (this.#writing === 0) this.#written?.();
    }
  }

  async #write(entry: NewEntry, insert: CallerInsert | undefined): Promise<Entry> {
    const open = await this.opened.get();
    const { form } = open;
    const fitted = fitEntry(entry, open.reads.shape, open.style);
    const values = form.values(fitted);
    let alogid: string | undefined;
    try {
      alogid = insert
        ? await insert(form.one(values, open.lossy))
        : await this.#queue.add({ route: open, values, bytes: mostBytes(values) });
    } catch (cause) {
      throw cause instanceof ActionlogError ? cause : this.unwritten(cause);
    }
    if (alogid === undefined) throw this.notWritten('the connection that was passed in gave no insertId', undefined);
    return { alogid, ...fitted.row };
  }

  async markAnnounced(alogids: readonly string[], announcedat: number | undefined): Promise<void> {
    this.refuseClosed();
    const { reads } = await this.opened.get();
    const at =
      announcedat !== undefined && reads.shape.columns.announcedat
        ? `, announcedat = ${integerLiteral(String(announcedat))}`
        : '';
    for (let from = 0; from < alogids.length; from += markChunk) {
      const ids = alogids.slice(from, from + markChunk).map(integerLiteral);
      await this.query(`UPDATE ${reads.quoted} SET wssdone = 1${at} WHERE alogid IN (${ids.join(',')})`);
    }
  }

  async history(query: HistoryQuery): Promise<Entry[]> {
    return await this.#entries((table) => historySql(query, table));
  }

  async waiting(query: WaitingQuery): Promise<WaitingEntry[]> {
    return await this.#entries((table) => waitingSql(query, table));
  }

  async missed(query: MissedQuery): Promise<MissedEntry[]> {
    return await this.#entries((table) => missedSql(query, table));
  }

  async lastBefore(written: WrittenWithin): Promise<string> {
    return await lastBefore(written, (sqlOf) => this.#entries(sqlOf));
  }

  async standing(alogids: readonly string[]): Promise<string[]> {
    return (await this.#entries((table) => standingSql(alogids, table))).map(({ alogid }) => alogid);
  }

  async takeLease(holder: string, leaseMs: number): Promise<boolean> {
    this.refuseClosed();
    return await this.#lease.take(holder, leaseMs);
  }

  async releaseLease(holder: string): Promise<void> {
    this.refuseClosed();
    await this.#lease.release(holder);
  }

  async now(): Promise<number> {
    this.refuseClosed();
    return await this.#lease.now();
  }

  async close(): Promise<void> {
    this.#closed ??= this.#allWritten().then(() => this.end());
    await this.#closed;
  }

  async #allWritten(): Promise<void> {
    if (this.#writing === 0) return;
    await new Promise<void>((resolve) => {
      this.#written = resolve;
    });
  }

  async #entries(sqlOf: (table: HistoryTable) => string | undefined): Promise<Entry[]> {
    this.refuseClosed();
    const { reads, decode } = await this.opened.get();
    const sql = sqlOf(reads);
    if (sql === undefined) return [];
    let rows: Record<string, unknown>[];
    try {
      rows = await this.query(sql);
    } catch (cause) {
      throw this.unreadable(cause);
    }
    return rows.map((row) => entryFrom(row, reads.shape, decode));
  }

  protected notWritten(why: string, cause: unknown): ActionlogError {
    const { table } = this;
    const message = `an entry was not written to table ${table}: ${why}`;
    return new ActionlogError('entry-not-written', message, { cause, fields: { table } });
  }

  protected refuseClosed(): void {
    if (this.#closed) throw new ActionlogError('closed', 'the store is closed');
  }
}
