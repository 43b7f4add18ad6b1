import { z } from 'zod';
import { ActionlogError } from '../errors.ts';
import { parseOptions } from '../options.ts';
import { despiteLocks } from './despite-locks.ts';
import { fitEntry } from './fit.ts';
import { entryFrom, type HistoryTable, historySql } from './history.ts';
import { insertStatement } from './insert.ts';
import { insertedId } from './inserted-id.ts';
import { Lease, mysqlLease, mysqlLeaseTable } from './lease.ts';
import { Memo } from './memo.ts';
import { missedSql } from './missed.ts';
import { callerExecute, linkMysql, type MysqlDatabase, type MysqlLink, type SqlParams } from './mysql-database.ts';
import { mysqlShape, readColumns } from './mysql-shape.ts';
import { parseTableName, type TableName, textLiteral } from './mysql-sql.ts';
import { mysqlRevoked, mysqlRevokedTable, Revoked } from './revoked.ts';
import { integerLiteral, quoteName } from './sql.ts';
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
} from './store.ts';
import type { TableShape } from './table-shape.ts';
import { newestBeforeSql, standingSql, waitingSql } from './waiting.ts';

export type { MysqlDatabase } from './mysql-database.ts';

/** Options of {@link mysqlStore}. */
export interface MysqlStoreOptions {
  /**
   * `mysql://user:password@host/name` for a pool of our own (10 connections, closed by `close()`), or a mysql2 pool or
   * connection of the caller's, promise or callback style, which is never closed.
   */
  database: string | MysqlDatabase;
  /** The table, or `schema.table`. Default `actionlog`. */
  table?: string | undefined;
  /** Name of the tenant column. Default `gsid`. */
  tenantColumn?: string | undefined;
}

const schema = z.strictObject({
  database: z.custom<string | MysqlDatabase>(
    (value) => (typeof value === 'object' && value !== null) || typeof value === 'string',
    'an address such as "mysql://app@127.0.0.1/erp", or a mysql2 pool or connection',
  ),
  table: z.string().default('actionlog'),
  tenantColumn: z.string().default('gsid'),
});

/**
 * Keeps entries in MySQL or MariaDB, in Gyroscope's table or in ours.
 *
 * @throws TypeError where an option is wrong
 */
export function mysqlStore(options: MysqlStoreOptions): ActionStore {
  const { database, table, tenantColumn } = parseOptions(schema, options, 'mysqlStore');
  quoteName(tenantColumn, 'tenantColumn');
  const name = parseTableName(table);
  return new MysqlStore(linkMysql(database, name.schema === undefined), name, tenantColumn);
}

/** What the store knows of its table and its connection. */
interface Opened {
  shape: TableShape;
  needs: StoreNeeds;
  /** Whether texts go over the connection as they are. */
  utf8: boolean;
}

/** Errors by which the server says that the table is not what it was when its columns were read. */
const tableChanged = new Set(['ER_NO_SUCH_TABLE', 'ER_BAD_FIELD_ERROR', 'ER_NO_DEFAULT_FOR_FIELD', 'ER_DATA_TOO_LONG']);
for (const code of ['ER_TRUNCATED_WRONG_VALUE_FOR_FIELD', 'ER_WARN_DATA_OUT_OF_RANGE', 'WARN_DATA_TRUNCATED']) {
  tableChanged.add(code);
}

/** Most entries marked by one statement. */
const markChunk = 500;
/** How often an entry is written that a deadlock took back. */
const maxAttempts = 3;

class MysqlStore implements ActionStore {
  readonly #link: MysqlLink;
  readonly #table: TableName;
  readonly #tenantColumn: string;
  readonly #opened: Memo<Opened>;
  readonly #lease: Lease;
  readonly revoked: Revoked;
  #needs: StoreNeeds = { rawobjStyle: 'json', rebuildsEvents: false };
  #closed: Promise<void> | undefined;

  constructor(link: MysqlLink, table: TableName, tenantColumn: string) {
    this.#link = link;
    this.#table = table;
    this.#tenantColumn = tenantColumn;
    this.#opened = new Memo(() => this.#read(this.#needs));
    const { quoted } = mysqlLeaseTable(table);
    const query = (sql: string) => this.#query(sql);
    this.#lease = new Lease({ dialect: mysqlLease, quoted, table: table.name, query });
    const revoked = mysqlRevokedTable(table);
    this.revoked = new Revoked({ dialect: mysqlRevoked, quoted: revoked.quoted, table: revoked.name, query });
  }

  async open(needs: StoreNeeds): Promise<void> {
    this.#refuseClosed();
    this.#needs = needs;
    await this.#opened.get();
  }

  async write(entry: NewEntry, connection?: CallerConnection): Promise<Entry> {
    this.#refuseClosed();
    const execute =
      connection === undefined
        ? (sql: string, params: SqlParams) => this.#despiteDeadlocks(sql, params)
        : callerExecute(connection);
    const { shape, needs, utf8 } = await this.#opened.get();
    const fitted = fitEntry(entry, shape, needs.rawobjStyle);
    const { sql, params } = insertStatement(fitted, {
      quoted: this.#table.quoted,
      tenantColumn: this.#tenantColumn,
      columns: shape.columns,
      lossy: connection !== undefined || !utf8,
    });
    let result: unknown;
    try {
      result = await execute(sql, params);
    } catch (cause) {
      if (tableChanged.has(codeOf(cause))) this.#opened.forget();
      if (neverConnected(cause)) throw this.#unreachable('written to', cause);
      throw this.#notWritten('the database refused it, or its answer was lost; see the cause', cause);
    }
    const alogid = insertedId(result);
    if (alogid === undefined) throw this.#notWritten('the connection that was passed in gave no insertId', undefined);
    return { alogid, ...fitted.row };
  }

