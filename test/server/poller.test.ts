import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createActionlog, migrate, sqliteStore } from '../../lib/index.ts';
import { createStreamServer, type PollOptions } from '../../lib/server/index.ts';
import { gyroscopeTable } from '../action/tables.ts';
import { createDatabase, type TestDatabase } from '../support/mariadb.ts';
import { openPage } from '../support/pages.ts';

const secrets = ['a secret for the tests of thirty-two bytes'];
const [secret = ''] = secrets;

async function phpTable(t: TestContext): Promise<TestDatabase> {
  const database = await createDatabase();
  t.after(() => database[Symbol.asyncDispose]());
  await database.query(gyroscopeTable());
  await migrate({ database: database.url, only: 'lease' });
  return database;
}

async function pollingServer(t: TestContext, database: TestDatabase, poll: Partial<PollOptions> = {}) {
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const server = createStreamServer({ secrets, onError, poll: { database: database.url, everyMs: 20, ...poll } });
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(await server.listen()).port}`;
  return { server, url, errors };
}

/** A row as PHP writes it; gives its number. */
async function php(database: TestDatabase, given: Record<string, string | number> = {}): Promise<string> {
  const logdate = Math.floor(Date.now() / 1000);
  const row = { gsid: 3, userid: 42, logname: 'ann', logmessage: 'm', rawobj: '[]', logdate, ...given };
  await database.query('INSERT INTO actionlog SET ?', [row]);
  const [last] = await database.query<{ id: unknown }>('SELECT LAST_INSERT_ID() AS id');
  return String(last?.id);
}

const doneOf = async (database: TestDatabase) =>
  (await database.query<{ wssdone: number }>('SELECT wssdone FROM actionlog ORDER BY alogid')).map(
    ({ wssdone }) => wssdone,
  );

test('rows of PHP in legacy mode are announced and marked; plain rows and streaming rows are left as they are', async (t) => {
  const database = await phpTable(t);
  const { url, server } = await pollingServer(t, database);
  const page = await openPage(url, secret, { gsid: '3', userid: '42' });
  t.after(() => page[Symbol.asyncDispose]());
  await php(database); // plain: nothing to announce
  await php(database, { rectype: 'product', recid: 11, wssdone: 1 }); // streaming: announced by PHP itself
  const legacy = await php(database, { rectype: 'product', recid: 12, sid: page.greeting.sid });
  const foreign = await php(database, { rectype: 'product', recid: 13, gsid: 4 });
  const other = await php(database, { rectype: 'product', recid: 14, sid: page.greeting.sid, userid: 43 });
  const events = await page.until(2);
  assert.deepEqual(
    events.map(({ alogid, sid, recid, login }) => [alogid, sid, recid, login]),
    [
      [legacy, page.greeting.sid, '12', 'ann'],
      [other, 0, '14', 'ann'],
    ],
  );
  await server.close();
  assert.deepEqual(await doneOf(database), [0, 1, 1, 1, 1]);
  assert.notEqual(foreign, legacy);
});

test('a table whose raw objects were moved to a full-text index can be polled', async (t) => {
  const database = await phpTable(t);
  await database.query('ALTER TABLE actionlog MODIFY rawobj tinyint');
  const { url, errors } = await pollingServer(t, database);
  await using page = await openPage(url, secret, { gsid: '3', userid: '43' });
  const alogid = await php(database, { rectype: 'product', recid: 12, rawobj: 1 });
  assert.equal((await page.until(1))[0]?.alogid, alogid);
  assert.deepEqual(errors, []);
});

test('entries of our own app servers in poll mode are announced as well', async (t) => {
  const database = await createDatabase();
  t.after(() => database[Symbol.asyncDispose]());
  await migrate({ database: database.url });
  const { url } = await pollingServer(t, database);
  await using page = await openPage(url, secret, { gsid: '3', userid: '43' });
  await using actionlog = createActionlog({
    database: database.url,
    session: () => undefined,
    stream: { mode: 'poll' },
  });
  const { logaction } = actionlog.as({ userid: 42, gsid: 3, login: 'ann' });
  const record = { rectype: 'product', recid: 'a-uuid' };
  const { alogid, announced } = await logaction('saved', {}, record, { extra: { colour: 'red' } });
  assert.deepEqual(await announced, { status: 'off' });
  const [event] = await page.until(1);
  assert.deepEqual([event?.alogid, event?.recid, event?.extra], [alogid, 'a-uuid', { colour: 'red' }]);
});

test('a second polling server stands by, and takes over', async (t) => {
  const database = await phpTable(t);
  const first = await pollingServer(t, database);
  await using firstPage = await openPage(first.url, secret, { gsid: '3', userid: '43' });
  await php(database, { rectype: 'product', recid: 1 });
  await firstPage.until(1);
  const second = await pollingServer(t, database);
  await using secondPage = await openPage(second.url, secret, { gsid: '3', userid: '43' });
  await php(database, { rectype: 'product', recid: 2 });
  await firstPage.until(2);
  assert.equal(second.server.announcer?.stats.role, 'standby');
  await first.server.close();
  await php(database, { rectype: 'product', recid: 3 });
  assert.deepEqual(
    (await secondPage.until(1)).map(({ recid }) => recid),
    ['3'],
  );
  assert.equal(second.server.announcer?.stats.role, 'holder');
});

test('an app server in poll mode that knows the streaming server closes a revoked user’s pages there', async (t) => {
  const database = await createDatabase();
  t.after(() => database[Symbol.asyncDispose]());
  await migrate({ database: database.url });
  const { url } = await pollingServer(t, database);
  const page = await openPage(url, secret, { gsid: '3', userid: '42' });
  await using actionlog = createActionlog({
    database: database.url,
    session: () => undefined,
    stream: { mode: 'poll', url, secrets },
  });
  const { announced } = await actionlog.revoke({ userid: 42, gsid: 3 });
  assert.deepEqual(await announced, { status: 'sent' });
  assert.equal(await page.closed, 4403);
});

test('close() ends within its time though the database does not answer', async (t) => {
  const store = sqliteStore({ file: ':memory:' });
  let answer: (entries: []) => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    store.waiting = () => {
      resolve();
      return new Promise((settle) => {
        answer = settle;
      });
    };
  });
  t.after(() => answer([]));
  const server = createStreamServer({ secrets, poll: { database: store, everyMs: 20 } });
  const url = `http://127.0.0.1:${(await server.listen()).port}`;
  const page = await openPage(url, secret, { gsid: '3', userid: '42' });
  await asked;
  await server.close({ timeoutMs: 50 });
  assert.equal(await page.closed, 1001);
});

test('a single connection cannot be polled, and the option says so', async (t) => {
  const database = await phpTable(t);
  assert.throws(
    () => createStreamServer({ secrets, poll: { database: { execute() {}, query() {} } as never } }),
    /poll\.database.*single connection/,
  );
  assert.throws(() => createStreamServer({ secrets, poll: {} as never }), /poll\.database/);
  assert.equal((await database.query('SELECT 1 AS one')).length, 1);
});
