import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { migrate } from 'express-actionlog';
import { createStreamServer, type StreamServerOptions } from '../../lib/server/index.ts';
import type { ConnectAnswer } from '../../lib/stream/protocol.ts';
import { gyroscopeColumns, gyroscopeTable } from '../action/tables.ts';
import { openSocket } from '../server/clients.ts';
import { startGyroscopeRecorder } from '../support/gyroscope-recorder.ts';
import { createDatabase, type TestDatabase } from '../support/mariadb.ts';
import { vectors } from '../support/vectors.ts';
import { browserOf } from './browser-of.ts';
import { type AtEnd, atEndOf, startRecipe } from './recipe.ts';

const [session = assert.fail('no recorded session')] = vectors.sessions;
const internalKey = 'the internal key that PHP has as well';
const wssecret = 'the wssecret that PHP has as well';

/** What PHP recorded for the very session, action and second that are replayed here. */
const recorded = (title: string) =>
  vectors.logaction.find((action) => action.title === title) ?? assert.fail(`no recording "${title}"`);

const asText = (row: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)]));

/** PHP's own table: nothing was migrated. */
async function phpDatabase(atEnd: AtEnd) {
  const database = await createDatabase();
  atEnd(() => database[Symbol.asyncDispose]());
  await database.query(gyroscopeTable());
  return database;
}

/** A streaming server of ours in the place of PHP's. */
async function startOurs(atEnd: AtEnd, options: Partial<StreamServerOptions> = {}) {
  const server = createStreamServer({ compatibility: 'gyroscope', internalKey, wssecret, ...options });
  atEnd(() => server.close());
  return await server.listen();
}

/** The app beside PHP, and a browser that has signed in at a PHP page. */
async function startApp(t: TestContext, atEnd: AtEnd, database: TestDatabase, wss: Record<string, string>) {
  const env = { DATABASE_URL: database.url, SALTROOT: session.saltroot, TIME_ZONE: session.timezone };
  // each test has an app of its own, with an environment of its own
  const load = () => import(`./gyroscope/app.ts?${t.name}`) as Promise<typeof import('./gyroscope/app.ts')>;
  const shared = { WSS_INTERNAL_HOST: '127.0.0.1', WSS_INTERNAL_KEY: internalKey, WSSECRET: wssecret };
  const { url, actionlog } = await startRecipe(atEnd, { ...env, ...shared, ...wss }, load);
  await actionlog.ready();
  t.mock.timers.enable({ apis: ['Date'], now: Date.parse(session.utc) });
  const browser = browserOf(url);
  for (const [name, value] of Object.entries(session.cookies)) browser.cookies.set(name, encodeURIComponent(value));
  const from = { 'x-forwarded-for': session.remoteAddr };
  return {
    save: async (headers = from) => (await browser.ask('/products/12?wssid_=77', { name: 'Foo' }, headers)).status,
    rows: async () => (await database.query(`SELECT ${gyroscopeColumns} FROM actionlog`)).map(asText),
    openPage: async () => {
      const answer = (await browser.ask('/actionlog/connect', undefined, from)).body as ConnectAnswer;
      assert.ok(answer.wire === 'gyroscope');
      const page = await openSocket(answer.url, []);
      atEnd(() => page.socket.terminate());
      assert.equal((await page.next()).type, 'getsid');
      return page;
    },
  };
}

test('beside PHP and its streaming server: cookies, row and relay are PHP’s', async (t) => {
  const atEnd = atEndOf(t);
  const php = await startGyroscopeRecorder();
  atEnd(() => php[Symbol.asyncDispose]());
  const app = await startApp(t, atEnd, await phpDatabase(atEnd), { WSS_INTERNAL_PORT: String(php.port) });
  assert.equal(await app.save({ 'x-forwarded-for': '10.0.0.10' }), 401, 'a cookie is good at its address alone');
  assert.equal(await app.save(), 200);
  const { rows, relayed } = recorded('streaming, record change');
  assert.deepEqual(await app.rows(), rows.map(asText));
  const [relay] = await php.until(1);
  assert.deepEqual(JSON.parse(relay?.message ?? '').relay, relayed[0]);
});

test('beside PHP, with our streaming server in the place of PHP’s: its pages hear it', async (t) => {
  const atEnd = atEndOf(t);
  const { port } = await startOurs(atEnd);
  const app = await startApp(t, atEnd, await phpDatabase(atEnd), { WSS_INTERNAL_PORT: String(port) });
  const page = await app.openPage();
  assert.equal(await app.save(), 200);
  const { rectype, recid, userid } = await page.next();
  assert.deepEqual([rectype, String(recid), String(userid)], ['product', '12', '42']);
  assert.deepEqual(await app.rows(), recorded('streaming, record change').rows.map(asText));
});

test('beside PHP in its legacy mode: the row waits for a polling server, of either kind', async (t) => {
  const atEnd = atEndOf(t);
  const database = await phpDatabase(atEnd);
  const app = await startApp(t, atEnd, database, { WSS_INTERNAL_KEY: '', WSS_INTERNAL_PORT: '9' });
  assert.equal(await app.save(), 200);
  assert.deepEqual(await app.rows(), recorded('legacy, record change').rows.map(asText), 'what PHP’s looks for');
});

test('beside PHP in its legacy mode, with our polling server: pages hear of it', async (t) => {
  const atEnd = atEndOf(t);
  const database = await phpDatabase(atEnd);
  await migrate({ database: database.url, only: 'lease' });
  const { port } = await startOurs(atEnd, { poll: { database: database.url, everyMs: 50 } });
  const app = await startApp(t, atEnd, database, { WSS_INTERNAL_KEY: '', WSS_INTERNAL_PORT: String(port) });
  const page = await app.openPage();
  assert.equal(await app.save(), 200);
  const { rectype, recid, userid } = await page.next();
  assert.deepEqual([rectype, String(recid), String(userid)], ['product', '12', '42']);
});
