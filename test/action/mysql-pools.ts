import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import mysql from 'mysql2';
import type { Pool, PoolConnection } from 'mysql2/promise';
import { type MysqlDatabase, mysqlStore } from '../../lib/action/mysql-store.ts';
import type { ActionStore, Entry } from '../../lib/action/store.ts';
import type { TestDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';

export const times = (count: number) => Array.from({ length: count }, (_, index) => index);

/** An open store, closed after the test. */
export async function openStore(t: TestContext, database: string | MysqlDatabase): Promise<ActionStore> {
  const store = mysqlStore({ database });
  t.after(() => store.close());
  await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
  return store;
}

/** An open store on a table that has only Gyroscope's columns, closed after the test. */
export async function openTheirs(t: TestContext, database: string | MysqlDatabase): Promise<ActionStore> {
  const store = mysqlStore({ database });
  t.after(() => store.close());
  await store.open({ rawobjStyle: 'json', rebuildsEvents: false });
  return store;
}

/** A pool of four connections that begin with these statements, ended after the test. */
export function poolOf(t: TestContext, uri: string, ...session: string[]): Pool {
  const pool = mysql.createPool({ uri, connectionLimit: 4 });
  pool.on('connection', (connection) => {
    for (const sql of session) connection.query(sql);
  });
  t.after(() => pool.promise().end());
  return pool.promise();
}

/** Writes entries at the same time, with the messages m0, m1, … */
export async function writeMany(store: ActionStore, count: number, from = 0): Promise<Entry[]> {
  return await Promise.all(times(count).map((n) => store.write(newEntry({ logmessage: `m${from + n}` }))));
}

/** Each entry's row says what was written under that id. */
export async function assertRightIds(query: TestDatabase['query'], entries: Entry[]): Promise<void> {
  const rows = await query<{ alogid: string; logmessage: string }>(
    'SELECT CAST(alogid AS CHAR) AS alogid, logmessage FROM actionlog',
  );
  const messages = new Map(rows.map(({ alogid, logmessage }) => [alogid, logmessage]));
  for (const { alogid, logmessage } of entries) assert.equal(messages.get(alogid), logmessage, alogid);
}

/**
 * The connection on which an INSERT into that database sleeps, once there is one; killed before it sleeps, it might go on
 * to its end. By SHOW PROCESSLIST: MariaDB 10.11 was seen to crash over queries of information_schema.processlist.
 */
export async function insertAsleep({ name, query }: TestDatabase): Promise<number> {
  for (;;) {
    const threads = await query<Record<'Id' | 'db' | 'State' | 'Info', unknown>>('SHOW PROCESSLIST');
    const found = threads.find(
      ({ db, State, Info }) => db === name && State === 'User sleep' && /^(INSERT|SET)/.test(String(Info)),
    );
    if (found) return Number(found.Id);
  }
}

/** The pool of a server that has no RETURNING. */
export function withoutReturning(pool: Pool, getConnection = () => pool.getConnection()): MysqlDatabase {
  return withQuery(pool, getConnection, async (connection, sql) => {
    assert.ok(!sql.includes('RETURNING'));
    const [rows, fields] = await connection.query<mysql.RowDataPacket[]>(sql);
    if (sql.includes('VERSION()')) for (const row of rows) row['version'] = '8.0.36';
    return [rows, fields];
  });
}

/** A pool on whose connections each statement without placeholders goes by `query`. */
export function withQuery(
  pool: Pool,
  getConnection: () => Promise<PoolConnection>,
  query: (connection: PoolConnection, sql: string) => Promise<unknown>,
): MysqlDatabase {
  const database = {
    query: (sql: string) => pool.query(sql),
    execute: (sql: string, params: (string | number | null)[]) => pool.execute(sql, params),
    getConnection: async () => {
      const connection = await getConnection();
      return new Proxy(connection, {
        get(target, name) {
          if (name === 'query') return (sql: string) => query(target, sql);
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    },
  };
  return database;
}
