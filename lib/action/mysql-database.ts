import { format } from 'mysql2';
import { createPool, type Pool } from 'mysql2/promise';
import { saysReadOnly } from './mysql-errors.ts';
import { beginMysql, isPool, type PooledConnection, type TakeConnection, takeInTime } from './mysql-transaction.ts';
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

/** One connection of a pool. */
export interface HeldConnection {
  /** Rows, each under the names of the columns. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Runs a statement that gives no rows. Resolves with the server's answer. */
  run(sql: string): Promise<unknown>;
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
  /** Begins a transaction for a caller on a connection of its own; undefined where there is but a single connection. */
  begin: (() => Promise<StoreTransaction>) | undefined;
  /** Begins a transaction of ours, in which nothing is waited for but its statements; undefined as `begin`. */
  beginOwn: (() => Promise<StoreTransaction>) | undefined;
  /** Does work on one connection of the pool, which nobody else has meanwhile; undefined where there is no pool. */
  hold: (<T>(work: (connection: HeldConnection) => Promise<T>) => Promise<T>) | undefined;
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
    const link = { name, own: false, close: async () => {} };
    if (!isPool(theirs)) {
      return { ...link, ...statements(theirs), begin: undefined, beginOwn: undefined, hold: undefined };
    }
    const take = takeInTime(theirs, allTaken(name));
    const begin = () => beginMysql(take, name);
    return {
      ...link,
      // not by the pool's own `query`: what waits there for a connection waits for good, and cannot be taken back
      query: (sql) => onOne(take, (connection) => statements(connection).query(sql)),
      execute: (sql, params) => onOne(take, (connection) => statements(connection).execute(sql, params)),
      ...{ begin, beginOwn: begin, hold: holder(take) },
    };
  }
  const uri = database.replace(/^mariadb:/i, 'mysql:');
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url?.protocol !== 'mysql:' || url.hostname === '') {
    throw new TypeError('database: expected an address such as "mysql://app@127.0.0.1/erp"');
  }
  if (needsSchema && url.pathname.length < 2) {
    throw new TypeError('database: the address names no database; expected one such as "mysql://app@127.0.0.1/erp"');
  }
  const open = () =>
    createPool({
      uri,
      connectionLimit,
      charset: 'utf8mb4',
      supportBigNumbers: true,
      bigNumberStrings: true,
      // errors have a stack of ours; the driver's costs each statement as much as a row
      trace: false,
      // a statement of a hundred rows need not be looked through for placeholders that it has not
      queryFormat: (sql: string, values: unknown) =>
        Array.isArray(values) && values.length === 0 ? sql : format(sql, values as SqlParams, false, 'local'),
    });
  const name = `the database ${url.pathname.slice(1)} at ${url.host}`;
  const pool = open();
  const take = async () => (await pool.getConnection()) as PooledConnection;
  // callers await statements of ours inside of their transactions, which must not wait for those to end
  let transactions: Pool | undefined;
  const getConnection = async () => {
    transactions ??= open();
    return await transactions.getConnection();
  };
  const takeForTransaction = takeInTime({ getConnection }, allBegun(name));
  return {
    ...{ name, own: true, ...statements(pool), hold: holder(take) },
    begin: () => beginMysql(takeForTransaction, name),
    beginOwn: () => beginMysql(take, name),
    close: async () => {
      await Promise.all([pool.end(), transactions?.end()]);
    },
  };
}

/** Most connections of a pool of our own. */
const connectionLimit = 10;

const allTaken = (name: string) =>
  `no connection of ${name} was free within 15 s: the whole pool is taken, by transactions most likely; inside of a transaction pass { connection: tx } to logaction and await nothing that needs another connection, or raise the pool's connectionLimit`;

const allBegun = (name: string) =>
  `no transaction could be begun in ${name}: none of the ${connectionLimit} that are open ended within 15 s; what is awaited inside of one must come to an end, and must not wait for another one`;

/** How statements run on the caller's own connection; each resolves with the server's answer. */
export interface CallerStatements {
  execute(sql: string, params: SqlParams): Promise<unknown>;
  /** Runs a statement that nothing is kept prepared for; undefined where the connection knows but one way. */
  query: ((sql: string) => Promise<unknown>) | undefined;
}

/** Takes the caller's own connection. Throws a TypeError where it is none. */
export function callerStatements(connection: CallerConnection): CallerStatements {
  if (typeof connection === 'function') {
    return { execute: async (sql, params) => await connection(sql, params), query: undefined };
  }
  const theirs: { execute: MysqlDatabase['execute']; query?: unknown } = promised(connection, 'connection');
  const execute = async (sql: string, params: SqlParams) => headerOf(await theirs.execute(sql, params));
  if (typeof theirs.query !== 'function') return { execute, query: undefined };
  const { query } = theirs as MysqlDatabase;
  return { execute, query: async (sql) => headerOf(await query.call(theirs, sql)) };
}

/** One connection, which nobody else has meanwhile. */
export function heldConnection(connection: Pick<MysqlDatabase, 'query' | 'execute'>): HeldConnection {
  return {
    query: statements(connection).query,
    run: async (sql) => headerOf(await connection.query(sql)),
  };
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

function holder(take: TakeConnection): NonNullable<MysqlLink['hold']> {
  return (work) => onOne(take, (connection) => work(heldConnection(connection)));
}

async function onOne<T>(take: TakeConnection, work: (connection: PooledConnection) => Promise<T>): Promise<T> {
  const connection = await take();
  try {
    return await work(connection);
  } catch (error) {
    // after a failover the next connection leads to the server that may be written to
    if (saysReadOnly(error)) connection.destroy();
    throw error;
  } finally {
    connection.release(); // the pool throws away what is dead
  }
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
