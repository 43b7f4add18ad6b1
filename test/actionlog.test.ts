import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import request from 'supertest';
import { type ActionlogOptions, createActionlog } from '../lib/index.ts';
import { openPage } from './support/pages.ts';
import { product, secret, secrets, shop, stage } from './support/stage.ts';

test('an action of a client without any web socket reaches every page of its tenant, and of no other', async () => {
  await using stand = await stage();
  await using mine = await openPage(stand.url, secret, {
    gsid: '3',
    userid: '42',
  });
  await using colleague = await openPage(stand.url, secret, {
    gsid: '3',
    userid: '43',
  });
  await using stranger = await openPage(stand.url, secret, {
    gsid: '4',
    userid: '42',
  });
  const agent = request.agent(shop(stand.actionlog));
  await agent.post('/sign-in/3/42').expect(200);
  const answer = await agent.post(`/products/12?wssid_=${mine.greeting.sid}`).expect(200);
  assert.equal(answer.body.announcement.status, 'sent');

  const [event] = await colleague.until(1);
  const [own] = await mine.until(1);
  const { time, epoch, offset, ...rest } = event ?? assert.fail();
  const identity = { gsid: '3', userid: '42', login: 'login42' };
  assert.deepEqual(rest, {
    ...{ type: 'update', sid: mine.greeting.sid, ...identity },
    ...{ rectype: 'product', recid: '12', alogid: answer.body.alogid },
  });
  assert.equal(own?.sid, mine.greeting.sid);
  assert.ok(time && Math.abs(time - Date.now()) < 5000);
  assert.ok(epoch && offset === 1);
  // The stranger's next event is its own tenant's: nothing came before it.
  await stand.actionlog.streamaction({
    wssid: 0,
    ...product,
    gsid: 4,
    userid: 42,
  });
  assert.deepEqual(
    (await stranger.until(1)).map(({ gsid }) => gsid),
    ['4'],
  );
});

test('a colleague’s connection id is not believed: his page sees a change by somebody else', async () => {
  await using stand = await stage();
  await using victim = await openPage(stand.url, secret, {
    gsid: '3',
    userid: '43',
  });
  const agent = request.agent(shop(stand.actionlog));
  await agent.post('/sign-in/3/42');
  await agent.post('/products/12').type('form').send({ wssid_: victim.greeting.sid }).expect(200);
  assert.equal((await victim.until(1))[0]?.sid, 0);
});

test('a durable row is marked once its event is acknowledged', async () => {
  await using stand = await stage();
  const { logaction } = stand.actionlog.as({ userid: 42, gsid: 3, login: 'ann' }, { wssid: 7 });
  const { announced } = await logaction('updated', { a: 1 }, product);
  const [before] = await stand.actionlog.history({ gsid: 3 });
  assert.equal((await announced).status, 'sent');
  await stand.actionlog.close();
  assert.deepEqual([before?.sid, before?.logname, before?.recid, before?.rawobj], [7, 'ann', '12', '{"a":1}']);
});

test('a streaming server that is down neither fails nor delays the action, and is reported', async () => {
  const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  await using stand = await stage({
    stream: { url: `http://127.0.0.1:${port}`, secrets, timeoutMs: 200 },
  });
  const { logaction } = stand.actionlog.as({ userid: 42 });
  const { alogid, announced } = await logaction('updated', null, product);
  assert.ok(alogid);
  assert.deepEqual(await announced, {
    status: 'deferred',
    code: 'relay-timeout',
  });
  const [told, ...more] = stand.errors;
  assert.deepEqual(
    [told?.code, (told?.cause as { code?: string } | undefined)?.code, more.length],
    ['relay-paused', 'relay-timeout', 0],
  );
  assert.equal((await stand.actionlog.history({ gsid: 1 }))[0]?.wssdone, 0);
  silent.close();
});

test('under at-most-once what cannot be delivered has failed', async () => {
  await using stand = await stage({
    delivery: 'at-most-once',
    stream: { url: 'http://127.0.0.1:1', secrets },
  });
  const { announced } = await stand.actionlog.as({ userid: 42 }).logaction('updated', null, product);
  assert.deepEqual(await announced, {
    status: 'failed',
    code: 'relay-unreachable',
  });
  assert.equal((await stand.actionlog.history({ gsid: 1 }))[0]?.wssdone, 1);
});

test('a wrong secret on one side is reported with the remedy', async () => {
  await using stand = await stage();
  const stream = {
    url: stand.url,
    secrets: ['another secret of thirty-two bytes, or more'],
  };
  await using other = await stage({ stream });
  const { announced } = await other.actionlog.as({ userid: 42 }).logaction('updated', null, product);
  assert.deepEqual(await announced, {
    status: 'deferred',
    code: 'relay-unauthorized',
  });
  assert.match(other.errors[0]?.message ?? '', /secret/);
});

