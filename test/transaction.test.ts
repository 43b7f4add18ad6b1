import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import cookieParser from 'cookie-parser';
import express from 'express';
import { createPool as createCallbackPool } from 'mysql2';
import mysql from 'mysql2/promise';
import request from 'supertest';
import { type ActionlogError, createActionlog, migrate } from '../lib/index.ts';
import { createStreamServer } from '../lib/server/index.ts';
import { createDatabase } from './support/mariadb.ts';
import { openPage } from './support/pages.ts';

const secrets = ['a secret for the tests of thirty-two bytes'];
const product = { rectype: 'product', recid: 12 };

async function stage(t: TestContext, options: { sqlite?: 'file' | ':memory:'; database?: unknown } = {}) {
  const database = await createDatabase();
  await migrate({ database: database.url });
  await database.query('CREATE TABLE products (id int PRIMARY KEY, price int)');
  const server = createStreamServer({ secrets });
  const url = `http://127.0.0.1:${(await server.listen()).port}`;
  const errors: ActionlogError[] = [];
  const actionlog = createActionlog({
    database: options.sqlite ? `sqlite:${options.sqlite}` : ((options.database as string) ?? database.url),
    session: (req) => ({ userid: String(req.headers['x-user']), gsid: 3, login: 'ann' }),
    stream: { url, secrets },
    onError: (error) => errors.push(error as ActionlogError),
  });
  const page = await openPage(url, secrets[0] ?? '', { gsid: '3', userid: '43' });
  t.after(async () => {
    await page[Symbol.asyncDispose]();
    await actionlog.close();
    await server.close();
    await database[Symbol.asyncDispose]();
  });
  const ann = actionlog.as({ userid: 42, gsid: 3, login: 'ann' }, { wssid: 9 });
  /** The pages hear of this one last: whatever came before it is there by then. */
  const heard = async () => {
    const { alogid = '' } = await ann.logaction('the last', null, product);
    while (page.events.at(-1)?.alogid !== alogid) await page.until(page.events.length + 1);
    return page.events.slice(0, -1).map((event) => event.alogid);
  };
  const messages = async () => (await actionlog.history({ gsid: 3 })).map(({ logmessage }) => logmessage);
  return { database, actionlog, ann, page, errors, heard, messages };
}

test('in a route: the change and its entry are committed together, and announced after it', async (t) => {
  const { database, actionlog, page } = await stage(t);
  const app = express();
  app.use(cookieParser(), actionlog.middleware());
  app.post('/save', async (req, res) => {
    const id = await actionlog.transaction(async (tx, log) => {
      await tx.execute('INSERT INTO products VALUES (?, ?)', [7, 12]);
      const { alogid, announced } = await log(req, 'new product', { price: 12 }, { rectype: 'product', recid: 7 });
      assert.equal(await Promise.race([announced, 'waits']), 'waits');
      assert.deepEqual(await database.query('SELECT * FROM actionlog'), []);
      return alogid;
    });
    res.json({ id });
  });
  const { body } = await request(app).post('/save?wssid_=77').set('X-User', '42').expect(200);
  const [event] = await page.until(1);
  assert.deepEqual([event?.alogid, event?.userid, event?.sid, event?.recid], [body.id, '42', 77, '7']);
  assert.equal((await database.query('SELECT * FROM products')).length, 1);
});

test('a throw rolls back: neither change nor entry nor event, and the same error', async (t) => {
  const { database, actionlog, ann, heard, messages } = await stage(t);
  const boom = new Error('boom');
  let announced: Promise<unknown> | undefined;
  const nested = async () => {
    throw boom;
  };
  const failing = actionlog.transaction(async (tx, log) => {
    await tx.execute('INSERT INTO products VALUES (?, ?)', [7, 12]);
    ({ announced } = await log(ann, 'undone', {}, product));
    await nested();
  });
  await assert.rejects(failing, (error) => error === boom);
  assert.deepEqual(await announced, { status: 'rolled-back' });
  assert.deepEqual(await heard(), []);
  assert.deepEqual(await messages(), ['the last']);
  assert.deepEqual(await database.query('SELECT * FROM products'), []);
});

test('an entry that cannot be written fails the transaction, awaited or not', async (t) => {
  const { actionlog, messages } = await stage(t);
  const nobody = actionlog.as({ userid: 'no-number', gsid: 3 });
  const failing = actionlog.transaction(async (_tx, log) => {
    void log(nobody, 'nobody awaits this');
  });
  await assert.rejects(failing, { code: 'id-unfit' });
  assert.deepEqual(await messages(), []);
});

