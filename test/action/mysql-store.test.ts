import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import mysql from 'mysql2';
import mysqlPromise from 'mysql2/promise';
import { type MysqlDatabase, mysqlStore } from '../../lib/action/mysql-store.ts';
import type { StoreNeeds } from '../../lib/action/store.ts';
import type { ActionlogError } from '../../lib/errors.ts';
import { createDatabase, type TestDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';
import { insertAsleep } from './mysql-pools.ts';
import { createOurs } from './tables.ts';

const needs: StoreNeeds = { rawobjStyle: 'json', rebuildsEvents: true };
const odd = newEntry({
  logmessage: 'é 漢 😀 \\ \'"',
  rawobj: { text: '漢😀' },
  recid: 'ü-😀',
  gsid: '18446744073709551615',
});

interface Passed {
  database: MysqlDatabase;
  /** Ends it, which it can only where nobody else has. */
  end(): Promise<unknown>;
}

const passed: Record<string, (uri: string) => Promise<Passed>> = {
  'a promise pool': async (uri) => {
    const database = mysqlPromise.createPool(uri);
    return { database, end: () => database.end() };
  },
  'a promise connection': async (uri) => {
    const database = await mysqlPromise.createConnection(uri);
    return { database, end: () => database.end() };
  },
  'a callback pool': async (uri) => {
    const database = mysql.createPool(uri);
    return { database, end: () => database.promise().end() };
  },
  'a callback connection': async (uri) => {
    const database = mysql.createConnection(uri);
    return { database, end: () => database.promise().end() };
  },
  'a pool in latin1 that gives rows as lists': async (uri) => {
    const database = mysqlPromise.createPool({ uri, charset: 'latin1', rowsAsArray: true, namedPlaceholders: true });
    return { database, end: () => database.end() };
  },
  'a connection in another SQL mode': async (uri) => {
    const database = await mysqlPromise.createConnection(uri);
    await database.query("SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT'");
    return { database, end: () => database.end() };
  },
  'a callback pool in utf8mb3': async (uri) => {
    const database = mysql.createPool({ uri, charset: 'UTF8_GENERAL_CI', nestTables: false });
    return { database, end: () => database.promise().end() };
  },
};

describe('mysqlStore on what the caller passes in', () => {
  for (const [name, make] of Object.entries(passed)) {
    it(`works on ${name}, loses no character and no digit, and leaves it open`, async (t) => {
      await using database = await createDatabase();
      await createOurs(database);
      const { database: theirs, end } = await make(database.url);
      t.after(end);
      const store = mysqlStore({ database: theirs });
      await store.open(needs);
      const written = await store.write(odd);
      assert.equal(written.logmessage, odd.logmessage);
      assert.deepEqual(await store.history({ gsid: odd.gsid, recid: odd.recid }), [written]);
      await store.markAnnounced([written.alogid], 5);
      await store.close();
      const again = mysqlStore({ database: theirs });
      await again.open(needs);
      assert.deepEqual(await again.history({ gsid: odd.gsid }), [{ ...written, wssdone: 1 }]);
      const [row] = await database.query('SELECT logmessage, rawobj FROM actionlog');
      assert.deepEqual(row, { logmessage: odd.logmessage, rawobj: '{"text":"漢😀"}' });
    });
  }

  const connections: Record<string, (uri: string) => mysql.Connection> = {
    'a callback connection': (uri) => mysql.createConnection(uri),
    'a callback connection in latin1': (uri) => mysql.createConnection({ uri, charset: 'latin1' }),
  };
  for (const [name, make] of Object.entries(connections)) {
    it(`writes in the caller's transaction on ${name}`, async (t) => {
      await using database = await createDatabase();
      await createOurs(database);
      const store = mysqlStore({ database: database.url });
      t.after(() => store.close());
      await store.open(needs);
      const connection = make(database.url);
      t.after(() => connection.promise().end());
      await connection.promise().beginTransaction();
      const written = await store.write(odd, connection);
      assert.deepEqual(await store.history({ gsid: odd.gsid }), []);
      await connection.promise().commit();
      assert.deepEqual(await store.history({ gsid: odd.gsid }), [written]);
    });
  }

  it('says what it takes, and never an address with its password', () => {
    for (const database of [{}, 7, 'http://u:topsecret@h/d', 'mysql://u:topsecret@h', 'mysql:', '', { execute: 1 }]) {
      assert.throws(
        () => mysqlStore({ database: database as string }),
        (error: Error) => error instanceof TypeError && !error.message.includes('topsecret'),
      );
    }
    assert.throws(() => mysqlStore({ database: 'mysql://h/d', tabel: 'x' } as never), /unknown option "tabel"/);
  });
});

describe('mysqlStore and ids at their limits', () => {
  it('gives the ids of rows beyond 2^63 in full, on any pool', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    await database.query('ALTER TABLE actionlog AUTO_INCREMENT = 9223372036854775900');
    const pool = mysqlPromise.createPool(database.url);
    t.after(() => pool.end());
    for (const theirs of [database.url, pool]) {
      const store = mysqlStore({ database: theirs });
      t.after(() => store.close());
      await store.open(needs);
      const written = await store.write(newEntry());
      assert.match(written.alogid, /^92233720368547759\d\d$/);
      assert.deepEqual((await store.history({ gsid: 3, limit: 1 }))[0], written);
      await store.markAnnounced([written.alogid], 1);
      assert.equal((await store.history({ gsid: 3, limit: 1 }))[0]?.wssdone, 1);
      assert.deepEqual(await store.history({ gsid: 3, before: '9223372036854775899' }), []);
    }
  });

  it('has a record looked up by the index of recid or recref', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const statements: string[] = [];
    const pool = mysqlPromise.createPool(database.url);
    t.after(() => pool.end());
    const recording: MysqlDatabase = {
      query: (sql) => {
        statements.push(sql);
        return pool.query(sql);
      },
      execute: (sql, params) => pool.execute(sql, params),
    };
    const store = mysqlStore({ database: recording });
    await store.open(needs);
    for (const [recid, index] of [
      ['12', 'recid'],
      ['0b0e6d3c-7a52', 'recref'],
    ] as const) {
      await store.history({ gsid: 3, recid });
      const [plan] = await database.query<{ possible_keys: string }>(`EXPLAIN ${statements.at(-1)}`);
      assert.ok(plan?.possible_keys.split(',').includes(index), plan?.possible_keys);
    }
  });
});

