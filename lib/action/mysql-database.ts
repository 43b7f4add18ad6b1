import { createPool } from 'mysql2/promise';
import { beginMysql, isPool } from './mysql-transaction.ts';
import type { CallerConnection, StoreTransaction } from './store.ts';

/** Values for a statement's placeholders. */
export type SqlParams = (string | number | null)[];

/**
 * What the package needs of a mysql2 Pool or Connection, promise or callback style. It is never closed by us. Any
 * options of it will do: ids are read as text whatever its number options, texts whatever its character set.
 */
export interface MysqlDatabase {
  query(sql: string): unknown;
  execute(sql: string, params: SqlParams): unknown;
}

/** A database in the one form that the stores use. */
export interface MysqlLink {
  /** Names it in messages, without its credentials. */
  readonly name: string;
  /** Whether a pool of our own stands behind it, whose character set we know. */
  readonly own: boolean;
  /** Rows, each under the names of the columns. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  execute(sql: string, params: SqlParams): Promise<unknown>;
  /** Begins a transaction on a connection of its own; undefined where there is but a single connection. */
  begin: (() => Promise<StoreTransaction>) | undefined;
  close(): Promise<void>;
}

/**
 * Opens a pool on an address, or takes the caller's pool or connection. Connects at the first statement.
 *
 * @throws TypeError where it is neither; never with the address's password in it
 */
export function linkMysql(database: string | MysqlDatabase, needsSchema: boolean): MysqlLink {
  if (typeof database !== 'string') {
    const theirs = promised(database, 'database');
    const name = 'the database that was passed in';
    const begin = isPool(theirs) ? () => beginMysql(theirs, name) : undefined;
    return { name, own: false, ...statements(theirs), begin, close: async () => {} };
  }
  const uri = database.replace(/^mariadb:/i, 'mysql:');
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url?.protocol !== 'mysql:' || url.hostname === '') {
    throw new TypeError('database: expected an address such as "mysql://app@127.0.0.1/erp"');
  }
  if (needsSchema && url.pathname.length < 2) {
    throw new TypeError('database: the address names no database; expected one such as "mysql://app@127.0.0.1/erp"');
  }
  const pool = createPool({
    uri,
    connectionLimit: 10,
    charset: 'utf8mb4',
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  const name = `the database ${url.pathname.slice(1)} at ${url.host}`;
  return { name, own: true, ...statements(pool), begin: () => beginMysql(pool, name), close: () => pool.end() };
}

/** Runs one statement on the caller's own connection. Throws a TypeError where it is none. */
export function callerExecute(connection: CallerConnection): (sql: string, params: SqlParams) => Promise<unknown> {
  if (typeof connection === 'function') return async (sql, params) => await connection(sql, params);
  const theirs = promised(connection, 'connection');
  return async (sql, params) => headerOf(await theirs.execute(sql, params));
}

type Promised<T> = T & { promise?: unknown };

/** The promise side of a mysql2 object of either style: those of the callback style have a method `promise`. */
function promised<T extends { execute: unknown }>(given: Promised<T>, option: string): T {
  const object: unknown = given;
  if (typeof object === 'object' && object !== null && 'execute' in object && typeof object.execute === 'function') {
    return typeof given.promise === 'function' ? (given.promise() as T) : given;
  }
  throw new TypeError(
    `${option}: expected a mysql2 pool or connection, promise or callback style, got ${object === null ? 'null' : `type ${typeof object}`}`,
  );
}

function statements(database: MysqlDatabase): Pick<MysqlLink, 'query' | 'execute'> {
  return {
    query: async (sql) => {
      const result = await database.query(sql);
      if (!Array.isArray(result)) return [];
      const [rows, fields] = result as [unknown, { name: string }[] | undefined];
      return Array.isArray(rows) ? rows.map((row) => named(row, fields ?? [])) : [];
    },
    execute: async (sql, params) => headerOf(await database.execute(sql, params)),
  };
}

/** A row under its columns' names, also from a pool with `rowsAsArray`. */
function named(row: unknown, fields: { name: string }[]): Record<string, unknown> {
  if (!Array.isArray(row)) return row as Record<string, unknown>;
  return Object.fromEntries(fields.map(({ name }, index) => [name, row[index]]));
}

function headerOf(result: unknown): unknown {
  return Array.isArray(result) ? result[0] : result;
}
