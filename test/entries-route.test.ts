import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import cookieParser from 'cookie-parser';
import express from 'express';
import request from 'supertest';
import {
  type ActionlogOptions,
  createActionlog,
  type RoutesOptions,
  type SessionFunction,
  sqliteStore,
} from '../lib/index.ts';

const secrets = ['a secret for the tests of thirty-two bytes'];
const product = { rectype: 'product', recid: 12 };
/** Who asks is what the header says: a session of the test's own. */
const session: SessionFunction = (req) => {
  const [gsid, userid] = req.get('x-user')?.split('/') ?? [];
  return gsid === undefined || userid === undefined ? undefined : { gsid, userid };
};

function stage(t: TestContext, options: Partial<ActionlogOptions> = {}, routes: RoutesOptions = {}) {
  const store = sqliteStore({ file: ':memory:' });
  const onError = () => undefined; // nobody answers at that port, and that is meant so
  const stream = { url: 'http://127.0.0.1:1', secrets };
  const actionlog = createActionlog({ database: store, session, stream, onError, ...options });
  t.after(() => actionlog.close());
  const app = express().set('env', 'test'); // keeps Express from printing errors
  app.use(cookieParser(), actionlog.middleware());
  app.use('/actionlog', actionlog.routes(routes));
  const ask = (query: string, user = '3/42') => request(app).get(`/actionlog/entries?${query}`).set('x-user', user);
  const log = async (message: string | null, gsid = 3, userid = 42, wssid = 77) => {
    const { alogid } = await actionlog
      .as({ gsid, userid, login: `login${userid}` }, { wssid })
      .logaction(message, { price: 9 }, product, { ctxid: 4, extra: { version: 2 } });
    return alogid;
  };
  return { app, ask, log, store, actionlog };
}

const since = () => `since=${Date.now()}`;

test('an entry that waits is told with all of its event, and without message and raw object', async (t) => {
  const { ask, log } = stage(t);
  const alogid = await log('secret words');
  const { body, headers } = await ask(since()).expect(200);
  const [{ time, ...entry }] = body.entries;
  assert.deepEqual(entry, {
    ...{ type: 'update', sid: 77, alogid, gsid: '3', userid: '42', login: 'login42' },
    ...{ rectype: 'product', recid: '12', ctxid: 4, extra: { version: 2 } },
  });
  assert.ok(Math.abs(time - Date.now()) < 5_000);
  assert.deepEqual([body.complete, body.more, headers['cache-control']], [true, undefined, 'no-store']);
});

test('an entry is told where it was announced since, whenever it was written', async (t) => {
  const { ask, log, store } = stage(t);
  const [early, late] = [await log('early'), await log('late')];
  const later = Date.now() + 3_600_000;
  await store.markAnnounced([early ?? ''], later - 10_001);
  await store.markAnnounced([late ?? ''], later - 10_000);
  const { body } = await ask(`since=${later}`).expect(200);
  assert.deepEqual(
    body.entries.map(({ alogid }: { alogid: string }) => alogid),
    [late],
  );
});

test('what waits is told for as long as it may be announced', async (t) => {
  const record = { rectype: 'product', recid: '12' };
  const given = { gsid: '3', userid: '42', logname: 'ann', logmessage: null, rawobj: undefined, extra: undefined };
  const logdate = Math.floor(Date.now() / 1000) - 600;
  for (const [announceWithinMs, count] of [
    [60_000, 0],
    [3_600_000, 1],
  ] as const) {
    const { ask, store, actionlog } = stage(t, { announcer: { announceWithinMs, sweepEveryMs: 3_600_000 } });
    await actionlog.ready();
    await store.write({
      ...given,
      ...record,
      logdate,
      sid: 0,
      ctxid: null,
      wssdone: 0,
      bulldozed: 0,
      correlation: null,
    });
    assert.equal((await ask(since()).expect(200)).body.entries.length, count);
  }
});

