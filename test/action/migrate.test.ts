import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import mysql from 'mysql2/promise';
import { type MigrateOptions, migrate } from '../../lib/action/migrate.ts';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import { SqliteLink } from '../../lib/action/sqlite-database.ts';
import { sqliteStore } from '../../lib/action/sqlite-store.ts';
import { createDatabase, type TestDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';
import { gyroscopeColumns, gyroscopeTable } from './tables.ts';

const needs = { rawobjStyle: 'json', rebuildsEvents: true } as const;

const rowsOf = (database: TestDatabase) =>
  database.query(`SELECT alogid, ${gyroscopeColumns} FROM actionlog ORDER BY alogid`);
const definition = async (database: TestDatabase) =>
  (await database.query<Record<string, string>>('SHOW CREATE TABLE actionlog'))[0]?.['Create Table']?.replace(
    / AUTO_INCREMENT=\d+/,
    '',
  );

/** A Gyroscope table with rows that its PHP may have written. */
async function liveTable(database: TestDatabase, charset = 'utf8mb4'): Promise<void> {
  await database.query(gyroscopeTable(charset));
  for (let n = 0; n < 5; n += 1) {
    await database.query(
      "INSERT INTO actionlog (gsid, userid, logname, logmessage, rawobj, logdate, recid) VALUES (3, 18446744073709551615, 'admin', ?, '[]', ?, ?)",
      [n === 2 ? null : `m${n} é`, 1_772_701_631 + n, n],
    );
  }
}

describe('migrate in MySQL', () => {
  for (const ids of ['bigint', 'text'] as const) {
    it(`creates the table with ${ids} ids, and has nothing to do after that`, async (t) => {
      await using database = await createDatabase();
      const options: MigrateOptions = { database: database.url, ids };
      const planned = await migrate({ ...options, dryRun: true });
      assert.deepEqual(await database.query('SHOW TABLES'), []);
      assert.deepEqual(await migrate(options), planned);
      assert.match(planned[0]?.what ?? '', /^create table actionlog$/);
      assert.ok(planned.some(({ what }) => what === 'create table actionlog_lease'));
      assert.ok(planned.every(({ what }) => what.startsWith('create table ')));
      assert.deepEqual(await migrate(options), []);
      assert.deepEqual(await migrate({ database: database.url }), []);
      const store = mysqlStore({ database: database.url });
      t.after(() => store.close());
      await store.open(needs);
      await store.write(newEntry(ids === 'text' ? { gsid: 'acme', userid: 'ann' } : {}));
    });
  }

  for (const charset of ['utf8mb4', 'latin1', 'utf8mb3']) {
    it(`upgrades a live Gyroscope table in ${charset}, and leaves its rows as they are`, async (t) => {
      await using database = await createDatabase();
      await liveTable(database, charset);
      const before = await rowsOf(database);
      const steps = await migrate({ database: database.url });
      assert.deepEqual(
        steps.map(({ what }) => what),
        [
          ...['recref', 'extra', 'ctxid', 'announcedat', 'correlation'].map(
            (name) => `add column ${name} to table actionlog`,
          ),
          'index column recref of table actionlog',
          'index column announcedat of table actionlog, within each tenant',
          ...['actionlog_lease', 'actionlog_revoked', 'actionlog_trace'].map((name) => `create table ${name}`),
        ],
      );
      assert.deepEqual(await rowsOf(database), before);
      assert.deepEqual(await migrate({ database: database.url }), []);
      const store = mysqlStore({ database: database.url });
      t.after(() => store.close());
      await store.open(needs);
      const written = await store.write(newEntry({ recid: 'ü-😀', extra: '漢' }));
      assert.deepEqual(await store.history({ gsid: 3, recid: 'ü-😀' }), [written]);
      assert.equal(written.recid, 'ü-😀');
    });
  }

  it('makes text ids exact that take one tenant for another', async () => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    const column = 'varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL';
    await database.query(`ALTER TABLE actionlog MODIFY gsid ${column}, MODIFY userid ${column}`);
    await assert.rejects(migrate({ database: database.url }), { code: 'table-unfit' });
    const steps = await migrate({ database: database.url, ids: 'text' });
    assert.match(steps.map(({ what }) => what).join(), /make gsid, userid, recid of table actionlog text/);
    const store = mysqlStore({ database: database.url });
    await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    await store.close();
  });

  it('makes the ids of a live table text, and keeps values, defaults and indexes', async (t) => {
    await using database = await createDatabase();
    await liveTable(database);
    const text = (rows: Record<string, unknown>[]) =>
      rows.map((row) => Object.values(row).map((value) => (value === null ? null : String(value))));
    const before = text(await rowsOf(database));
    const steps = await migrate({ database: database.url, ids: 'text' });
    assert.ok(steps.some(({ what }) => /^make gsid, userid, recid of table actionlog text/.test(what)));
    assert.deepEqual(text(await rowsOf(database)), before);
    assert.deepEqual(await migrate({ database: database.url, ids: 'text' }), []);
    assert.deepEqual(await migrate({ database: database.url, ids: 'bigint' }), []);
    const sql = (await definition(database)) ?? '';
    assert.match(sql, /`recid` varchar\(191\) .* NOT NULL DEFAULT '0'/);
    for (const key of ['gsid', 'userid', 'recid']) assert.match(sql, new RegExp(`KEY \`${key}\` \\(\`${key}\`\\)`));
    const store = mysqlStore({ database: database.url });
    t.after(() => store.close());
    await store.open(needs);
    const written = await store.write(newEntry({ gsid: 'acme', userid: 'ann', recid: 'a-1' }));
    assert.deepEqual(await store.history({ gsid: 'acme', userid: 'ann', recid: 'a-1' }), [written]);
    assert.equal((await store.history({ gsid: 3, userid: 2n ** 64n - 1n })).length, 4);
  });

  it('adds the column bulldozed to a table from before it', async () => {
    await using database = await createDatabase();
    await liveTable(database);
    await database.query('ALTER TABLE actionlog DROP COLUMN bulldozed');
    const steps = await migrate({ database: database.url });
    assert.equal(steps.filter(({ what }) => what.includes('bulldozed')).length, 2);
    assert.deepEqual(await migrate({ database: database.url }), []);
  });

  it('makes only the small table of the lease where nothing else is to be touched', async () => {
    await using database = await createDatabase();
    await liveTable(database);
    await database.query('UPDATE actionlog SET rawobj = NULL');
    await database.query('ALTER TABLE actionlog MODIFY rawobj tinyint');
    const before = await definition(database);
    const steps = await migrate({ database: database.url, only: 'lease' });
    assert.deepEqual(
      steps.map(({ what }) => what),
      ['create table actionlog_lease'],
    );
    assert.equal(await definition(database), before);
    assert.deepEqual(await migrate({ database: database.url, only: 'lease' }), []);
  });

  it('takes names of the application, a pool of its own, and leaves the pool open', async (t) => {
    await using database = await createDatabase();
    const pool = mysql.createPool(database.url);
    t.after(() => pool.end());
    const names = { table: 'a`b', tenantColumn: 'ten`ant' };
    await migrate({ database: pool, ...names });
    assert.deepEqual(await migrate({ database: pool, ...names }), []);
    const store = mysqlStore({ database: pool, ...names });
    await store.open(needs);
    const written = await store.write(newEntry());
    assert.deepEqual(await store.history({ gsid: 3 }), [written]);
  });

  it('does the same work once where several servers start at the same time', async () => {
    await using database = await createDatabase();
    await liveTable(database);
    await Promise.all(Array.from({ length: 4 }, () => migrate({ database: database.url })));
    assert.deepEqual(await migrate({ database: database.url }), []);
  });

  it('refuses tables that are to be left alone, and does not change them', async () => {
    for (const change of ['MODIFY rawobj tinyint', 'DROP COLUMN sid', 'MODIFY logmessage int']) {
      await using database = await createDatabase();
      await database.query(gyroscopeTable());
      await database.query(`ALTER TABLE actionlog ${change}`);
      const before = await definition(database);
      await assert.rejects(migrate({ database: database.url, ids: 'text' }), { code: 'table-unfit' });
      assert.equal(await definition(database), before);
    }
  });

  it('says what is wrong with its options, and that a database cannot be reached', async () => {
    await assert.rejects(migrate({ database: 'mysql://h/d', ids: 'uuid' as 'text' }), TypeError);
    await assert.rejects(migrate({ database: 'postgres://u:topsecret@h/d' }), (error: Error) => {
      assert.ok(error instanceof TypeError && !error.message.includes('topsecret'));
      return true;
    });
    await assert.rejects(migrate({ database: 'mysql://u@127.0.0.1:1/d' }), { code: 'database-unreachable' });
  });
});

