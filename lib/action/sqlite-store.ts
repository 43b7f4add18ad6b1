import { z } from 'zod';
import { ActionlogError } from '../errors.ts';
import { parseOptions } from '../options.ts';
import type { HistoryTable } from './history.ts';
import { InsertForm } from './insert.ts';
import { insertedId } from './inserted-id.ts';
import { leaseTableOf, sqliteLease } from './lease.ts';
import { revokedTableOf, sqliteRevoked } from './revoked.ts';
import { quoteName } from './sql.ts';
import { type CallerInsert, type OpenTable, SqlStore } from './sql-store.ts';
import { RefusedRow, SqliteLink } from './sqlite-database.ts';
import {
  doSqliteSteps,
  refuseRemoteFile,
  type SqliteTable,
  sqliteFailure,
  sqliteShape,
  sqliteSteps,
} from './sqlite-table.ts';
import { beginSqlite, Turns } from './sqlite-transaction.ts';
import type { ActionStore, CallerConnection, StoreNeeds, StoreTransaction } from './store.ts';
import type { QueuedRow } from './write-queue.ts';
import { type CheckedWriterBounds, type WriterBounds, writerSchema } from './writer-bounds.ts';

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /** Path of the file, made where there is none, or `:memory:`. */
  file: string;
  /** The table, made where there is none. Default `actionlog`. */
  table?: string | undefined;
  /** Name of the tenant column. Default `gsid`. */
  tenantColumn?: string | undefined;
  /** How entries are written that come at the same time. */
  writer?: WriterBounds | undefined;
}

const schema = z.strictObject({
  file: z.string(),
  table: z.string().default('actionlog'),
  tenantColumn: z.string().default('gsid'),
  writer: writerSchema.default(() => writerSchema.parse({})),
});

/**
 * Keeps entries in a SQLite file, by the optional package `libsql`: for embedded use and small servers. It makes its
 * table itself. As `connection`, `write` takes the function form alone.
 *
 * @throws TypeError where an option is wrong
 */
export function sqliteStore(options: SqliteStoreOptions): ActionStore {
  const { file, table, tenantColumn, writer } = parseOptions(schema, options, 'sqliteStore');
  refuseRemoteFile(file);
  quoteName(table, 'table');
  quoteName(tenantColumn, 'tenantColumn');
  return new SqliteStore(file, { table, tenantColumn }, writer);
}

class SqliteStore extends SqlStore<OpenTable> {
  readonly #table: SqliteTable;
  readonly #turns = new Turns();
  /** The connections of transactions that this store has begun. */
  readonly #begun = new WeakSet<object>();
  readonly #file: string;
  readonly #writer: CheckedWriterBounds;
  #link: SqliteLink | undefined;
  /** The link for transactions, opened at the first one. */
  #second: SqliteLink | undefined;

  constructor(file: string, names: SqliteTable, writer: CheckedWriterBounds) {
    const { table } = names;
    const revoked = revokedTableOf(table);
    super({
      table,
      lease: { dialect: sqliteLease, quoted: quoteName(leaseTableOf(table), 'table') },
      revoked: { dialect: sqliteRevoked, quoted: quoteName(revoked, 'table'), table: revoked },
      // a statement holds up the process while it runs; by the end of the loop's turn all requests that have come are read
      soon: (start) => setImmediate(start),
      // one connection, and nothing else runs beside its statements
      writer: { ...writer, maxStatements: 1 },
    });
    this.#table = names;
    this.#file = file;
    this.#writer = writer;
  }

  get pooled(): boolean {
    return true;
  }

  async begin(): Promise<StoreTransaction> {
    this.refuseClosed();
    const link = await this.#opened();
    const end = await this.#turns.next();
    try {
      this.refuseClosed();
      // a second connection to a database in memory would be another database
      if (this.#file !== ':memory:') this.#second ??= await SqliteLink.open(this.#file);
    } catch (error) {
      end();
      throw error;
    }
    const transaction = await beginSqlite(this.#second ?? link, end);
    this.#begun.add(transaction.connection);
    return transaction;
  }

  protected async readTable(needs: StoreNeeds): Promise<OpenTable> {
    const link = await SqliteLink.open(this.#file);
    const { table, tenantColumn } = this.#table;
    try {
      await doSqliteSteps(link, await sqliteSteps(link, this.#table));
      const shape = await sqliteShape(link, this.#table, needs);
      this.refuseClosed();
      this.#link = link;
      const quoted = quoteName(table, 'table');
      return {
        reads: { quoted, tenantColumn, shape, dialect: sqliteDialect },
        form: new InsertForm({ quoted, tenantColumn, columns: shape.columns }),
        style: needs.rawobjStyle,
        lossy: false,
        alone: false,
        maxBytes: this.#writer.maxBytesPerStatement,
      };
    } catch (cause) {
      link.close();
      throw sqliteFailure(cause, `table ${table} cannot be made or read in the SQLite file ${this.#file}`);
    }
  }

  protected async query(sql: string): Promise<Record<string, unknown>[]> {
    return await (await this.#opened()).all(sql);
  }

  protected async insert(rows: QueuedRow<OpenTable>[], { form }: OpenTable): Promise<string[]> {
    const link = await this.#opened();
    const [first] = rows;
    if (!first) return [];
    const { sql } = form.one(first.values, false);
    if (rows.length === 1) return [await link.insert(sql, first.values)];
    const values = rows.map((row) => row.values);
    return await link.insertAll(sql, values);
  }

  protected isRefusal(error: unknown): boolean {
    return error instanceof RefusedRow;
  }

  protected callerInsert(connection: CallerConnection): CallerInsert {
    if (typeof connection === 'function') return async ({ sql, params }) => insertedId(await connection(sql, params));
    if (this.#begun.has(connection)) {
      return async ({ sql, params }) => insertedId(((await connection.execute(sql, params)) as unknown[])[0]);
    }
    throw new TypeError(
      'connection: with SQLite, expected that of actionlog.transaction(), or a function (sql, params) => Promise<{ insertId }>',
    );
  }

  protected unwritten(cause: unknown): ActionlogError {
    return this.notWritten('the database refused it; see the cause', cause);
  }

  protected unreadable(cause: unknown): ActionlogError {
    return sqliteFailure(cause, `entries of table ${this.table} cannot be read`);
  }

  protected async end(): Promise<void> {
    const links = [this.#link, this.#second];
    this.#link = undefined;
    this.#second = undefined;
    for (const link of links) link?.close();
  }

  async #opened(): Promise<SqliteLink> {
    await this.opened.get();
    if (this.#link) return this.#link;
    throw new ActionlogError('closed', 'the store is closed');
  }
}

/** How SQLite is asked. */
export const sqliteDialect: HistoryTable['dialect'] = {
  literal: (text) => `CAST(X'${Buffer.from(text.toWellFormed()).toString('hex')}' AS TEXT)`,
  readText: (column) => column,
  readNumber: (column) => `CAST(${column} AS TEXT)`,
  unindexed: (column) => `+${column}`,
};
