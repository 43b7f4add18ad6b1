import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import cookieParser from 'cookie-parser';
import express from 'express';
import mysql from 'mysql2/promise';
import request from 'supertest';
import WebSocket from 'ws';
import { type ActionlogOptions, createActionlog, gyroscopeSession, migrate, signedSession } from '../../lib/index.ts';
import { createStreamServer } from '../../lib/server/index.ts';
import { createDatabase, type TestDatabase } from '../support/mariadb.ts';
import { openPage } from '../support/pages.ts';

const secrets = ['a secret for the tests of thirty-two bytes'];
const [secret = ''] = secrets;
const gyroscope = { internalKey: 'internal', wssecret: 'asdf', timeZone: 'America/Toronto' };
const record = { rectype: 'product', recid: 12 };

const rowsOf = (database: TestDatabase) =>
  database.query<{ alogid: string; wssdone: number; sid: number; announcedat?: string | null }>(
    'SELECT * FROM actionlog',
  );

/** An Express app with one route that logs, and what signs a user in. */
async function signedInAgent(options: ActionlogOptions) {
  const actionlog = createActionlog(options);
  await actionlog.ready();
  const app = express();
  app.use(cookieParser(), actionlog.middleware());
  app.use('/actionlog', actionlog.routes());
  app.post('/sign-in', (req, res) => {
    actionlog.signIn(req, res, { userid: 42, gsid: 3, login: 'ann', groups: ['users'] });
    res.end();
  });
  app.post('/save', actionlog.requireActor(), async (req, res) => {
    const { alogid, announced } = await req.logaction('saved', { price: 12 }, record);
    res.json({ alogid, ...(await announced) });
  });
  const cookies = (await request(app).post('/sign-in')).get('Set-Cookie') ?? [];
  const cookie = cookies.map((text) => text.split(';')[0]).join('; ');
  return { actionlog, app, cookie };
}

test('default: the row stands with wssdone=0, and becomes 1 with the time once the event is acknowledged', async () => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  await using server = createStreamServer({ secrets });
  const url = `http://127.0.0.1:${(await server.listen()).port}`;
  const pool = mysql.createPool(database.url);
  const { actionlog, app, cookie } = await signedInAgent({
    database: pool,
    session: signedSession({ secrets }),
    stream: { url, secrets },
  });
  await using page = await openPage(url, secret, { gsid: '3', userid: '43' });
  const saved = await request(app).post('/save').set('Cookie', cookie).set('Actionlog-Connection', '77');
  assert.equal(saved.body.status, 'sent');
  const [event] = await page.until(1);
  assert.deepEqual([event?.alogid, event?.login, event?.sid], [saved.body.alogid, 'ann', 77]);
  await actionlog.close();
  const [row] = await rowsOf(database);
  assert.deepEqual([row?.wssdone, row?.sid], [1, 77]);
  assert.ok(Math.abs(Number(row?.announcedat) - Date.now()) < 10_000);
  await pool.query('SELECT 1'); // the caller's pool is still open
  await pool.end();
});

test('with the streaming server away the row keeps wssdone=0, with everything of the event in it', async () => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  await using actionlog = createActionlog({
    database: database.url,
    session: () => undefined,
    stream: { url: 'http://127.0.0.1:1', secrets },
    onError: () => undefined,
  });
  const { logaction } = actionlog.as({ userid: 42, gsid: 3, login: 'ann' }, { wssid: 9 });
  const wide = { rectype: 'product', recid: '2f1c0a6e-0000-4000-8000-00000000beef' };
  const { announced } = await logaction('saved', {}, wide, { ctxid: 1, extra: { colour: 'red' } });
  assert.equal((await announced).status, 'deferred');
  const [row] = await database.query('SELECT wssdone, sid, rectype, recid, recref, extra, ctxid FROM actionlog');
  const expected = { wssdone: 0, sid: 9, rectype: 'product', recid: '0', recref: wide.recid, ctxid: 1 };
  assert.deepEqual({ ...row }, { ...expected, recid: row?.['recid'], extra: '{"colour":"red"}' });
  assert.equal(String(row?.['recid']), '0');
});

test("Gyroscope's wire: our app relays, our server takes it, a browser of either generation sees it", async () => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  await using server = createStreamServer({ compatibility: 'gyroscope', ...gyroscope, secrets });
  const url = `http://127.0.0.1:${(await server.listen()).port}`;
  const { actionlog, app, cookie } = await signedInAgent({
    compatibility: 'gyroscope',
    database: database.url,
    session: gyroscopeSession({ saltroot: 'a saltroot for the tests, long enough', timeZone: gyroscope.timeZone }),
    stream: { url, ...gyroscope },
  });
  const connect = await request(app).get('/actionlog/connect').set('Cookie', cookie).expect(200);
  assert.equal(connect.body.wire, 'gyroscope');
  const browser = new WebSocket(connect.body.url);
  const [greeting] = await once(browser, 'message');
  const { sid, gsid, userid } = JSON.parse(String(greeting));
  assert.deepEqual([gsid, userid], ['3', '42']);
  await using ours = await openPage(url, secret, { gsid: '3', userid: '43' });

  const heard = once(browser, 'message');
  const saved = await request(app).post(`/save?wssid_=${sid}`).set('Cookie', cookie).expect(200);
  assert.equal(saved.body.status, 'sent');
  const [message] = await heard;
  assert.deepEqual(JSON.parse(String(message)), { type: 'update', sid, gsid: '3', userid: '42', ...record });
  const [event] = await ours.until(1);
  assert.deepEqual([event?.sid, event?.recid, event?.alogid], [sid, '12', undefined]);
  browser.close();
  await once(browser, 'close');
  await actionlog.close();
  const [row] = await rowsOf(database);
  assert.deepEqual([row?.wssdone, row?.sid], [1, 0]);
});

test('a missing table is answered with the command that makes it', async () => {
  await using database = await createDatabase();
  await using actionlog = createActionlog({
    database: database.url,
    session: () => undefined,
    onError: () => undefined,
  });
  await assert.rejects(actionlog.ready(), { code: 'table-missing', message: /npx express-actionlog migrate/ });
  await assert.rejects(actionlog.as({ userid: 1 }).logaction('x'), { code: 'table-missing' });
  await migrate({ database: database.url });
  assert.ok((await actionlog.as({ userid: 1 }).logaction('x')).alogid, 'without a restart');
});

test('one tenant’s history never shows another’s', async () => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  await using actionlog = createActionlog({ database: database.url, session: () => undefined });
  for (const gsid of [3, 4]) await actionlog.as({ userid: 42, gsid }).logaction(`of ${gsid}`, {}, record);
  const messages = (await actionlog.history({ gsid: 3, ...record })).map(({ logmessage }) => logmessage);
  assert.deepEqual(messages, ['of 3']);
});
