import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { SqliteLink } from '../../lib/action/sqlite-database.ts';
import { sqliteStore } from '../../lib/action/sqlite-store.ts';
import { newEntry } from './entries.ts';

const needs = { rawobjStyle: 'json', rebuildsEvents: true } as const;

async function newFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'actionlog-sqlite-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'actionlog.db');
}

describe('sqliteStore', () => {
  it('keeps entries in memory', async (t) => {
    const store = sqliteStore({ file: ':memory:' });
    t.after(() => store.close());
    await store.open(needs);
    const written = await store.write(newEntry());
    assert.deepEqual(await store.history({ gsid: 3 }), [written]);
  });

  it('keeps entries in a file, durably, over several opens', async (t) => {
    const file = await newFile(t);
    const first = sqliteStore({ file });
    await Promise.all([first.open(needs), first.open(needs)]);
    const written = await first.write(newEntry());
    await first.close();
    const second = sqliteStore({ file });
    t.after(() => second.close());
    await second.open(needs);
    assert.deepEqual(await second.history({ gsid: 3 }), [written]);
    const link = await SqliteLink.open(file);
    t.after(() => link.close());
    assert.deepEqual(await link.all('PRAGMA journal_mode'), [{ journal_mode: 'wal' }]);
    assert.deepEqual(await link.all('PRAGMA synchronous'), [{ synchronous: 2 }]);
  });

  it('waits while another process writes, without holding up this one', async (t) => {
    const file = await newFile(t);
    const store = sqliteStore({ file });
    t.after(() => store.close());
    await store.open(needs);
    const other = await SqliteLink.open(file);
    t.after(() => other.close());
    await other.run('BEGIN IMMEDIATE');
    let done = false;
    const writing = store.write(newEntry()).finally(() => {
      done = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(done, false);
    await other.run('COMMIT');
    const written = await writing;
    assert.deepEqual(await store.history({ gsid: 3 }), [written]);
  });

  it('never gives the number of an entry again', async (t) => {
    const file = await newFile(t);
    const store = sqliteStore({ file });
    t.after(() => store.close());
    await store.open(needs);
    const first = await store.write(newEntry());
    const link = await SqliteLink.open(file);
    t.after(() => link.close());
    await link.run('DELETE FROM actionlog');
    assert.notEqual((await store.write(newEntry())).alogid, first.alogid);
  });

  it('loses no digit of ids beyond 2^63, also where the columns are numbers', async (t) => {
    const file = await newFile(t);
    const link = await SqliteLink.open(file);
    t.after(() => link.close());
    await link.run(
      'CREATE TABLE actionlog (alogid INTEGER PRIMARY KEY, gsid INTEGER, userid BIGINT, logname TEXT, logmessage TEXT, rawobj TEXT, logdate INTEGER, sid INTEGER, rectype TEXT, recid INTEGER, wssdone INTEGER)',
    );
    await link.run('INSERT INTO actionlog (alogid, gsid, userid) VALUES (9223372036854775800, 1, 1)');
    const store = sqliteStore({ file });
    t.after(() => store.close());
    await store.open(needs);
    const written = await store.write(newEntry({ userid: '9223372036854775807', recid: '18446744073709551615' }));
    assert.equal(written.alogid, '9223372036854775801');
    assert.equal(written.recid, '18446744073709551615');
    assert.deepEqual(await store.history({ gsid: 3, recid: '18446744073709551615' }), [written]);
    await assert.rejects(store.write(newEntry({ gsid: '18446744073709551615' })), { code: 'id-unfit' });
    await assert.rejects(store.write(newEntry({ gsid: '007' })), { code: 'id-unfit' });
  });

  it('takes odd names for names', async (t) => {
    const store = sqliteStore({ file: await newFile(t), table: 'x`"; DROP TABLE y; --', tenantColumn: `te"n'ant` });
    t.after(() => store.close());
    await store.open(needs);
    const written = await store.write(newEntry());
    assert.deepEqual(await store.history({ gsid: 3 }), [written]);
  });

  it('says that the driver is missing, with the remedy', async () => {
    const load = async () => {
      throw Object.assign(new Error('not there'), { code: 'ERR_MODULE_NOT_FOUND' });
    };
    await assert.rejects(SqliteLink.open(':memory:', load), { code: 'driver-missing', message: /npm install libsql/ });
  });

  it('says that a file cannot be opened, and opens it once it can', async (t) => {
    const folder = join(await newFile(t), 'missing');
    const store = sqliteStore({ file: join(folder, 'a.db') });
    await assert.rejects(store.open(needs), { code: 'database-unreachable' });
    await assert.rejects(store.open(needs), { code: 'database-unreachable' });
    await store.close();
  });

  it('closes what a transaction opens while the store is being closed', async (t) => {
    const store = sqliteStore({ file: await newFile(t) });
    await store.open(needs);
    const open = SqliteLink.open.bind(SqliteLink);
    const links: SqliteLink[] = [];
    t.mock.method(SqliteLink, 'open', async (file: string) => {
      const link = await open(file);
      links.push(link);
      await store.close();
      return link;
    });
    await assert.rejects(store.begin(), { code: 'closed' });
    assert.equal(links.length, 1);
    await assert.rejects(async () => await links[0]?.all('SELECT 1'), /not open/);
  });

  it('refuses a table that it cannot use, and a file that is a server', async (t) => {
    const file = await newFile(t);
    const link = await SqliteLink.open(file);
    t.after(() => link.close());
    await link.run('CREATE TABLE actionlog (a TEXT)');
    const store = sqliteStore({ file });
    t.after(() => store.close());
    await assert.rejects(store.open(needs), { code: 'table-unfit' });
    for (const given of ['', 'libsql://h/d', 'https://h', 'a\0'])
      assert.throws(() => sqliteStore({ file: given }), TypeError);
    assert.throws(() => sqliteStore({ file: 'a', tabel: 'x' } as never), TypeError);
  });
});