test('who asks for more than the last day gets that day, and is told that it is not all', async (t) => {
  const { ask, log, store } = stage(t);
  const [old, young] = [await log('old'), await log('young')];
  await store.markAnnounced([young ?? ''], Date.now());
  await store.markAnnounced([old ?? ''], 1);
  for (const [asked, complete] of [
    [Date.now() - 86_300_000, true],
    [Date.now() - 86_500_000, false],
    [0, false],
  ] as const) {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const { body } = await ask(`since=${asked}`).expect(200);
    t.mock.timers.reset();
    assert.equal(body.complete, complete, String(asked));
    assert.equal(body.entries.length, 2, 'both were written within the day');
  }
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 86_500_000 });
  const { body } = await ask('since=0').expect(200);
  assert.deepEqual([body.entries, body.complete], [[], false]);
});

test('no other tenant’s entry, and no other user’s connection id is told', async (t) => {
  const { ask, log } = stage(t);
  await log('of a colleague', 3, 43);
  await log('of another tenant', 4, 42);
  const { body } = await ask(since()).expect(200);
  assert.deepEqual(
    body.entries.map(({ gsid, userid, sid }: Record<string, unknown>) => [gsid, userid, sid]),
    [['3', '43', 0]],
  );
});

test('who is not signed in gets nothing, and a query that is none is refused', async (t) => {
  const { app, ask } = stage(t);
  await request(app).get('/actionlog/entries?since=1').expect(401);
  for (const query of [
    '',
    'since=',
    'since=soon',
    'since=-1',
    'since=1&since=2',
    'since=1&after=x',
    'since=1&after=1&after=2',
  ]) {
    const { body } = await ask(query).expect(400);
    assert.equal(body.error.code, 'query-malformed');
  }
});

test('message and raw object are told to whom the application lets read them', async (t) => {
  const asked: unknown[] = [];
  const authorize: RoutesOptions['authorize'] = async (actor, req) => {
    asked.push([actor.userid, req.path]);
    return actor.userid === '1';
  };
  const { ask, log } = stage(t, {}, { authorize });
  await log('words');
  const [told] = (await ask(since(), '3/1').expect(200)).body.entries;
  assert.deepEqual([told.message, told.rawobj], ['words', '{"price":9}']);
  const [untold] = (await ask(since(), '3/2').expect(200)).body.entries;
  assert.ok(!('message' in untold) && !('rawobj' in untold));
  assert.deepEqual(asked, [
    ['1', '/entries'],
    ['2', '/entries'],
  ]);
});

test('an authorize that fails fails the request, and tells nothing', async (t) => {
  const { ask, log } = stage(t, {}, { authorize: () => Promise.reject(new Error('no')) });
  await log('words');
  const { text } = await ask(since()).expect(500);
  assert.ok(!text.includes('words'));
  const { actionlog } = stage(t);
  assert.throws(() => actionlog.routes({ authorise: () => true } as RoutesOptions), /unknown option "authorise"/);
});

test('more entries than one answer has come page by page', async (t) => {
  const { ask, store, actionlog } = stage(t);
  await actionlog.ready();
  const given = { gsid: '3', userid: '42', logname: 'ann', logmessage: null, rawobj: undefined, sid: 0, ctxid: null };
  for (let recid = 1; recid <= 501; recid += 1) {
    const logdate = Math.floor(Date.now() / 1000);
    const record = { rectype: 'product', recid: `${recid}`, extra: undefined, logdate };
    await store.write({ ...given, ...record, wssdone: 0, bulldozed: 0, correlation: null });
  }
  const first = (await ask(since()).expect(200)).body;
  assert.deepEqual([first.entries.length, first.more], [500, first.entries.at(-1).alogid]);
  const second = (await ask(`${since()}&after=${first.more}`).expect(200)).body;
  assert.deepEqual([second.entries.length, second.entries[0].recid, second.more], [1, '501', undefined]);
});

test('what asks the streaming server who is connected is no change of a record', async (t) => {
  const { ask, actionlog } = stage(t);
  await actionlog.as({ gsid: 3, userid: 42 }).logaction('odd', null, { rectype: 'gsidmap', recid: 0 });
  assert.deepEqual((await ask(since()).expect(200)).body.entries, []);
});

test('where announcing leaves no time in the entry, the answer says that it is not complete', async (t) => {
  const { ask, log } = stage(t, { delivery: 'at-most-once' });
  await log('lost on its way');
  const { body } = await ask(since()).expect(200);
  assert.deepEqual([body.complete, body.entries.length], [false, 1]);
});