describe('mysqlStore.write', () => {
  it('says that an entry was not written, with the cause, and reads the columns anew once the table has changed', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const store = mysqlStore({ database: database.url });
    t.after(() => store.close());
    await store.open(needs);
    await database.query('ALTER TABLE actionlog MODIFY logmessage varchar(10)');
    await assert.rejects(store.write(newEntry()), (error: ActionlogError) => {
      assert.equal(error.code, 'entry-not-written');
      assert.equal((error.cause as { code: string }).code, 'ER_DATA_TOO_LONG');
      return true;
    });
    assert.equal((await store.write(newEntry())).logmessage, 'updated p…');
  });

  it('writes again what a deadlock took back, on a pool of its own', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const store = mysqlStore({ database: database.url });
    t.after(() => store.close());
    await store.open(needs);
    await database.query(`CREATE TRIGGER deadlock BEFORE INSERT ON actionlog FOR EACH ROW
      IF @victim IS NULL THEN
        SET @victim = 1;
        SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213;
      END IF`);
    const written = await store.write(newEntry());
    assert.deepEqual(await store.history({ gsid: 3 }), [written]);
  });

  it('fails once, without writing twice, where its connections are lost, and works again after that', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const store = mysqlStore({ database: database.url });
    t.after(() => store.close());
    await store.open(needs);
    await database.query('CREATE TRIGGER slow BEFORE INSERT ON actionlog FOR EACH ROW SET @waited = SLEEP(30)');
    const writing = store.write(newEntry());
    const failed = assert.rejects(writing, { code: 'entry-not-written' });
    await database.query(`KILL ${await insertAsleep(database)}`);
    await failed;
    await database.query('DROP TRIGGER slow');
    await store.write(newEntry());
    assert.equal((await database.query('SELECT alogid FROM actionlog')).length, 1);
  });
});

describe('mysqlStore and names', () => {
  const nasty = ['x`; DROP TABLE victim; --', "x' OR '1'='1", 'x"y', 'a b', '{{gsid}}', 'übung', 'select'];
  for (const name of nasty) {
    it(`takes ${JSON.stringify(name)} for a name and nothing else`, async (t) => {
      await using database = await createDatabase();
      await database.query('CREATE TABLE victim (a int)');
      const quoted = `\`${name.replaceAll('`', '``')}\``;
      await ours(database, quoted);
      const store = mysqlStore({ database: database.url, table: name, tenantColumn: name });
      t.after(() => store.close());
      await store.open(needs);
      const written = await store.write(newEntry());
      assert.deepEqual(await store.history({ gsid: 3 }), [written]);
      await store.markAnnounced([written.alogid], 1);
      await database.query('SELECT a FROM victim');
    });
  }

  it('takes the table of another database on the same server', async (t) => {
    await using database = await createDatabase();
    await using other = await createDatabase();
    await createOurs(other);
    const store = mysqlStore({ database: database.url, table: `${other.name}.actionlog` });
    t.after(() => store.close());
    await store.open(needs);
    const written = await store.write(newEntry());
    assert.deepEqual(await store.history({ gsid: 3 }), [written]);
  });

  it('refuses what cannot be a name', () => {
    for (const table of ['', 'a.b.c', '.', 'a\0', 'x'.repeat(65), ' a', '\ud800']) {
      assert.throws(() => mysqlStore({ database: 'mysql://h/d', table }), TypeError);
      if (!table.includes('.'))
        assert.throws(() => mysqlStore({ database: 'mysql://h/d', tenantColumn: table }), TypeError);
    }
  });
});

async function ours(database: TestDatabase, quoted: string): Promise<void> {
  await createOurs(database);
  await database.query(`ALTER TABLE actionlog CHANGE gsid ${quoted} bigint unsigned NOT NULL`);
  await database.query(`RENAME TABLE actionlog TO ${quoted}`);
}
