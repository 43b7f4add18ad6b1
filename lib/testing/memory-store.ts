import { z } from 'zod';
import { fitEntry } from '../action/fit.ts';
import { fitText } from '../action/fit-text.ts';
import { entryMatcher } from '../action/history-match.ts';
import { type HistoryQuery, parseHistoryQuery } from '../action/history-query.ts';
import { InsertForm, mostBytes } from '../action/insert.ts';
import { callerStatements } from '../action/mysql-database.ts';
import { integerLiteral } from '../action/sql.ts';
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
} from '../action/store.ts';
import { traceRows } from '../action/trace-table.ts';
import { parseTracedQuery, type TracedChange, type TracedQuery } from '../action/traced-query.ts';
import { aheadMs } from '../action/waiting.ts';
import { type WriterBounds, writerSchema } from '../action/writer-bounds.ts';
import { type Clock, systemClock } from '../clock.ts';
import { ActionlogError } from '../errors.ts';
import { callback, parseOptions } from '../options.ts';
import { idText } from '../session/id.ts';
import { FaultBoard } from './faults.ts';
import { MemoryBounds } from './memory-bounds.ts';
import { insertOnTheirs, notWritten } from './memory-callers.ts';
import { MemoryDesk } from './memory-desk.ts';
import { type MemoryRow, MemoryTable, memoryShape } from './memory-table.ts';
import { sets, tracedOf } from './memory-traced.ts';
import { beginMemory, type Execute, type MemoryTransaction } from './memory-transaction.ts';
import { warnOfTextIds } from './text-ids.ts';

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /**
   * What the ids of tenants, users and records may be: `text` (default) takes any, `bigint` what MySQL's default schema
   * takes, so that a name or UUID is refused with `id-unfit` as it would be there. Where it is left out, the first such id
   * is told by a warning of the process.
   */
  ids?: 'bigint' | 'text' | undefined;
  /** How many entries may wait to be written. */
  writer?: WriterBounds | undefined;
  /**
   * Runs the statements of `actionlog.transaction()` that are not on the action log's own table, `BEGIN`, `COMMIT` and
   * `ROLLBACK` among them: on the test's database, or answering in its place with rows. Without it such a statement is
   * a `TypeError`.
   */
  execute?: Execute | undefined;
}

const schema = z.strictObject({
  ids: z.enum(['bigint', 'text']).optional(),
  writer: writerSchema.default(() => writerSchema.parse({})),
  execute: callback<Execute>().optional(),
});

/** What a memory store stands on. */
export interface MemoryGround {
  clock: Clock;
  faults: FaultBoard;
  /** Told of what fails with nobody waiting; left out where there is nobody to tell. */
  onError?: ((error: unknown) => void) | undefined;
}

/**
 * Keeps entries in the memory of this process: for tests. It does what the other stores do, cuts texts as the default
 * schema of MySQL does, and forgets everything with the process.
 *
 * @throws TypeError where an option is wrong
 */
export function memoryStore(options: MemoryStoreOptions = {}): ActionStore {
  return new MemoryStore(options, { clock: systemClock, faults: new FaultBoard() });
}

const seconds = (ms: number) => Math.floor(ms / 1000);

/** The store behind {@link memoryStore}; a test may look into it. */
export class MemoryStore implements ActionStore {
  readonly pooled = true;
  readonly revoked: MemoryDesk;
  readonly table = new MemoryTable();
  readonly #shape: ReturnType<typeof memoryShape>;
  readonly #form: InsertForm;
  readonly #bounds: MemoryBounds;
  readonly #execute: Execute | undefined;
  readonly #faults: FaultBoard;
  readonly #onError: (error: unknown) => void;
  /** Whether nobody has said what ids may be. */
  readonly #anyIds: boolean;
  readonly #begun = new WeakMap<object, MemoryTransaction>();
  /** Written on connections that are not of this store, which alone their owner can tell to be committed. */
  readonly #elsewhere = new Map<string, MemoryRow>();
  readonly #writing = new Set<Promise<unknown>>();
  #style: StoreNeeds['rawobjStyle'] = 'json';
  #closed = false;

