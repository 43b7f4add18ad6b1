import assert from 'node:assert/strict';
import { test } from 'node:test';
import cookieParser from 'cookie-parser';
import express from 'express';
import request from 'supertest';
import { changes, createActionlog } from '../lib/index.ts';
import { product, stage } from './support/stage.ts';

test('the changed columns of an action are kept beside its entry, and found by record', async () => {
  await using stand = await stage();
  const { logaction } = stand.actionlog.as({ userid: 42 });
  const changed = changes({ price: 9, name: 'a' }, { price: 8.5, name: 'a', password: 'x' });
  const { alogid = '' } = await logaction('set the price', changed, product, { trace: changed });
  await logaction.many([{ message: 'again', record: product, trace: changes({ price: 8.5 }, { price: 8 }) }]);
  const found = await stand.actionlog.tracedChanges({ gsid: 1, alogids: [alogid] });
  assert.deepEqual(found.map(({ field, before, after, masked }) => [field, before, after, masked]).sort(), [
    ['password', null, null, true],
    ['price', '9', '8.5', false],
  ]);
});

test('what is no trace is refused, and no entry is written', async () => {
  await using stand = await stage();
  const { logaction } = stand.actionlog.as({ userid: 42 });
  const changed = changes({ price: 9 }, { price: 8 });
  const wrong: [unknown, unknown][] = [
    [{ ...changed }, product],
    ['price', product],
    [changed, null],
    [changed, undefined],
    [changed, { recid: 1 }],
  ];
  for (const [trace, record] of wrong) {
    await assert.rejects(logaction('x', null, record as never, { trace: trace as never }), TypeError);
  }
  assert.deepEqual(await stand.actionlog.history({ gsid: 1 }), []);
  const { announced } = await logaction('nothing changed', null, product, { trace: changes({ a: 1 }, { a: 1 }) });
  assert.equal((await announced).status, 'sent');
});

const app = (actionlog: Awaited<ReturnType<typeof stage>>['actionlog'], options: object = {}) => {
  const app = express();
  app.use(cookieParser(), actionlog.middleware());
  app.post('/', async (req, res) => {
    await req.logaction('x', {}, null, options);
    const own = [
      { message: 'z', correlation: 'own' },
      { message: 'none', correlation: null },
    ];
    await req.logaction.many([{ message: 'y' }, ...own], options);
    res.end();
  });
  return app;
};
const session = () => ({ userid: 42, gsid: 1 });

test('what a request wrote is tied together by its id, as far as it is one', async () => {
  const ids: [string | undefined, string | null][] = [
    ['req-1', 'req-1'],
    [' spaced out ', 'spaced out'],
    ['x'.repeat(64), 'x'.repeat(64)],
    ['x'.repeat(65), null],
    ['caf\u00e9', null],
    ['', null],
    [undefined, null],
  ];
  for (const [id, expected] of ids) {
    await using stand = await stage({ session });
    const asked = request(app(stand.actionlog)).post('/');
    await (id === undefined ? asked : asked.set('X-Request-Id', id)).expect(200);
    const entries = await stand.actionlog.history({ gsid: 1 });
    assert.deepEqual(
      entries.map(({ correlation }) => correlation),
      [null, 'own', expected, expected],
    );
  }
});

test('another header says it, none does, and what logaction is given wins', async () => {
  const cases: [object, object, (string | null)[]][] = [
    [{ correlationHeader: 'traceparent' }, {}, [null, 'own', 'trace', 'trace']],
    [{ correlationHeader: false }, {}, [null, 'own', null, null]],
    [{}, { correlation: 'given' }, [null, 'own', 'given', 'given']],
    [{}, { correlation: null }, [null, 'own', null, null]],
    [{}, { correlation: 'é'.repeat(70) }, [null, 'own', `${'é'.repeat(63)}…`, `${'é'.repeat(63)}…`]],
  ];
  for (const [options, given, expected] of cases) {
    await using stand = await stage({ session, ...options });
    await request(app(stand.actionlog, given))
      .post('/')
      .set({ 'X-Request-Id': 'req', traceparent: 'trace' })
      .expect(200);
    const entries = await stand.actionlog.history({ gsid: 1 });
    assert.deepEqual(
      entries.map(({ correlation }) => correlation),
      expected,
    );
  }
  const wrong = { database: 'sqlite::memory:', session, correlationHeader: 'no header' };
  assert.throws(() => createActionlog(wrong), /correlationHeader/);
});

test('a job names what its entries belong to', async () => {
  await using stand = await stage();
  const { logaction } = stand.actionlog.as({ userid: 42 }, { correlation: 'job-7' });
  await logaction('one');
  await logaction('two', null, null, { correlation: 'other' });
  const entries = await stand.actionlog.history({ gsid: 1 });
  assert.deepEqual(
    entries.map(({ correlation }) => correlation),
    ['other', 'job-7'],
  );
});