test('what a savepoint took back inside of a committed transaction is not announced', async (t) => {
  const { actionlog, ann, heard } = await stage(t);
  const [kept, undone] = await actionlog.transaction(async (tx, log) => {
    const first = await log(ann, 'kept', {}, product);
    await tx.query('SAVEPOINT inner_part');
    const second = await log(ann, 'undone', {}, product);
    await tx.query('ROLLBACK TO SAVEPOINT inner_part');
    return [first, second];
  });
  assert.deepEqual(await undone?.announced, { status: 'rolled-back' });
  assert.equal((await kept?.announced)?.status, 'sent');
  assert.deepEqual(await heard(), [kept?.alogid]);
});

test('a connection that is killed in the middle: nothing stands, nothing is announced', async (t) => {
  const { database, actionlog, ann, heard } = await stage(t);
  let announced: Promise<unknown> | undefined;
  const kill = async (tx: { query<T>(sql: string): Promise<[T, unknown]> }) => {
    const [[row]] = await tx.query<[{ id: unknown }]>('SELECT CONNECTION_ID() AS id');
    await database.query(`KILL ${row?.id}`);
  };
  const failing = actionlog.transaction(async (tx, log) => {
    ({ announced } = await log(ann, 'undone', {}, product));
    await kill(tx);
    await tx.query('SELECT 1');
  });
  await assert.rejects(failing);
  assert.deepEqual(await announced, { status: 'rolled-back' });

  const unknown = actionlog.transaction(async (tx, log) => {
    ({ announced } = await log(ann, 'lost with its commit', {}, product));
    await kill(tx);
  });
  await assert.rejects(unknown, { code: 'transaction-unknown' });
  assert.deepEqual(await announced, { status: 'deferred', code: 'transaction-unknown' });
  assert.deepEqual(await heard(), []);
});

test('transactions do not nest, and end with their function', async (t) => {
  const { actionlog, ann } = await stage(t);
  const nested = actionlog.transaction(async () => await actionlog.transaction(async () => 1));
  await assert.rejects(nested, { name: 'TypeError', message: /inside of a transaction/ });
  const log = await actionlog.transaction(async (_tx, given) => given);
  await assert.rejects(log(ann, 'late'), { name: 'TypeError', message: /after the end/ });
  void log(ann, 'late, and not awaited: the process goes on');
  assert.equal(await actionlog.transaction(async () => 'again'), 'again');
});

test('on a pool of the caller’s, which stays open; not on a single connection, with the remedy', async (t) => {
  const database = await createDatabase();
  t.after(() => database[Symbol.asyncDispose]());
  await migrate({ database: database.url });
  const pools = [mysql.createPool(database.url), createCallbackPool(database.url)];
  for (const pool of pools) {
    await using actionlog = createActionlog({ database: pool, session: () => undefined });
    const ann = actionlog.as({ userid: 42 });
    await actionlog.transaction(async (_tx, log) => await log(ann, 'done'));
    await actionlog.close();
    await ('promise' in pool ? pool.promise() : pool).query('SELECT 1');
    await new Promise((resolve) => resolve(pool.end()));
  }
  const connection = await mysql.createConnection(database.url);
  await using single = createActionlog({ database: connection, session: () => undefined });
  await assert.rejects(
    single.transaction(async () => 1),
    { name: 'TypeError', message: /\{ connection \}/ },
  );
  await single.close();
  await connection.end();
});

test('with plain mysql2, on the caller’s own transaction', async (t) => {
  const { database, ann, heard } = await stage(t);
  const connection = await mysql.createConnection(database.url);
  await connection.beginTransaction();
  const undone = await ann.logaction('undone', {}, product, { connection });
  await connection.rollback();
  assert.deepEqual(await undone.rolledBack(), { status: 'rolled-back' });
  await connection.beginTransaction();
  const done = await ann.logaction('done', {}, product, { connection });
  await connection.commit();
  assert.equal((await done.committed()).status, 'sent');
  await connection.end();
  assert.deepEqual(await heard(), [done.alogid]);
});

test('in SQLite: one after the other, committed or rolled back, while others write', async (t) => {
  const { actionlog, ann, heard, messages } = await stage(t, { sqlite: ':memory:' });
  const written = await Promise.all(
    [1, 2, 3].map((n) => actionlog.transaction(async (_tx, log) => await log(ann, `m${n}`, {}, product))),
  );
  for (const { announced } of written) assert.equal((await announced).status, 'sent');
  const alogids = written.map(({ alogid }) => alogid);
  const undone = actionlog.transaction(async (tx, log) => {
    await log(ann, 'undone', {}, product);
    const [rows] = await tx.query<{ n: number }[]>('SELECT COUNT(*) AS n FROM actionlog');
    throw new Error(`saw ${rows[0]?.n}`);
  });
  const beside = ann.logaction('beside', {});
  await assert.rejects(undone, /saw [45]/);
  await beside;
  assert.deepEqual((await heard()).sort(), alogids.sort());
  assert.deepEqual((await messages()).sort(), ['beside', 'm1', 'm2', 'm3', 'the last']);
});
