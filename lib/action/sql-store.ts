import { ActionlogError } from '../errors.ts';
import { UnderWay } from '../under-way.ts';
import { type FittedEntry, fitEntry } from './fit.ts';
import type { FullText } from './full-text.ts';
import { entryFrom } from './history.ts';
import type { HistoryQuery } from './history-query.ts';
import { HistoryReader } from './history-reader.ts';
import type { HistoryTable } from './history-table.ts';
import { type InsertForm, mostBytes } from './insert.ts';
import { Lease, type LeaseOptions } from './lease.ts';
import { Memo } from './memo.ts';
import { migrateCommand } from './migrate-command.ts';
import { Revoked, type RevokedOptions } from './revoked.ts';
import { integerLiteral } from './sql.ts';
import {
  type ActionStore,
  type CallerConnection,
  type Entry,
  type MissedEntry,
  type MissedQuery,
  maxMany,
  type NewEntry,
  type StoreNeeds,
  type StoreTransaction,
  type WaitingEntry,
  type WaitingQuery,
  type WrittenWithin,
} from './store.ts';
import { traceRows } from './trace-table.ts';
import type { TracedChange, TracedQuery } from './traced-query.ts';
import { TransactionOver } from './transaction-over.ts';
import { lastBefore, standingSql, waitingSql } from './waiting.ts';
import { type QueuedRow, WriteQueue, type WriteQueueOptions, type WriteRoute } from './write-queue.ts';
import { type CallerWriter, insertOnCallers, NoInsertId, type Together } from './write-together.ts';
import type { CheckedWriterBounds } from './writer-bounds.ts';

/** What a store knows of its table once it is open. */
export interface OpenTable extends WriteRoute, Together {
  /** Where it reads. */
  reads: HistoryTable;
  /** How it inserts. */
  form: InsertForm;
  style: StoreNeeds['rawobjStyle'];
  /** Turns a text as it was read into the text. */
  decode?: ((text: string) => string) | undefined;
  /** Whether a statement that fails leaves nothing behind, and a transaction can be rolled back. */
  atomic: boolean;
}