  constructor(options: MemoryStoreOptions, { clock, faults, onError = () => undefined }: MemoryGround) {
    const { ids, writer, execute } = parseOptions(schema, options, 'memoryStore');
    this.#shape = memoryShape(ids ?? 'text');
    this.#anyIds = ids === undefined;
    this.#form = new InsertForm({ quoted: '`actionlog`', tenantColumn: 'gsid', columns: this.#shape.columns });
    this.#bounds = new MemoryBounds(writer);
    this.#execute = execute;
    this.#faults = faults;
    this.#onError = onError;
    this.revoked = new MemoryDesk(clock, faults);
  }

  async open({ rawobjStyle }: StoreNeeds): Promise<void> {
    this.#reach();
    this.#style = rawobjStyle;
  }

  async write(entry: NewEntry, connection?: CallerConnection): Promise<Entry> {
    const [written] = await this.#track(this.#write([entry], connection));
    return written as Entry;
  }

  async writeMany(entries: readonly NewEntry[], connection?: CallerConnection): Promise<Entry[]> {
    if (entries.length > maxMany) throw new TypeError(`at most ${maxMany} entries are written together`);
    return await this.#track(this.#write(entries, connection));
  }

  async #write(entries: readonly NewEntry[], connection: CallerConnection | undefined): Promise<Entry[]> {
    this.#refuseClosed();
    const transaction = typeof connection === 'object' ? this.#begun.get(connection) : undefined;
    const theirs = connection === undefined || transaction ? undefined : callerStatements(connection);
    if (transaction?.ended) throw notWritten('the transaction whose connection was passed in has ended');
    const fitted = entries.map((entry) => fitEntry(entry, this.#shape, this.#style));
    if (this.#anyIds) for (const entry of entries) warnOfTextIds(entry, this.#style);
    if (!theirs && !transaction) {
      const bytes = fitted.reduce((sum, one) => sum + mostBytes(this.#form.values(one)), 0);
      await this.#bounds.pass(fitted.length, bytes);
    }
    this.#faults.reachDatabase();
    for (const entry of entries) this.#faults.takeEntry(entry);
    const traces = fitted.map(({ row: { gsid, rectype, logdate }, record }, index) =>
      traceRows({ gsid, rectype, recid: record, logdate }, entries[index]?.trace ?? []),
    );
    const inserted = () => fitted.map((one, index) => ({ values: this.#form.values(one), trace: traces[index] ?? [] }));
    const alogids = theirs && (await insertOnTheirs(theirs, this.#form, inserted()));
    const rows = fitted.map(({ row }, index): MemoryRow => {
      const alogid = alogids?.[index] ?? this.table.nextId();
      return { alogid, ...row, announcedat: row.wssdone === 0 ? 0 : null, trace: traces[index] ?? [] };
    });
    if (theirs) for (const row of rows) this.#elsewhere.set(row.alogid, row);
    else if (transaction) transaction.staged.push(...rows);
    else this.table.add(rows);
    return rows.map(entryOf);
  }

  async markAnnounced(alogids: readonly string[], announcedat: number | undefined): Promise<void> {
    const wanted = new Set(alogids.map(integerLiteral));
    this.#reach();
    for (const row of this.table.rows) {
      if (!wanted.has(row.alogid)) continue;
      row.wssdone = 1;
      if (announcedat !== undefined) row.announcedat = announcedat;
    }
  }

  async waiting({ after, writtenBefore, limit }: WaitingQuery): Promise<WaitingEntry[]> {
    const place = BigInt(integerLiteral(after));
    this.#reach();
    return this.table.rows
      .filter(({ wssdone, rectype, alogid }) => wssdone === 0 && rectype !== '' && BigInt(alogid) > place)
      .filter(({ logdate }) => logdate <= seconds(writtenBefore) || logdate > seconds(writtenBefore + aheadMs))
      .slice(0, limit)
      .map(entryOf);
  }

  async lastBefore({ from, until }: WrittenWithin): Promise<string> {
    this.#reach();
    const { rows } = this.table;
    const first = rows.findIndex(({ logdate }) => logdate >= seconds(from) && logdate <= seconds(until));
    const before = rows.slice(0, first === -1 ? rows.length : first);
    return before.findLast(({ logdate }) => logdate < seconds(from))?.alogid ?? '0';
  }

  async standing(alogids: readonly string[]): Promise<string[]> {
    this.#reach();
    // whoever asks says that the transaction was committed
    const committed = alogids.flatMap((alogid) => this.#elsewhere.get(alogid) ?? []);
    for (const { alogid } of committed) this.#elsewhere.delete(alogid);
    this.table.add(committed.filter(({ alogid }) => !this.table.has(alogid)));
    return alogids.filter((alogid) => this.table.has(alogid));
  }

  async takeLease(holder: string, leaseMs: number): Promise<boolean> {
    this.#reach();
    return this.revoked.takeLease(holder, leaseMs);
  }

  async releaseLease(holder: string): Promise<void> {
    this.#reach();
    this.revoked.releaseLease(holder);
  }

  async now(): Promise<number> {
    this.#reach();
    return this.revoked.now();
  }

  async begin(): Promise<StoreTransaction> {
    this.#reach();
    const transaction = await beginMemory(this.table, {
      ...{ faults: this.#faults, execute: this.#execute, onError: this.#onError },
    });
    this.#begun.set(transaction.connection, transaction);
    return transaction;
  }

  async missed(query: MissedQuery): Promise<MissedEntry[]> {
    const { since, announceWithinMs, limit, whole } = query;
    const gsid = idText(query.gsid, 'gsid');
    const after = BigInt(integerLiteral(query.after === undefined ? '0' : idText(query.after, 'after')));
    this.#reach();
    return this.table.rows
      .filter((row) => row.gsid === gsid && row.rectype !== '' && BigInt(row.alogid) > after)
      .filter(
        ({ wssdone, logdate, announcedat }) =>
          logdate >= seconds(since) ||
          (wssdone === 0 && logdate >= seconds(since - announceWithinMs)) ||
          (announcedat !== null && announcedat >= since),
      )
      .slice(0, limit)
      .map((row) => (whole ? entryOf(row) : { ...entryOf(row), logmessage: null, rawobj: '{}' }));
  }

  async history(query: HistoryQuery, signal?: AbortSignal): Promise<Entry[]> {
    const filter = parseHistoryQuery(query);
    this.#reach();
    signal?.throwIfAborted();
    const matches = entryMatcher({ ...filter, correlation: this.#kept(filter.correlation) });
    return this.table.rows
      .filter((row) => matches(row) && filter.trace.every((condition) => sets(row, condition)))
      .slice(-filter.limit)
      .reverse()
      .map(entryOf);
  }

  async traced(query: TracedQuery): Promise<TracedChange[]> {
    const filter = parseTracedQuery(query);
    this.#reach();
    return tracedOf(this.table.rows, filter);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#writing);
  }

  /** Takes all entries away, those on open transactions of callers too. */
  clear(): void {
    this.table.clear();
    this.#elsewhere.clear();
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#writing.add(work);
    try {
      return await work;
    } finally {
      this.#writing.delete(work);
    }
  }

  /** A correlation as rows have it. */
  #kept(correlation: string | undefined): string | undefined {
    const column = this.#shape.columns.correlation;
    return correlation === undefined || !column ? correlation : fitText(correlation, column).text;
  }

  #reach(): void {
    this.#refuseClosed();
    this.#faults.reachDatabase();
  }

  #refuseClosed(): void {
    if (this.#closed) throw new ActionlogError('closed', 'the store is closed');
  }
}

/** The entry of a row: a copy, which later changes of the row do not reach. */
function entryOf({ announcedat: _, trace: __, ...entry }: MemoryRow): Entry {
  return entry;
}