test('poll mode and no streaming at all: the row alone', async () => {
  await using polled = await stage({ stream: { mode: 'poll' } });
  const waiting = await polled.actionlog.as({ userid: 42 }).logaction('updated', null, product);
  assert.deepEqual(await waiting.announced, { status: 'off' });
  assert.equal((await polled.actionlog.history({ gsid: 1 }))[0]?.wssdone, 0);
  await using quiet = await stage({ stream: undefined });
  const kept = await quiet.actionlog.as({ userid: 42 }).logaction('updated', null, product);
  assert.deepEqual(await kept.announced, { status: 'off' });
  assert.equal((await quiet.actionlog.history({ gsid: 1 }))[0]?.wssdone, 1);
});

test('behind https a ws: address is warned of, with the remedy', async () => {
  await using stand = await stage();
  const agent = request.agent(shop(stand.actionlog));
  await agent.post('/sign-in/3/42');
  const warned = once(process, 'warning');
  await agent.get('/actionlog/connect').set('X-Forwarded-Proto', 'https').expect(200);
  const [warning] = await warned;
  assert.equal(warning.code, 'ACTIONLOG_PUBLIC_URL');
  assert.match(warning.message, /stream\.publicUrl/);
});

test('without a session: 401 with a code, at the guard and in the handler', async () => {
  await using stand = await stage();
  const app = shop(stand.actionlog);
  const guarded = await request(app).post('/products/12').expect(401);
  assert.equal(guarded.body.error.code, 'not-signed-in');
  await request(app).post('/open').expect(401);
  assert.deepEqual(await stand.actionlog.history({ gsid: 1 }), []);
});

test('GET /connect gives the page its way in, and nobody else one', async () => {
  await using stand = await stage();
  const agent = request.agent(shop(stand.actionlog));
  const refused = await agent.get('/actionlog/connect').expect(401);
  assert.equal(refused.body.error.code, 'not-signed-in');
  await agent.post('/sign-in/3/42');
  const { body, headers } = await agent.get('/actionlog/connect').expect(200);
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(body.wire, 'default');
  assert.equal(new URL(body.url).port, new URL(stand.url).port);
  await agent.post('/sign-out');
  await agent.get('/actionlog/connect').expect(401);
});

test('a wrong option says which, what was expected, and no secret', () => {
  const good: ActionlogOptions = {
    database: 'sqlite::memory:',
    session: () => undefined,
  };
  const cases: [object, RegExp][] = [
    [{ database: undefined }, /"database"/],
    [{ session: {} }, /"session".*signedSession/],
    [{ stream: { url: 'http://127.0.0.1:9999' } }, /"stream\.secrets"/],
    [{ stream: { url: 'http://127.0.0.1:9999', secrets: [''] } }, /"stream\.secrets\.0".*32 bytes.*an empty string/],
    [{ stream: { url: 'http://127.0.0.1:9999', secrets: ['asdf-changeme'] } }, /published sample/],
    [{ stream: { url: 'localhost', secrets } }, /"stream\.url".*localhost/],
    [{ stream: { url: 'http://127.0.0.1:9999', secrets, internalKey: 'x' } }, /compatibility/],
    [
      {
        compatibility: 'gyroscope',
        stream: { url: 'http://127.0.0.1:9999', internalKey: 'k' },
      },
      /"stream\.wssecret"/,
    ],
    [
      {
        compatibility: 'gyroscope',
        stream: { internalKey: '', wssecret: 's', keepAlive: true },
      },
      /"stream\.keepAlive"/,
    ],
    [{ delivery: 'exactly-once' }, /"delivery".*at-least-once/],
    [{ stream: { url: 'http://127.0.0.1:9999', secrets: [undefined] } }, /environment variable/],
    [{ stream: { url: 'http://127.0.0.1:9999', secrets: 'text' } }, /a list of secrets/],
    [{ stream: { url: 'http://ann:sesame@127.0.0.1:1', secrets } }, /"stream\.url"(?!.*sesame)/],
    [{ sesion: 1 }, /unknown option "sesion"/],
    [
      { stream: { url: 'http://127.0.0.1:9999', secrets }, announcer: { sweepAfterMs: 8000 } },
      /"announcer\.sweepAfterMs".*announcer\.retryWithinMs \(6000\) and stream\.timeoutMs \(2000\)/,
    ],
  ];
  for (const [change, message] of cases) {
    assert.throws(
      () => createActionlog({ ...good, ...change } as ActionlogOptions),
      (error: Error) => {
        assert.ok(error instanceof TypeError);
        assert.match(error.message, message);
        assert.ok(!error.message.includes(secret));
        return true;
      },
    );
  }
});