  async markAnnounced(alogids: readonly string[], announcedat: number | undefined): Promise<void> {
    this.#refuseClosed();
    const { shape } = await this.#opened.get();
    const at =
      announcedat !== undefined && shape.columns.announcedat
        ? `, announcedat = ${integerLiteral(String(announcedat))}`
        : '';
    for (let from = 0; from < alogids.length; from += markChunk) {
      const ids = alogids.slice(from, from + markChunk).map(integerLiteral);
      await this.#query(`UPDATE ${this.#table.quoted} SET wssdone = 1${at} WHERE alogid IN (${ids.join(',')})`);
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

  async newestBefore(time: number): Promise<string> {
    const [newest] = await this.#entries((table) => newestBeforeSql(time, table));
    return newest?.alogid ?? '0';
  }

  async standing(alogids: readonly string[]): Promise<string[]> {
    return (await this.#entries((table) => standingSql(alogids, table))).map(({ alogid }) => alogid);
  }

  async takeLease(holder: string, leaseMs: number): Promise<boolean> {
    this.#refuseClosed();
    return await this.#lease.take(holder, leaseMs);
  }

  async releaseLease(holder: string): Promise<void> {
    this.#refuseClosed();
    await this.#lease.release(holder);
  }

  async now(): Promise<number> {
    this.#refuseClosed();
    return await this.#lease.now();
  }

  get pooled(): boolean {
    return this.#link.begin !== undefined;
  }

  async begin(): Promise<StoreTransaction> {
    this.#refuseClosed();
    if (this.#link.begin) return await this.#link.begin();
    throw new TypeError(
      'transaction: the action log was given a single connection as its database; give it a pool or an address, or begin the transaction yourself and pass { connection } to logaction',
    );
  }

  async close(): Promise<void> {
    this.#closed ??= this.#link.close();
    await this.#closed;
  }

  async #read(needs: StoreNeeds): Promise<Opened> {
    const columns = await readColumns(this.#link, this.#table);
    const shape = mysqlShape(columns, this.#table.name, this.#tenantColumn, needs);
    return { shape, needs, utf8: this.#link.own || (await this.#speaksUtf8()) };
  }

  async #entries(sqlOf: (table: HistoryTable) => string | undefined): Promise<Entry[]> {
    this.#refuseClosed();
    const { shape, utf8 } = await this.#opened.get();
    const sql = sqlOf(historyTable(this.#table, this.#tenantColumn, shape, utf8));
    if (sql === undefined) return [];
    let rows: Record<string, unknown>[];
    try {
      rows = await this.#link.query(sql);
    } catch (cause) {
      throw this.#unreachable('asked for entries', cause);
    }
    return rows.map((row) => (utf8 ? entryFrom(row, shape) : entryFrom(row, shape, fromHex)));
  }

  /** A statement that commits itself, but perhaps on a single connection of the caller's. */
  async #query(sql: string): Promise<Record<string, unknown>[]> {
    return this.pooled ? await despiteLocks(() => this.#link.query(sql)) : await this.#link.query(sql);
  }

  async #speaksUtf8(): Promise<boolean> {
    const sql = 'SELECT @@character_set_client AS sent, @@character_set_results AS received';
    const [row] = await this.#link.query(sql);
    return row?.['sent'] === 'utf8mb4' && row['received'] === 'utf8mb4';
  }

  /**
   * A deadlock's victim is rolled back for certain, so that it may be written again; on the caller's own connection that
   * would be outside of a transaction which he takes for open.
   */
  async #despiteDeadlocks(sql: string, params: SqlParams): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#link.execute(sql, params);
      } catch (error) {
        if (!this.#link.own || codeOf(error) !== 'ER_LOCK_DEADLOCK' || attempt === maxAttempts) throw error;
      }
    }
  }

  #unreachable(what: string, cause: unknown): ActionlogError {
    const table = this.#table.name;
    const message = `${this.#link.name} cannot be ${what} (table ${table}); see the cause`;
    return new ActionlogError('database-unreachable', message, { cause, fields: { table } });
  }

  #notWritten(why: string, cause: unknown): ActionlogError {
    const table = this.#table.name;
    const message = `an entry was not written to table ${table}: ${why}`;
    return new ActionlogError('entry-not-written', message, { cause, fields: { table } });
  }

  #refuseClosed(): void {
    if (this.#closed) throw new ActionlogError('closed', 'the store is closed');
  }
}

/** Where a history query reads in MySQL. */
function historyTable(table: TableName, tenantColumn: string, shape: TableShape, utf8: boolean): HistoryTable {
  return {
    quoted: table.quoted,
    tenantColumn,
    shape,
    dialect: {
      literal: textLiteral,
      readText: (column) => (utf8 ? column : `HEX(CONVERT(${column} USING utf8mb4))`),
      readNumber: (column) => `CAST(${column} AS CHAR)`,
      withoutKey: ' IGNORE INDEX (PRIMARY)', // else a late page may be searched for from the newest entry on
    },
  };
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code);
}

/** Whether the failure came before there was a connection: then nothing was written for certain. */
function neverConnected(error: unknown): boolean {
  const { syscall } = error as { syscall?: unknown };
  return (
    syscall === 'connect' ||
    syscall === 'getaddrinfo' ||
    /^ER_(ACCESS_DENIED|DBACCESS_DENIED|BAD_DB)/.test(codeOf(error))
  );
}

const fromHex = (text: string) => Buffer.from(text, 'hex').toString();
