import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import mysql from 'mysql2';
import type { MysqlDatabase } from '../../lib/action/mysql-store.ts';
import { sqliteFile, storeFrom } from '../../lib/action/open-store.ts';
import { sqliteStore } from '../../lib/action/sqlite-store.ts';
import { createDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';
import { createOurs } from './tables.ts';

const needs = { rawobjStyle: 'json', rebuildsEvents: true } as const;

describe('storeFrom', () => {
  it('takes addresses of MySQL, MariaDB and SQLite, a pool, and a store as it is', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const pool = mysql.createPool(database.url);
    t.after(() => pool.promise().end());
    for (const given of [database.url, database.url.replace('mysql:', 'mariadb:'), 'sqlite::memory:', pool]) {
      const store = storeFrom(given, { table: undefined });
      t.after(() => store.close());
      await store.open(needs);
      assert.equal((await store.write(newEntry())).logname, 'admin');
    }
    const own = sqliteStore({ file: ':memory:' });
    assert.equal(storeFrom(own), own);
  });

  it('passes the names on', async (t) => {
    await using database = await createDatabase();
    const store = storeFrom(database.url, { table: 'journal' });
    t.after(() => store.close());
    await assert.rejects(store.open(needs), { code: 'table-missing', fields: { table: 'journal' } });
  });

  it('says what it takes, and never prints a password', () => {
    for (const given of [
      'postgres://u:topsecret@h/d',
      'mysql:topsecret',
      'topsecret',
      '',
      7,
      null,
      {},
      { write() {} },
    ]) {
      assert.throws(
        () => storeFrom(given as unknown as MysqlDatabase),
        (error: Error) =>
          error instanceof TypeError && /mysql:\/\//.test(error.message) && !error.message.includes('topsecret'),
      );
    }
  });
});

describe('sqliteFile', () => {
  it('reads the file of an address', () => {
    assert.equal(sqliteFile('sqlite:./a.db'), './a.db');
    assert.equal(sqliteFile('sqlite::memory:'), ':memory:');
    assert.equal(sqliteFile('sqlite:///srv/a.db'), '/srv/a.db');
    assert.equal(sqliteFile('SQLite:/srv/a.db'), '/srv/a.db');
    assert.equal(sqliteFile('mysql://h/d'), undefined);
    assert.equal(sqliteFile({}), undefined);
  });
});