describe('migrate in SQLite', () => {
  it('creates the table, upgrades one of Gyroscope, and leaves no file behind on a dry run', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'actionlog-migrate-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'a.db');
    const database = `sqlite:${file}`;
    const planned = await migrate({ database, dryRun: true });
    assert.ok(!existsSync(file));
    assert.deepEqual(await migrate({ database }), planned);
    assert.deepEqual(await migrate({ database }), []);

    const link = await SqliteLink.open(file);
    await link.run(
      'CREATE TABLE old (alogid integer primary key, gsid integer, userid integer, logname varchar(255), logmessage text, rawobj text, logdate integer, sid integer, rectype text, recid integer, wssdone integer)',
    );
    await link.run("INSERT INTO old (gsid, userid, logmessage, rectype, recid, wssdone) VALUES (3, 42, 'm', '', 0, 0)");
    link.close();
    const steps = await migrate({ database, table: 'old' });
    assert.equal(steps.filter(({ what }) => what.endsWith('table old')).length, 6);
    assert.deepEqual(await migrate({ database, table: 'old' }), []);
    const store = sqliteStore({ file, table: 'old' });
    t.after(() => store.close());
    await store.open(needs);
    const written = await store.write(newEntry({ recid: 'a-1' }));
    const entries = await store.history({ gsid: 3 });
    assert.deepEqual(entries[0], written);
    assert.equal(entries[1]?.logmessage, 'm');
  });
});
