import { z } from 'zod';
import { ActionlogError } from '../errors.ts';
import { parseOptions } from '../options.ts';
import { fitEntry } from './fit.ts';
import { entryFrom, type HistoryTable, historySql } from './history.ts';
import { insertStatement } from './insert.ts';
import { insertedId } from './inserted-id.ts';
import { Memo } from './memo.ts';
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
import type { ActionStore, CallerConnection, Entry, HistoryQuery, NewEntry, StoreNeeds } from './store.ts';
import type { TableShape } from './table-shape.ts';

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
  #needs: StoreNeeds = { rawobjStyle: 'json', rebuildsEvents: false };
  #link: SqliteLink | undefined;
  #closed = false;

  constructor(file: string, table: SqliteTable) {
    this.#table = table;
    this.#opened = new Memo(() => this.#open(file));
  }

  async open(needs: StoreNeeds): Promise<void> {
    this.#refuseClosed();
    this.#needs = needs;
    await this.#opened.get();
  }

  async write(entry: NewEntry, connection?: CallerConnection): Promise<Entry> {
    this.#refuseClosed();
    if (connection !== undefined && typeof connection !== 'function') {
      throw new TypeError('connection: with SQLite, expected a function (sql, params) => Promise<{ insertId }>');
    }
    const { link, shape, style } = await this.#opened.get();
    const fitted = fitEntry(entry, shape, style);
    const { tenantColumn } = this.#table;
    const target = { quoted: this.#quoted, tenantColumn, columns: shape.columns, lossy: false };
    const { sql, params } = insertStatement(fitted, target);
    let alogid: string | undefined;
    try {
      alogid = connection ? insertedId(await connection(sql, params)) : await link.insert(sql, params);
    } catch (cause) {
      throw this.#notWritten('the database refused it; see the cause', cause);
    }
    if (alogid === undefined) throw this.#notWritten('the connection that was passed in gave no insertId', undefined);
    return { alogid, ...fitted.row };
  }

  async markAnnounced(alogids: readonly string[], announcedat: number): Promise<void> {
    this.#refuseClosed();
    const { link } = await this.#opened.get();
    const at = integerLiteral(String(announcedat));
    for (let from = 0; from < alogids.length; from += markChunk) {
      const ids = alogids.slice(from, from + markChunk).map(integerLiteral);
      await link.run(`UPDATE ${this.#quoted} SET wssdone = 1, announcedat = ${at} WHERE alogid IN (${ids.join(',')})`);
    }
  }

  async history(query: HistoryQuery): Promise<Entry[]> {
    this.#refuseClosed();
    const { link, shape } = await this.#opened.get();
    const sql = historySql(query, { quoted: this.#quoted, tenantColumn: this.#table.tenantColumn, shape, dialect });
    if (sql === undefined) return [];
    try {
      return (await link.all(sql)).map((row) => entryFrom(row, shape));
    } catch (cause) {
      throw sqliteFailure(cause, `entries of table ${this.#table.table} cannot be read`);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const link = this.#link;
    this.#link = undefined;
    link?.close();
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
