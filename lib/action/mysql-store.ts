import { z } from 'zod';
import { ActionlogError } from '../errors.ts';
import { parseOptions } from '../options.ts';
import { despiteLocks, patient, saysRolledBack } from './despite-locks.ts';
import { type FullText, readFullText } from './full-text.ts';
import type { HistoryTable } from './history-table.ts';
import { inTime } from './in-time.ts';
import { InsertForm } from './insert.ts';
import { mysqlLease, mysqlLeaseTable } from './lease.ts';
import { Memo } from './memo.ts';
import { migrateCommand } from './migrate-command.ts';
import { callerStatements, linkMysql, type MysqlDatabase, type MysqlLink } from './mysql-database.ts';
import { neverConnected, refusesRows, saysTableChanged } from './mysql-errors.ts';
import { readFacts } from './mysql-facts.ts';
import { insertRows, type MysqlInsert } from './mysql-insert.ts';
import { remedyOf } from './mysql-remedies.ts';
import { mysqlShape, readColumns } from './mysql-shape.ts';
import { parseTableName, type TableName, textLiteral } from './mysql-sql.ts';
import { inOwnTransaction, MysqlCallerWriter } from './mysql-together.ts';
import { mysqlRevoked, mysqlRevokedTable } from './revoked.ts';
import { quoteName } from './sql.ts';
import { type OpenTable, SqlStore } from './sql-store.ts';
import type { ActionStore, CallerConnection, StoreNeeds, StoreTransaction } from './store.ts';
import { likePattern } from './text-pattern.ts';
import { mysqlTraceTable, traceForm } from './trace-table.ts';
import type { QueuedRow } from './write-queue.ts';
import { type CallerWriter, insertTogether } from './write-together.ts';
import { type CheckedWriterBounds, type WriterBounds, writerSchema } from './writer-bounds.ts';

export type { MysqlDatabase } from './mysql-database.ts';

/** Options of {@link mysqlStore}. */
export interface MysqlStoreOptions {
  /**
   * `mysql://user:password@host/name` for a pool of our own (10 connections, and up to 10 more for transactions; closed by
   * `close()`), or a mysql2 pool or connection of the caller's, promise or callback style, which is never closed.
   */
  database: string | MysqlDatabase;
  /** The table, or `schema.table`. Default `actionlog`. */
  table?: string | undefined;
  /** Name of the tenant column. Default `gsid`. */
  tenantColumn?: string | undefined;
  /** How entries are written that come while others are being written. */
  writer?: WriterBounds | undefined;
}

const schema = z.strictObject({
  database: z.custom<string | MysqlDatabase>(
    (value) => (typeof value === 'object' && value !== null) || typeof value === 'string',
    'an address such as "mysql://app@127.0.0.1/erp", or a mysql2 pool or connection',
  ),
  table: z.string().default('actionlog'),
  tenantColumn: z.string().default('gsid'),
  writer: writerSchema.default(() => writerSchema.parse({})),
});

/**
 * Keeps entries in MySQL or MariaDB, in Gyroscope's table or in ours.
 *
 * @throws TypeError where an option is wrong
 */
export function mysqlStore(options: MysqlStoreOptions): ActionStore & AsyncDisposable {
  const { database, table, tenantColumn, writer } = parseOptions(schema, options, 'mysqlStore');
  quoteName(tenantColumn, 'tenantColumn');
  const name = parseTableName(table);
  return new MysqlStore(linkMysql(database, name.schema === undefined), name, tenantColumn, writer);
}

/** Longer than the driver tries to connect: those who hold the pool's connections may be waiting for it. */
const readLimitMs = 15_000;

/** What the store knows of its table and its connection. */
interface Opened extends OpenTable, MysqlInsert {}

class MysqlStore extends SqlStore<Opened> {
  readonly #link: MysqlLink;
  readonly #table: TableName;
  readonly #tenantColumn: string;
  readonly #writer: CheckedWriterBounds;
  readonly #fullText = new Memo(() => readFullText(this.#link, this.#table));

  constructor(link: MysqlLink, table: TableName, tenantColumn: string, writer: CheckedWriterBounds) {
    const revoked = mysqlRevokedTable(table);
    super({
      table: table.name,
      tenantColumn,
      lease: { dialect: mysqlLease, quoted: mysqlLeaseTable(table).quoted },
      revoked: { dialect: mysqlRevoked, quoted: revoked.quoted, table: revoked.name },
      writer,
      soon: (start) => process.nextTick(start),
    });
    this.#link = link;
    this.#table = table;
    this.#tenantColumn = tenantColumn;
    this.#writer = writer;
  }

  get pooled(): boolean {
    return this.#link.begin !== undefined;
  }

