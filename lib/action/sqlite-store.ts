import { z } from 'zod';
import { ActionlogError } from '../errors.ts';
import { parseOptions } from '../options.ts';
import type { HistoryTable } from './history-table.ts';
import { InsertForm, type RowValues } from './insert.ts';
import { leaseTableOf, sqliteLease } from './lease.ts';
import { migrateCommand } from './migrate-command.ts';
import { revokedTableOf, sqliteRevoked } from './revoked.ts';
import { quoteName } from './sql.ts';
import { type OpenTable, SqlStore } from './sql-store.ts';
import { RefusedRow, SqliteLink } from './sqlite-database.ts';
import {
  doSqliteSteps,
  refuseRemoteFile,
  type SqliteTable,
  sqliteFailure,
  sqliteShape,
  sqliteSteps,
} from './sqlite-table.ts';
import { SqliteCallerWriter } from './sqlite-together.ts';
import { beginSqlite, TransactionTurns } from './sqlite-transaction.ts';
import type { ActionStore, CallerConnection, StoreNeeds, StoreTransaction } from './store.ts';
import { globPattern } from './text-pattern.ts';
import { traceForm, traceTableOf } from './trace-table.ts';
import type { QueuedRow } from './write-queue.ts';
import { type CallerWriter, traceFailure } from './write-together.ts';
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
export function sqliteStore(options: SqliteStoreOptions): ActionStore & AsyncDisposable {
  const { file, table, tenantColumn, writer } = parseOptions(schema, options, 'sqliteStore');
  refuseRemoteFile(file);
  quoteName(table, 'table');
  quoteName(tenantColumn, 'tenantColumn');
  return new SqliteStore(file, { table, tenantColumn }, writer);
}

class SqliteStore extends SqlStore<OpenTable> {
  readonly #table: SqliteTable;
  readonly #turns = new TransactionTurns();
  /** The connections of transactions that this store has begun. */
  readonly #begun = new WeakSet<object>();
  readonly #file: string;
  readonly #writer: CheckedWriterBounds;
  #link: SqliteLink | undefined;
  /** The link for transactions, opened at the first one. */
  #second: SqliteLink | undefined;

  constructor(file: string, names: SqliteTable, writer: CheckedWriterBounds) {
    const { table, tenantColumn } = names;
    const revoked = revokedTableOf(table);
    super({
      table,
      tenantColumn,
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
      if (this.#file !== ':memory:') this.#second ??= await this.#openSecond();
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
      const trace = sqliteTrace(table);
      return {
        reads: { quoted, tenantColumn, shape, dialect: sqliteDialect, trace },
        form: new InsertForm({ quoted, tenantColumn, columns: shape.columns }),
        style: needs.rawobjStyle,
        trace: traceForm(trace.quoted),
        traceTable: trace,
        migrate: migrateCommand(table, tenantColumn),
        atomic: true,
        alone: false,
        maxBytes: this.#writer.maxBytesPerStatement,
        maxListBytes: Number.POSITIVE_INFINITY,
      };
    } catch (cause) {
      link.close();
      throw sqliteFailure(cause, `table ${table} cannot be made or read in the SQLite file ${this.#file}`);
    }
  }

  protected async query(sql: string): Promise<Record<string, unknown>[]> {
    return await (await this.#opened()).all(sql);
  }

  protected async insert(rows: QueuedRow<OpenTable>[], open: OpenTable): Promise<string[]> {
    const { form, trace, traceTable, migrate } = open;
    const link = await this.#opened();
    const [first] = rows;
    if (!first) return [];
    const { sql } = form.statement([first.values], false);
    if (rows.length === 1 && first.trace === undefined) return [await link.insert(sql, first.values)];
    return await link.insertAll((insert) =>
      rows.map((row) => {
        const alogid = insert(sql, row.values);
        for (const side of row.trace ?? []) {
          const { sql, params } = trace.statement([[alogid, ...side]], false);
          try {
            insert(sql, params);
          } catch (cause) {
            throw traceFailure(traceTable.name, migrate, cause);
          }
        }
        return alogid;
      }),
    );
  }

  protected isRefusal(error: unknown): boolean {
    return error instanceof RefusedRow;
  }

  protected callerWriter(connection: CallerConnection): CallerWriter {
    if (typeof connection === 'function') return new SqliteCallerWriter(connection);
    if (this.#begun.has(connection)) {
      const execute = async (sql: string, params: RowValues) => await connection.execute(sql, params);
      return new SqliteCallerWriter(async (sql, params) => ((await execute(sql, params)) as unknown[])[0]);
    }
    throw new TypeError(
      'connection: with SQLite, expected that of actionlog.transaction(), or a function (sql, params) => Promise<{ insertId }>',
    );
  }

  protected unwritten(cause: unknown): ActionlogError {
    if (cause instanceof RefusedRow && cause.cause instanceof ActionlogError) return cause.cause;
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

  async #openSecond(): Promise<SqliteLink> {
    const link = await SqliteLink.open(this.#file);
    try {
      this.refuseClosed(); // what is opened while the store is closed, nobody would close
      return link;
    } catch (error) {
      link.close();
      throw error;
    }
  }

  async #opened(): Promise<SqliteLink> {
    await this.opened.get();
    if (this.#link) return this.#link;
    throw new ActionlogError('closed', 'the store is closed');
  }
}

function sqliteTrace(table: string): HistoryTable['trace'] {
  const name = traceTableOf(table);
  return { name, quoted: quoteName(name, 'table') };
}

function sqliteLiteral(text: string): string {
  return `CAST(X'${Buffer.from(text.toWellFormed()).toString('hex')}' AS TEXT)`;
}

/** How SQLite is asked. */
export const sqliteDialect: HistoryTable['dialect'] = {
  literal: sqliteLiteral,
  readText: (column) => column,
  readNumber: (column) => `CAST(${column} AS TEXT)`,
  matches: (column, pattern) => `${column} GLOB ${sqliteLiteral(globPattern(pattern))}`,
  unindexed: (column) => `+${column}`,
};
