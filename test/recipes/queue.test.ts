import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { migrate } from 'express-actionlog';
import { createDatabase } from '../support/mariadb.ts';
import { browserOf } from './browser-of.ts';
import { type AtEnd, atEndOf, recipeFile, startRecipe, startStream } from './recipe.ts';

/** A warehouse whose first answer is 503. */
async function startWarehouse(atEnd: AtEnd) {
  const keys: unknown[] = [];
  const server = createServer((req, res) => {
    keys.push(req.headers['idempotency-key']);
    res.writeHead(keys.length === 1 ? 503 : 200).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return { keys, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/prices` };
}

async function shopOf(t: TestContext) {
  const atEnd = atEndOf(t);
  const database = await createDatabase();
  atEnd(() => database[Symbol.asyncDispose]());
  await migrate({ database: database.url });
  await database.query(recipeFile('queue/schema.sql'));
  await database.query("INSERT INTO product VALUES (7, 'lamp', 10)");
  const stream = await startStream(atEnd);
  const warehouse = await startWarehouse(atEnd);
  const redis = (process.env['TEST_REDIS_URL'] ?? '').replace('unix://', '');
  const env = { ...stream.env, DATABASE_URL: database.url, REDIS_URL: redis, WAREHOUSE_URL: warehouse.url };
  const app = await startRecipe(atEnd, env, () => import('./queue/app.ts'));
  atEnd(() => app.queue.obliterate({ force: true }));
  const { worker, stop } = await import('./queue/worker.ts');
  atEnd(stop);
  const price = async () => Number((await database.query('SELECT price FROM product'))[0]?.['price']);
  const entries = () => database.query('SELECT userid, gsid, logname, logmessage FROM actionlog');
  return { url: app.url, database, warehouse, worker, price, entries, atEnd };
}

test('a job queue: the worker logs for who asked, and once, however often the job is tried', async (t) => {
  const { url, warehouse, worker, price, entries, atEnd } = await shopOf(t);
  const ann = browserOf(url);
  await ann.ask('/sign-in', {});
  const page = await ann.page();
  atEnd(() => page[Symbol.asyncDispose]());
  const asPage = { 'actionlog-connection': String(page.greeting.sid) };

  const completed = once(worker, 'completed');
  const { status, body } = await ann.ask('/products/7/price', { price: 12.5 }, asPage);
  assert.equal(status, 202);
  await completed;
  const { job } = body as { job: string };
  assert.deepEqual(warehouse.keys, [job, job], 'it was tried again after its commit');
  assert.equal(await price(), 12.5);
  const entry = { userid: '42', gsid: '3', logname: 'ann', logmessage: 'set a price of 12.5' };
  assert.deepEqual(await entries(), [entry]);
  const [event] = await page.until(1);
  assert.deepEqual([event?.sid, event?.recid, event?.login], [page.greeting.sid, '7', 'ann'], 'the page’s own');

  // what the database refuses leaves nothing, and the job fails in the end
  const failed = new Promise<void>((resolve) => {
    worker.on('failed', (given) => given?.attemptsMade === 5 && resolve());
  });
  await ann.ask('/products/7/price', { price: -1 }, asPage);
  await failed;
  assert.deepEqual([await price(), (await entries()).length], [12.5, 1]);

  const next = once(worker, 'completed');
  await ann.ask('/products/7/price', { price: 13 });
  await next;
  assert.deepEqual(
    (await page.until(2)).slice(1).map(({ recid, sid }) => [recid, sid]),
    [['7', 0]],
  );
  assert.equal((await entries()).length, 2);
});
