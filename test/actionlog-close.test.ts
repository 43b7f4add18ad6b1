import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ActionlogError, createActionlog, migrate, signedSession } from '../lib/index.ts';
import { createDatabase } from './support/mariadb.ts';
import { product, secrets, stage } from './support/stage.ts';

test('close waits for what is being written, and loses none of it', async () => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  await using stand = await stage({ database: database.url });
  const { logaction } = stand.actionlog.as({ userid: 42 });
  const writing = Array.from({ length: 200 }, (_, index) =>
    logaction(`entry ${index}`, null, { rectype: 'p', recid: index }),
  );
  await stand.actionlog.close();
  const statuses = await Promise.all((await Promise.all(writing)).map(({ announced }) => announced));
  assert.deepEqual(new Set(statuses.map(({ status }) => status)), new Set(['sent']));
  const [counted] = await database.query('SELECT COUNT(*) AS n, SUM(wssdone) AS done FROM actionlog');
  assert.deepEqual([Number(counted?.['n']), Number(counted?.['done'])], [200, 200]);
});

test('close ends in its time where the database hangs, and says what did not end', async () => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  await using stand = await stage({ database: database.url });
  const { logaction } = stand.actionlog.as({ userid: 42 });
  await logaction('first');
  await database.query('LOCK TABLES actionlog WRITE');
  let hangs = true;
  const hanging = logaction('second')
    .catch(() => undefined)
    .finally(() => {
      hangs = false;
    });
  await stand.actionlog.close({ timeoutMs: 100 });
  assert.ok(hangs);
  assert.match(stand.errors.map(({ message }) => message).join(), /writing entries did not end within 100 ms/);
  await database.query('UNLOCK TABLES');
  await hanging;
});

test('close of a log whose database cannot be reached resolves, at whatever moment it comes', async () => {
  for (const afterMs of [0, 1, 5, 20, 100]) {
    const errors: ActionlogError[] = [];
    const actionlog = createActionlog({
      database: 'mysql://root@127.0.0.1:1/nowhere',
      session: signedSession({ secrets }),
      onError: (error) => errors.push(error as ActionlogError),
    });
    if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
    await actionlog.close();
    assert.ok(
      errors.every(({ code }) => code === 'database-unreachable' || code === 'closed'),
      `${errors}`,
    );
  }
});

test('close of a log that was just made says nothing', async () => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  for (const address of ['sqlite::memory:', database.url]) {
    const errors: unknown[] = [];
    const actionlog = createActionlog({
      database: address,
      session: signedSession({ secrets }),
      onError: (error) => errors.push(error),
    });
    await actionlog.close();
    assert.deepEqual(errors, []);
  }
});

test('close settles what waits for a commit also where writing hangs', async () => {
  await using stand = await stage();
  const { logaction } = stand.actionlog.as({ userid: 42 });
  const { announced } = await logaction('first', null, product, { connection: async () => ({ insertId: 7 }) });
  let answer: ((row: { insertId: number }) => void) | undefined;
  const connection = () =>
    new Promise<{ insertId: number }>((resolve) => {
      answer = resolve;
    });
  const hanging = logaction('second', null, product, { connection });
  await stand.actionlog.close({ timeoutMs: 100 });
  assert.deepEqual(await Promise.race([announced, 'waits']), { status: 'deferred', code: 'closed' });
  answer?.({ insertId: 8 });
  assert.deepEqual(await (await hanging).announced, { status: 'deferred', code: 'closed' });
});

test('an event loop that is busy for longer than the budget does not cost a relay', async () => {
  await using stand = await stage();
  const { logaction } = stand.actionlog.as({ userid: 42 });
  const { announced } = await logaction('updated', null, product);
  const until = performance.now() + 300;
  while (performance.now() < until);
  assert.equal((await announced).status, 'sent');
});

test('one event that is too large fails alone', async () => {
  await using stand = await stage();
  const { streamaction } = stand.actionlog.as({ userid: 42 });
  const large = stand.actionlog.streamaction({ wssid: 0, rectype: 'p', recid: 'x'.repeat(70_000), gsid: 1, userid: 1 });
  const others = await Promise.all(Array.from({ length: 20 }, (_, index) => streamaction('p', index)));
  assert.deepEqual(new Set(others.map(({ status }) => status)), new Set(['sent']));
  assert.deepEqual(await large, { status: 'failed', code: 'event-refused' });
});

test('after close nothing is taken', async () => {
  await using stand = await stage();
  await stand.actionlog.ready();
  await stand.actionlog.close();
  await assert.rejects(stand.actionlog.as({ userid: 42 }).logaction('late'), { code: 'closed' });
});
