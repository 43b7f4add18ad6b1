import { z } from 'zod';
import { ActionlogError } from '../errors.ts';
import { parseOptions } from '../options.ts';
import { fitEntry } from './fit.ts';
import { entryFrom, type HistoryTable, historySql } from './history.ts';
import { insertStatement } from './insert.ts';
import { insertedId } from './inserted-id.ts';
import { Lease, leaseTableOf, sqliteLease } from './lease.ts';
import { Memo } from './memo.ts';
import { missedSql } from './missed.ts';
import { Revoked, revokedTableOf, sqliteRevoked } from './revoked.ts';
import { integerLiteral, quoteName } from './sql.ts';
import { SqliteLink } from './sqlite-database.ts';
import {
  doSqliteSteps,
  refuseRemoteFile,
  type SqliteTable,
  sqliteFailure,
  sqliteShape,
  sqliteSteps,
} from './sqlite-table.ts';
import { beginSqlite, Turns } from './sqlite-transaction.ts';
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
import type { TableShape } from './table-shape.ts';
import { lastBefore, standingSql, waitingSql } from './waiting.ts';

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /** Path of the file, made where there is none, or `:memory:`. */
  file: string;
  /** The table, made where there is none. Default `actionlog`. */
  table?: string | undefined;
  /** Name of the tenant column. Default `gsid`. */
  tenantColumn?: string | undefined;
}

const schema = z.strictObject({
  file: z.string(),
  table: z.string().default('actionlog'),
  tenantColumn: z.string().default('gsid'),
});

/**
 * Keeps entries in a SQLite file, by the optional package `libsql`: for embedded use and small servers. It makes its
 * table itself. As `connection`, `write` takes the function form alone.
 *
 * @throws TypeError where an option is wrong
 */
export function sqliteStore(options: SqliteStoreOptions): ActionStore {
  const { file, table, tenantColumn } = parseOptions(schema, options, 'sqliteStore');
  refuseRemoteFile(file);
  quoteName(table, 'table');
  quoteName(tenantColumn, 'tenantColumn');
  return new SqliteStore(file, { table, tenantColumn });
}

interface Opened {
  link: SqliteLink;
  shape: TableShape;
  style: StoreNeeds['rawobjStyle'];
}

/** Most entries marked by one statement. */
const markChunk = 500;

class SqliteStore implements ActionStore {
  readonly #table: SqliteTable;
  readonly #opened: Memo<Opened>;
  readonly #lease: Lease;
  readonly revoked: Revoked;
  readonly #turns = new Turns();
  /** The connections of transactions that this store has begun. */
  readonly #begun = new WeakSet<object>();
  readonly #file: string;
  #needs: StoreNeeds = { rawobjStyle: 'json', rebuildsEvents: false };
  #link: SqliteLink | undefined;
  /** The link for transactions, opened at the first one. */
  #second: SqliteLink | undefined;
  #closed = false;

  constructor(file: string, table: SqliteTable) {
    this.#table = table;
    this.#file = file;
    this.#opened = new Memo(() => this.#open(file));
    this.#lease = new Lease({
      dialect: sqliteLease,
      quoted: quoteName(leaseTableOf(table.table), 'table'),
      table: table.table,
      query: async (sql) => await (await this.#opened.get()).link.all(sql),
    });
    const revoked = revokedTableOf(table.table);
    this.revoked = new Revoked({
      dialect: sqliteRevoked,
      quoted: quoteName(revoked, 'table'),
      table: revoked,
      query: async (sql) => await (await this.#opened.get()).link.all(sql),
    });
  }

  async open(needs: StoreNeeds): Promise<void> {
    this.#refuseClosed();
    this.#needs = needs;
    await this.#opened.get();
  }

  async write(entry: NewEntry, connection?: CallerConnection): Promise<Entry> {
    this.#refuseClosed();
    if (connection !== undefined && typeof connection !== 'function' && !this.#begun.has(connection)) {
      throw new TypeError(
        'connection: with SQLite, expected that of actionlog.transaction(), or a function (sql, params) => Promise<{ insertId }>',
      );
    }
    const { link, shape, style } = await this.#opened.get();
    const fitted = fitEntry(entry, shape, style);
    const { tenantColumn } = this.#table;
    const target = { quoted: this.#quoted, tenantColumn, columns: shape.columns, lossy: false };
    const { sql, params } = insertStatement(fitted, target);
    let alogid: string | undefined;
    try {
      if (connection === undefined) alogid = await link.insert(sql, params);
      else if (typeof connection === 'function') alogid = insertedId(await connection(sql, params));
      else alogid = insertedId(((await connection.execute(sql, params)) as unknown[])[0]);
    } catch (cause) {
      throw this.#notWritten('the database refused it; see the cause', cause);
    }
    if (alogid === undefined) throw this.#notWritten('the connection that was passed in gave no insertId', undefined);
    return { alogid, ...fitted.row };
  }

  async markAnnounced(alogids: readonly string[], announcedat: number | undefined): Promise<void> {
    this.#refuseClosed();
    const { link } = await this.#opened.get();
    const at = announcedat === undefined ? '' : `, announcedat = ${integerLiteral(String(announcedat))}`;
    for (let from = 0; from < alogids.length; from += markChunk) {
      const ids = alogids.slice(from, from + markChunk).map(integerLiteral);
      await link.run(`UPDATE ${this.#quoted} SET wssdone = 1${at} WHERE alogid IN (${ids.join(',')})`);
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
    return true;
  }

  async begin(): Promise<StoreTransaction> {
    this.#refuseClosed();
    const { link } = await this.#opened.get();
    const end = await this.#turns.next();
    try {
      this.#refuseClosed();
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

  async close(): Promise<void> {
    this.#closed = true;
    const links = [this.#link, this.#second];
    this.#link = undefined;
    this.#second = undefined;
    for (const link of links) link?.close();
  }

  async #entries(sqlOf: (table: HistoryTable) => string | undefined): Promise<Entry[]> {
    this.#refuseClosed();
    const { link, shape } = await this.#opened.get();
    const sql = sqlOf({ quoted: this.#quoted, tenantColumn: this.#table.tenantColumn, shape, dialect });
    if (sql === undefined) return [];
    try {
      return (await link.all(sql)).map((row) => entryFrom(row, shape));
    } catch (cause) {
      throw sqliteFailure(cause, `entries of table ${this.#table.table} cannot be read`);
    }
  }

  get #quoted(): string {
    return quoteName(this.#table.table, 'table');
  }

  async #open(file: string): Promise<Opened> {
    const link = await SqliteLink.open(file);
    try {
      await doSqliteSteps(link, await sqliteSteps(link, this.#table));
      const shape = await sqliteShape(link, this.#table, this.#needs);
      this.#refuseClosed();
      this.#link = link;
      return { link, shape, style: this.#needs.rawobjStyle };
    } catch (cause) {
      link.close();
      throw sqliteFailure(cause, `table ${this.#table.table} cannot be made or read in the SQLite file ${file}`);
    }
  }

  #notWritten(why: string, cause: unknown): ActionlogError {
    const { table } = this.#table;
    const message = `an entry was not written to table ${table}: ${why}`;
    return new ActionlogError('entry-not-written', message, { cause, fields: { table } });
  }

  #refuseClosed(): void {
    if (this.#closed) throw new ActionlogError('closed', 'the store is closed');
  }
}

const dialect: HistoryTable['dialect'] = {
  literal: (text) => `CAST(X'${Buffer.from(text.toWellFormed()).toString('hex')}' AS TEXT)`,
  readText: (column) => column,
  readNumber: (column) => `CAST(${column} AS TEXT)`,
};
