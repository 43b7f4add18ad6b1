import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPool } from 'mysql2/promise';
import { migrate } from '../../lib/action/migrate.ts';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import { createActionlog } from '../../lib/actionlog.ts';
import { createDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';
import { withQuery } from './mysql-pools.ts';

const deadlock = () => Object.assign(new Error('Deadlock found'), { code: 'ER_LOCK_DEADLOCK', errno: 1213 });

test('what another node of a cluster was faster with is done again: the lease, the mark, a revocation', async (t) => {
  await using erp = await createDatabase();
  await migrate({ database: erp.url });
  const pool = createPool(erp.url);
  t.after(() => pool.end());
  let refusals = 0;
  const take = () => pool.getConnection();
  const database = withQuery(pool, take, async (connection, sql) => {
    if (/^(INSERT|UPDATE)/.test(sql) && refusals > 0) {
      refusals -= 1;
      throw deadlock();
    }
    return await connection.query(sql);
  });
  const store = mysqlStore({ database });
  await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
  const { alogid } = await store.write(newEntry());
  for (const work of [
    () => store.takeLease('one', 1000),
    () => store.markAnnounced([alogid], 7),
    () => store.revoked.keep({ gsid: '1', userid: '2', at: 7 }),
  ]) {
    refusals = 2;
    await work();
    assert.equal(refusals, 0);
  }
  assert.equal((await erp.query('SELECT 1 FROM actionlog WHERE wssdone = 1')).length, 1);
  assert.equal((await store.revoked.since(0)).length, 1);
  refusals = 100;
  await assert.rejects(store.takeLease('one', 1000), { code: 'database-unreachable' });
});

test('a commit that the database answers by rolling back throws what it said, and nobody is told of the entry', async (t) => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  const pool = createPool(database.url);
  t.after(() => pool.end());
  const getConnection = async () => {
    const connection = await pool.getConnection();
    connection.commit = async () => {
      await connection.rollback();
      throw deadlock();
    };
    return connection;
  };
  const query = (sql: string) => pool.query(sql);
  const execute = (sql: string, params: (string | number | null)[]) => pool.execute(sql, params);
  const secrets = ['a-secret-for-the-tests-of-thirty-two-bytes'];
  const actionlog = createActionlog({
    database: Object.assign({ query, execute }, { getConnection }),
    session: () => undefined,
    stream: { url: 'http://127.0.0.1:9', secrets },
    onError: () => undefined,
  });
  t.after(() => actionlog.close());
  const ann = actionlog.as({ userid: 1, gsid: 1, login: 'ann' });
  let announced: Promise<{ status: string }> | undefined;
  const done = actionlog.transaction(async (_tx, log) => {
    ({ announced } = await log(ann, 'moved stock', {}, { rectype: 'product', recid: 1 }));
  });
  await assert.rejects(done, { code: 'ER_LOCK_DEADLOCK' });
  assert.equal((await announced)?.status, 'rolled-back');
  assert.equal((await database.query('SELECT 1 FROM actionlog')).length, 0);
});