  async begin(): Promise<StoreTransaction> {
    this.refuseClosed();
    if (this.#link.begin) return await this.#link.begin();
    throw new TypeError(
      'transaction: the action log was given a single connection as its database; give it a pool or an address, or begin the transaction yourself and pass { connection } to logaction',
    );
  }

  protected async readTable(needs: StoreNeeds): Promise<Opened> {
    const cause = () => new Error(`no connection of the pool was free, or no answer came, within ${readLimitMs} ms`);
    return await inTime(this.#readTable(needs), readLimitMs, () => this.#unreachable('asked for the columns', cause()));
  }

  async #readTable(needs: StoreNeeds): Promise<Opened> {
    const columns = await readColumns(this.#link, this.#table);
    const shape = mysqlShape(columns, this.#table.name, this.#tenantColumn, needs);
    const { utf8, numbering, atomic, maxPacketBytes } = await readFacts(this.#link, this.#table);
    const traceTable = mysqlTraceTable(this.#table);
    const { quoted } = this.#table;
    const tenantColumn = this.#tenantColumn;
    return {
      reads: {
        quoted,
        tenantColumn,
        shape,
        dialect: utf8 ? mysqlDialect : hexDialect,
        trace: traceTable,
      },
      decode: utf8 ? undefined : fromHex,
      form: new InsertForm({ quoted, tenantColumn, columns: shape.columns }),
      style: needs.rawobjStyle,
      trace: traceForm(traceTable.quoted),
      traceTable,
      migrate: migrateCommand(this.table, tenantColumn),
      atomic,
      utf8,
      numbering,
      alone: numbering === 'alone',
      maxBytes: Math.min(this.#writer.maxBytesPerStatement, maxPacketBytes / 2),
      maxListBytes: maxPacketBytes * 0.9, // the rest is for the beginning of the statement
    };
  }

  /** A statement that commits itself, but perhaps on a single connection of the caller's. */
  protected async query(sql: string): Promise<Record<string, unknown>[]> {
    return this.pooled ? await despiteLocks(patient, () => this.#link.query(sql)) : await this.#link.query(sql);
  }

  protected async insert(rows: QueuedRow<Opened>[], open: Opened): Promise<string[]> {
    const { beginOwn, execute } = this.#link;
    const values = rows.map((row) => row.values);
    const untraced = rows.every((row) => row.trace === undefined);
    const one = rows.length === 1 || rows.reduce((sum, { bytes }) => sum + bytes, 0) <= open.maxListBytes;
    if (untraced && one && (rows.length === 1 || !open.alone)) return await insertRows(this.#link, values, open);
    if (beginOwn) return await inOwnTransaction(beginOwn, open, (writer) => insertTogether(writer, rows, open));
    if (!one) throw new Error(tooLarge);
    // on a single connection a statement is all or none by itself
    return await this.callerWriter({ execute }).entries(open.form, values);
  }

  protected isRefusal(error: unknown): boolean {
    // on a single connection a deadlock took back the caller's transaction: rows written anew would stand without it
    return refusesRows(error) && (this.pooled || !saysRolledBack(error));
  }

  protected callerWriter(connection: CallerConnection): CallerWriter {
    return new MysqlCallerWriter(callerStatements(connection), this.#table.quoted);
  }

  protected unwritten(cause: unknown): ActionlogError {
    if (saysTableChanged(cause)) this.opened.renew();
    if (neverConnected(cause)) return this.#unreachable('written to', cause);
    return this.notWritten(`the database refused it, or its answer was lost; ${remedyOf(cause)}`, cause);
  }

  protected unreadable(cause: unknown): ActionlogError {
    return this.#unreachable('asked for entries', cause);
  }

  protected override fullText(style: StoreNeeds['rawobjStyle']): Promise<FullText | undefined> {
    // Gyroscope's rows have \uXXXX in the middle of words
    return style === 'php' ? Promise.resolve(undefined) : this.#fullText.get();
  }

  protected override noFullText(): void {
    this.#fullText.forget();
  }

  protected async end(): Promise<void> {
    await this.#link.close();
  }

  #unreachable(what: string, cause: unknown): ActionlogError {
    if (cause instanceof ActionlogError) return cause; // no connection was free
    const message = `${this.#link.name} cannot be ${what} (table ${this.table}); ${remedyOf(cause)}`;
    return new ActionlogError('database-unreachable', message, { cause, fields: { table: this.table } });
  }
}

const tooLarge =
  'so many bytes need several statements and a transaction around them, which cannot be begun on a single connection that was passed in as the database';

/** How MySQL is asked over a connection that speaks utf8mb4. */
export const mysqlDialect: HistoryTable['dialect'] = {
  literal: textLiteral,
  readText: (column) => column,
  readNumber: (column) => `CAST(${column} AS CHAR)`,
  // the one collation of utf8mb4 that every server has, and that takes any case of a letter for the same
  matches: (column, pattern) =>
    `CONVERT(${column} USING utf8mb4) COLLATE utf8mb4_general_ci LIKE ${textLiteral(likePattern(pattern))} ESCAPE '!'`,
  unindexed: (column) => column, // it knows how many rows each way has
  // without it, a later page of a large tenant is searched for from the tenant's newest entry
  withoutKey: ' IGNORE INDEX (PRIMARY)',
  boundsTenant: true,
};
const hexDialect: HistoryTable['dialect'] = {
  ...mysqlDialect,
  readText: (column) => `HEX(CONVERT(${column} USING utf8mb4))`,
};
const fromHex = (text: string) => Buffer.from(text, 'hex').toString();