/** What a {@link SqlStore} is made of. */
export interface SqlStoreParts {
  /** The table as the options name it, for messages. */
  table: string;
  tenantColumn: string;
  lease: Pick<LeaseOptions, 'dialect' | 'quoted'>;
  revoked: Pick<RevokedOptions, 'dialect' | 'quoted' | 'table'>;
  writer: CheckedWriterBounds;
  soon: WriteQueueOptions<WriteRoute>['soon'];
}

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
  readonly #history: HistoryReader;
  #needs: StoreNeeds = { rawobjStyle: 'json', rebuildsEvents: false };
  readonly #writing = new UnderWay();
  #closed: Promise<void> | undefined;

  constructor({ table, tenantColumn, lease, revoked, writer, soon }: SqlStoreParts) {
    this.table = table;
    this.opened = new Memo(() => this.readTable(this.#needs));
    const query = (sql: string) => this.query(sql);
    this.#lease = new Lease({ ...lease, table, tenantColumn, query });
    this.#history = new HistoryReader({
      query,
      opened: () => this.opened.get(),
      unreadable: (cause) => this.unreadable(cause),
      fullText: () => this.fullText(this.#needs.rawobjStyle),
      noFullText: () => this.noFullText(),
    });
    this.revoked = new Revoked({ ...revoked, migrate: migrateCommand(table, tenantColumn), query });
    const insert = (rows: QueuedRow<Open>[], open: Open) => this.insert(rows, open);
    const isRefusal = (error: unknown) => this.isRefusal(error);
    this.#queue = new WriteQueue<Open>({ bounds: writer, insert, isRefusal, soon, maxAlone });
  }

  /** Reads the table's columns, and what else there is to know of it. */
  protected abstract readTable(needs: StoreNeeds): Promise<Open>;
  /** Runs a statement. Resolves with its rows, each under the names of the columns. */
  protected abstract query(sql: string): Promise<Record<string, unknown>[]>;
  /** Writes rows, all or none, with what belongs to them. Resolves with their ids, in order. */
  protected abstract insert(rows: QueuedRow<Open>[], open: Open): Promise<string[]>;
  /** Whether nothing stands for certain of an insert that failed so. */
  protected abstract isRefusal(error: unknown): boolean;
  /** @throws TypeError where `connection` is none that this store takes */
  protected abstract callerWriter(connection: CallerConnection): CallerWriter;
  /** What to tell of a read that failed. */
  protected abstract unreadable(cause: unknown): ActionlogError;
  /** What to tell of a row that failed. */
  protected abstract unwritten(cause: unknown): ActionlogError;
  /** Closes what the store has opened. */
  protected abstract end(): Promise<void>;

  /** The full-text index that words are looked up in, where the database has one. */
  protected fullText(_style: StoreNeeds['rawobjStyle']): Promise<FullText | undefined> {
    return Promise.resolve(undefined);
  }
  /** Told that it is gone. */
  protected noFullText(): void {}

  abstract readonly pooled: boolean;
  abstract begin(): Promise<StoreTransaction>;

  async open(needs: StoreNeeds): Promise<void> {
    this.refuseClosed();
    this.#needs = needs;
    await this.opened.get();
  }

  async write(entry: NewEntry, connection?: CallerConnection): Promise<Entry> {
    if (connection === undefined && !entry.trace?.length) return await this.#writeAlone(entry);
    const [written] = await this.#write([entry], connection, false);
    return written as Entry;
  }

  async writeMany(entries: readonly NewEntry[], connection?: CallerConnection): Promise<Entry[]> {
    if (entries.length > maxMany)
      throw new TypeError(`writeMany: expected at most ${maxMany} entries, got ${entries.length}`);
    return entries.length === 0 ? [] : await this.#write(entries, connection, true);
  }

  /** The way of nearly all entries: what the others need beside it would cost as much as the row. */
  async #writeAlone(entry: NewEntry): Promise<Entry> {
    this.refuseClosed();
    this.#writing.begin();
    try {
      const open = this.opened.made ?? (await this.opened.get());
      const fitted = fitEntry(entry, open.reads.shape, open.style);
      const [alogid = ''] = await this.#insert([rowOf(open, fitted, undefined)], open, undefined, false);
      return { alogid, ...fitted.row };
    } finally {
      this.#writing.end();
    }
  }

  async #write(entries: readonly NewEntry[], connection: CallerConnection | undefined, together: boolean) {
    this.refuseClosed();
    const writer = connection === undefined ? undefined : this.callerWriter(connection);
    this.#writing.begin();
    try {
      // who holds a connection does not wait for the table to be read anew: that takes one, and all may be held so
      const open = await (writer ? this.opened.newest() : this.opened.get());
      this.#refuseUnfit(entries, open, writer, together);
      const fitted = entries.map((entry) => fitEntry(entry, open.reads.shape, open.style));
      const rows = fitted.map((one, index) => rowOf(open, one, entries[index]?.trace));
      const alogids = await this.#insert(rows, open, writer, together);
      return fitted.map(({ row }, index): Entry => ({ alogid: alogids[index] ?? '', ...row }));
    } finally {
      this.#writing.end();
    }
  }

  async #insert(rows: QueuedRow<Open>[], open: Open, writer: CallerWriter | undefined, together: boolean) {
    const [first, ...rest] = rows;
    if (!first) return [];
    try {
      if (writer) return await insertOnCallers(writer, rows, open, [open.traceTable.quoted, open.reads.quoted]);
      return together ? await this.#queue.addTogether([first, ...rest]) : [await this.#queue.add(first)];
    } catch (cause) {
      if (cause instanceof NoInsertId) throw this.notWritten(cause.message, undefined);
      if (cause instanceof TransactionOver) throw this.notWritten('the transaction of this connection is over', cause);
      throw cause instanceof ActionlogError ? cause : this.unwritten(cause);
    }
  }

  #refuseUnfit(entries: readonly NewEntry[], open: Open, writer: CallerWriter | undefined, together: boolean): void {
    const traced = entries.some(({ trace }) => trace !== undefined && trace.length > 0);
    if (!traced && !together) return;
    if (!open.atomic) {
      const { table } = this;
      const message = `table ${table} has no transactions, so that entries with changed columns, and several entries together, cannot be written all or none; run: ALTER TABLE ${open.reads.quoted} ENGINE=InnoDB`;
      throw new ActionlogError('table-unfit', message, { fields: { table } });
    }
    if (traced && !writer && !this.pooled) {
      throw new TypeError(
        'trace: the action log was given a single connection as its database, on which it cannot begin transactions; give it a pool or an address, or begin the transaction yourself and pass { connection } to logaction',
      );
    }
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

  async history(query: HistoryQuery, signal?: AbortSignal): Promise<Entry[]> {
    this.refuseClosed();
    return await this.#history.history(query, signal);
  }

  async traced(query: TracedQuery): Promise<TracedChange[]> {
    this.refuseClosed();
    return await this.#history.traced(query);
  }

  async waiting(query: WaitingQuery): Promise<WaitingEntry[]> {
    return await this.#entries((table) => waitingSql(query, table));
  }

  async missed(query: MissedQuery): Promise<MissedEntry[]> {
    this.refuseClosed();
    return await this.#history.missed(query);
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
    this.#closed ??= this.#writing.over().then(() => this.end());
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
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

function rowOf<Open extends OpenTable>(open: Open, fitted: FittedEntry, trace: NewEntry['trace']): QueuedRow<Open> {
  const values = open.form.values(fitted);
  if (trace === undefined || trace.length === 0) return { route: open, values, bytes: mostBytes(values) };
  const { gsid, rectype, logdate } = fitted.row;
  const sides = traceRows({ gsid, rectype, recid: fitted.record, logdate }, trace);
  const bytes = sides.reduce((sum, side) => sum + 24 + mostBytes(side), mostBytes(values));
  return { route: open, values, trace: sides, bytes };
}
