import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { migrate } from '../../lib/action/migrate.ts';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import { sqliteStore } from '../../lib/action/sqlite-store.ts';
import type { ActionStore } from '../../lib/action/store.ts';
import type { Revocation } from '../../lib/session/revocations.ts';
import { createDatabase } from '../support/mariadb.ts';

const needs = { rawobjStyle: 'json', rebuildsEvents: true } as const;

async function mysql(t: TestContext): Promise<ActionStore> {
  const database = await createDatabase();
  await migrate({ database: database.url });
  const store = mysqlStore({ database: database.url });
  t.after(async () => {
    await store.close();
    await database[Symbol.asyncDispose]();
  });
  return store;
}

async function sqlite(t: TestContext): Promise<ActionStore> {
  const folder = await mkdtemp(join(tmpdir(), 'actionlog-revoked-'));
  const store = sqliteStore({ file: join(folder, 'actionlog.db') });
  t.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  return store;
}

const sorted = (list: Revocation[]) => list.toSorted((a, b) => a.at - b.at || (a.userid < b.userid ? -1 : 1));

for (const [name, make] of Object.entries({ mysql, sqlite })) {
  describe(`the revocations of a ${name} store`, () => {
    it('are read back from a moment on, to the millisecond', async (t) => {
      const store = await make(t);
      await store.open(needs);
      const at = 1_772_701_631_123;
      const kept = [0, 1, 2].map((n) => ({ gsid: '3', userid: `${n}`, at: at + n }));
      for (const revocation of kept) await store.revoked.keep(revocation);
      assert.deepEqual(sorted(await store.revoked.since(0)), kept);
      assert.deepEqual(sorted(await store.revoked.since(at + 1)), kept.slice(1));
    });

    it('are one for each user: the latest, whichever came first', async (t) => {
      const store = await make(t);
      await store.open(needs);
      for (const at of [5_000, 9_000, 7_000]) await store.revoked.keep({ gsid: '3', userid: '42', at });
      assert.deepEqual(await store.revoked.since(0), [{ gsid: '3', userid: '42', at: 9_000 }]);
    });

    it('take no user for another, whatever the ids', async (t) => {
      const store = await make(t);
      await store.open(needs);
      const ids = ['ann', 'Ann', 'ann ', 'änn', '漢😀', `' OR 1=1 -- `, 'a\\', 'u'.repeat(191), '18446744073709551615'];
      for (const [index, userid] of ids.entries()) await store.revoked.keep({ gsid: 'acme', userid, at: index + 1 });
      await store.revoked.keep({ gsid: 'ACME', userid: 'ann', at: 100 });
      const read = sorted(await store.revoked.since(0));
      assert.deepEqual(
        read.map(({ userid }) => userid),
        [...ids, 'ann'],
      );
      assert.equal(read.at(-1)?.gsid, 'ACME');
    });

    it('are refused once the store is closed', async (t) => {
      const store = await make(t);
      await store.open(needs);
      await store.close();
      await assert.rejects(store.revoked.keep({ gsid: '3', userid: '42', at: 1 }), (error: { code?: string }) =>
        ['closed', 'database-unreachable'].includes(String(error.code)),
      );
    });
  });
}

it('without their table: none are read, and keeping one names the remedy', async (t) => {
  const store = await mysql(t);
  const database = await createDatabase();
  await database.query('CREATE TABLE other (id int)');
  const bare = mysqlStore({ database: database.url });
  t.after(async () => {
    await bare.close();
    await database[Symbol.asyncDispose]();
  });
  assert.deepEqual(await bare.revoked.since(0), []);
  await assert.rejects(bare.revoked.keep({ gsid: '3', userid: '42', at: 1 }), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'table-missing');
    assert.match(error.message, /actionlog_revoked.*npx express-actionlog migrate/);
    return true;
  });
  assert.deepEqual(await store.revoked.since(0), []);
});
