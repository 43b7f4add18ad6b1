import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import mysql from 'mysql2/promise';
import type { ActionlogOptions, ListedAction } from '../lib/index.ts';
import { migrate } from '../lib/index.ts';
import { createDatabase } from './support/mariadb.ts';
import { openPage } from './support/pages.ts';
import { secret, stage } from './support/stage.ts';

const products = (count: number): ListedAction[] =>
  Array.from({ length: count }, (_, n) => ({
    message: `updated ${n}`,
    rawobj: { n },
    record: { rectype: 'product', recid: n + 1 },
  }));

async function shop(t: TestContext, options: Partial<ActionlogOptions> = {}) {
  const log = await stage(options);
  const page = await openPage(log.url, secret, { gsid: '3', userid: '43' });
  t.after(async () => {
    await page[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
  });
  const { logaction } = log.actionlog.as({ userid: 42, gsid: 3, login: 'ann' }, { wssid: 9 });
  const entries = async () => (await log.actionlog.history({ gsid: 3, limit: 1000 })).toReversed();
  return { ...log, page, logaction, entries };
}

test('a list is written as it stands, and each record has its event', async (t) => {
  const { page, logaction, entries } = await shop(t);
  const { alogids, announced } = await logaction.many(products(30));
  assert.equal(new Set(alogids).size, 30);
  assert.deepEqual(new Set((await announced).map(({ status }) => status)), new Set(['sent']));
  const events = await page.until(30);
  assert.deepEqual(events.map(({ alogid }) => alogid).sort(), alogids.toSorted());
  const written = await entries();
  assert.deepEqual(
    written.map(({ alogid, recid, logmessage }) => [alogid, recid, logmessage]),
    alogids.map((alogid, n) => [alogid, String(n + 1), `updated ${n}`]),
  );
});

test('as a list it has one event, with the records that it stands for', async (t) => {
  const { page, logaction, entries } = await shop(t);
  const { alogids, announced } = await logaction.many(products(30), { announce: 'list', extra: { why: 'import' } });
  assert.deepEqual(await announced, [{ status: 'sent' }]);
  const recids = Array.from({ length: 30 }, (_, n) => String(n + 1));
  const [event] = await page.until(1);
  assert.deepEqual(
    [event?.alogid, event?.rectype, event?.recid, event?.extra],
    [alogids[0], 'product', '1', { why: 'import', count: 30, recids }],
  );
  assert.deepEqual(
    (await entries()).map(({ recid, sid }) => [recid, sid]),
    recids.map((recid) => [recid, 9]),
  );
  const many = await logaction.many(
    products(1000).map((one, n) => ({ ...one, record: { rectype: 'product', recid: `a-long-id-${n}` } })),
    { announce: 'list' },
  );
  assert.equal(many.alogids.length, 1000);
  assert.deepEqual(
    (await page.until(2))[1]?.extra,
    { count: 1000, recids: null },
    'more records than an event has room for',
  );
});

test('what a list has to announce stands in its row: the sweep announces it as well', async (t) => {
  const database = await createDatabase();
  t.after(() => database[Symbol.asyncDispose]());
  await migrate({ database: database.url });
  const announcer = { sweepAfterMs: 2002, sweepEveryMs: 20, retryWithinMs: 1 };
  const { page, logaction } = await shop(t, { database: database.url, announcer });
  const connection = await mysql.createConnection(database.url);
  t.after(() => connection.end());
  await connection.beginTransaction();
  const { alogids } = await logaction.many(products(3), { announce: 'list', connection });
  await connection.commit(); // and tells nobody
  await database.query('UPDATE actionlog SET logdate = logdate - 60');
  const [event] = await page.until(1);
  assert.deepEqual([event?.alogid, event?.extra], [alogids[0], { count: 3, recids: ['1', '2', '3'] }]);
});

test('on a transaction of its own or of the caller’s it is announced after the commit, and never after a rollback', async (t) => {
  const database = await createDatabase();
  t.after(() => database[Symbol.asyncDispose]());
  await migrate({ database: database.url });
  const { actionlog, page, logaction, entries } = await shop(t, { database: database.url });
  const ann = { logaction };
  const failing = actionlog.transaction(async (_tx, log) => {
    await log.many(ann, products(3));
    throw new Error('no');
  });
  await assert.rejects(failing, /no/);
  const { alogids, announced } = await actionlog.transaction(async (_tx, log) => await log.many(ann, products(3)));
  assert.deepEqual(
    (await announced).map(({ status }) => status),
    ['sent', 'sent', 'sent'],
  );
  const connection = await mysql.createConnection(database.url);
  t.after(() => connection.end());
  await connection.beginTransaction();
  const own = await logaction.many([...products(2), { message: 'of no record' }], { connection });
  assert.equal(await Promise.race([own.announced, 'waits']), 'waits');
  await connection.commit();
  const outcomes = await own.committed();
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['sent', 'sent', 'nothing'],
  );
  await connection.beginTransaction();
  const undone = await logaction.many(products(2), { connection });
  await connection.rollback();
  assert.deepEqual(await undone.rolledBack(), [{ status: 'rolled-back' }, { status: 'rolled-back' }]);
  const standing = [...alogids, ...own.alogids];
  assert.deepEqual(
    (await entries()).map(({ alogid }) => alogid),
    standing,
  );
  assert.deepEqual((await page.until(5)).map(({ alogid }) => alogid).sort(), standing.slice(0, 5).sort());
});

test('one that is refused refuses the list, and what is no list is told what it is to be', async (t) => {
  const { logaction, entries, errors } = await shop(t);
  const wrong: [unknown, unknown?][] = [
    ['x'],
    [[1]],
    [products(1001)],
    [products(1), { announce: 'some' }],
    [products(1), { announce: 'each', extra: {} }],
    [[...products(1), { message: 'of no record' }], { announce: 'list' }],
    [[...products(1), { message: 'another', record: { rectype: 'order', recid: 1 } }], { announce: 'list' }],
    [[{ ...products(1)[0], extra: 1 }], { announce: 'list' }],
    [[{ ...products(1)[0], trace: { price: '9 -> 8' } }]],
  ];
  for (const [actions, options] of wrong) {
    await assert.rejects(logaction.many(actions as never, options as never), (error: Error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, /^logaction\.many: /);
      return true;
    });
  }
  assert.deepEqual(await entries(), []);
  assert.deepEqual(await (await logaction.many([])).announced, []);
  const odd = await logaction.many([...products(1), { message: 'odd', record: { rectype: 'p' } as never }]);
  assert.deepEqual(await odd.announced, [{ status: 'sent' }, { status: 'failed', code: 'record-malformed' }]);
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['record-malformed'],
  );
});

test('in Gyroscope’s mode each record has its event, and a record without a message has no row', async (t) => {
  const internalKey = 'a key for the tests of thirty-two bytes.';
  const stream = { url: 'http://127.0.0.1:9', internalKey, wssecret: internalKey };
  const { logaction, entries, errors } = await shop(t, { compatibility: 'gyroscope', stream });
  await assert.rejects(logaction.many(products(2), { announce: 'list' }), TypeError);
  const { alogids, announced } = await logaction.many([
    ...products(1),
    { message: null, record: { rectype: 'product', recid: 7 } },
  ]);
  assert.deepEqual(alogids, [(await entries())[0]?.alogid, undefined]);
  assert.deepEqual(
    (await announced).map(({ status }) => status),
    ['failed', 'failed'],
  );
  assert.equal(errors.length, 2, 'both were relayed');
});
