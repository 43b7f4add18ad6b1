import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, mock, test } from 'node:test';
import { StreamKeys } from '../../lib/stream/keys.ts';
import { closeCodes } from '../../lib/stream/protocol.ts';
import { exchange, keys, openPage, openSocket, relay, secret, startServer, updateOf } from './clients.ts';

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a page', () => {
  test('is greeted with its connection id, its user, its place in the events, and a statement to return with', async () => {
    await using running = await startServer();
    await relay(running.port, [updateOf()]);
    const before = Date.now();
    const { greeting, socket } = await openPage(running.port, '1', '7', { path: '/wss/behind/a/proxy?x=1' });
    const { sid, epoch, resume, time, ...rest } = greeting;
    assert.deepEqual(rest, { type: 'getsid', gsid: '1', userid: '7', offset: 1, offset0: 0 });
    assert.ok(Number.isInteger(sid) && sid > 0 && sid <= 0xffff_ffff);
    assert.ok(typeof epoch === 'string' && epoch.length >= 8);
    assert.ok(time >= before && time <= Date.now());
    assert.deepEqual(await keys.verifyResume(resume), { sid, gsid: '1', userid: '7' });
    assert.equal(socket.protocol, 'actionlog');
    assert.equal(running.server.connections, 1);
  });

  test('misses no event between its greeting’s place and its first event', async () => {
    await using running = await startServer();
    const opening = openPage(running.port);
    const sending = Array.from({ length: 30 }, (_, index) => relay(running.port, [updateOf({ recid: `${index}` })]));
    const page = await opening;
    await Promise.all(sending);
    for (let offset = page.greeting.offset + 1; offset <= 30; offset += 1)
      assert.equal((await page.next()).offset, offset);
  });

  test('may offer what the server does not know', async () => {
    await using running = await startServer();
    await openPage(running.port, '1', '7', { protocols: ['unknown'] });
  });

  for (const [title, message] of [
    ['a text', 'hello'],
    ['bytes', Buffer.from([1, 2])],
  ] as const) {
    test(`that sends ${title} is disconnected for speaking, and gets nothing any more`, async () => {
      await using running = await startServer();
      const page = await openPage(running.port);
      page.socket.send(message);
      assert.deepEqual(await page.closed, { code: closeCodes.spoke.code, reason: closeCodes.spoke.reason });
      assert.equal(running.server.connections, 0);
    });
  }

  test('that sends too large a frame is disconnected, with the reason', async () => {
    await using running = await startServer();
    const page = await openPage(running.port);
    page.socket.send('x'.repeat(2_000));
    assert.deepEqual(await page.closed, { code: closeCodes.tooLarge.code, reason: closeCodes.tooLarge.reason });
    await openPage(running.port);
  });
});

describe('a page that returns', () => {
  test('gets its connection id back, and the older connection is closed', async () => {
    await using running = await startServer();
    const older = await openPage(running.port);
    const resumed = await openPage(running.port, '1', '7', { protocols: [`resume.${older.greeting.resume}`] });
    assert.equal(resumed.sid, older.sid);
    assert.deepEqual(await older.closed, { code: closeCodes.replaced.code, reason: closeCodes.replaced.reason });
    await relay(running.port, [updateOf({ sid: resumed.sid })]);
    assert.equal((await resumed.next()).sid, resumed.sid);
    assert.equal(running.server.connections, 1);
  });

  test('gets it back on another node and after a restart as well', async () => {
    await using one = await startServer();
    await using two = await startServer();
    const { sid, greeting } = await openPage(one.port);
    assert.equal((await openPage(two.port, '1', '7', { protocols: [`resume.${greeting.resume}`] })).sid, sid);
  });

  test('gets another one with the statement of another user or tenant, or one that is not ours', async () => {
    await using running = await startServer();
    const { sid, greeting } = await openPage(running.port);
    const token = await keys.issueToken({ gsid: '1', userid: '7', login: 'amy' });
    const foreign = await new StreamKeys(['x'.repeat(32)]).issueResume({ sid, gsid: '1', userid: '7' });
    for (const [gsid, userid, resume] of [
      ['1', '8', greeting.resume],
      ['2', '7', greeting.resume],
      ['1', '7', foreign],
      ['1', '7', token],
      ['1', '7', 'nonsense'],
    ]) {
      assert.notEqual((await openPage(running.port, gsid, userid, { protocols: [`resume.${resume}`] })).sid, sid);
    }
    assert.equal(running.server.connections, 6);
  });
});

describe('a page is refused before the upgrade', () => {
  const refused = async (status: number, code: string, protocols: string[], options = {}) => {
    await using running = await startServer();
    const opening = openSocket(`ws://127.0.0.1:${running.port}/`, protocols, options);
    await assert.rejects(opening, (error: { status: number; text: string }) => {
      assert.equal(JSON.parse(error.text).error.code, code);
      return error.status === status;
    });
    await openPage(running.port);
  };
  const token = () => keys.issueToken({ gsid: '1', userid: '7', login: 'amy' });
  const invalid = (forged: string) => refused(401, 'token-invalid', ['actionlog', `bearer.${forged}`]);

  test('without a token', async () => {
    await refused(401, 'token-missing', []);
    await refused(401, 'token-missing', ['actionlog']);
    await refused(401, 'token-missing', ['actionlog', 'bearer.']);
  });

  test('with a token that says it needs no signature', async () => {
    const payload = (await token()).split('.')[1];
    await invalid(`${base64url({ alg: 'none' })}.${payload}.`);
    await invalid(`${base64url({ alg: 'none' })}.${payload}.abc`);
  });

  test('with a token that was signed by another key, or changed', async () => {
    await invalid(await new StreamKeys(['x'.repeat(32)]).issueToken({ gsid: '1', userid: '7', login: 'amy' }));
    const [head = '', payload = '', signature = ''] = (await token()).split('.');
    const claims = JSON.parse(String(Buffer.from(payload, 'base64url')));
    await invalid(`${head}.${base64url({ ...claims, gsid: '2' })}.${signature}`);
    const raw = createHmac('sha256', secret).update(`${head}.${payload}`).digest('base64url');
    await invalid(`${head}.${payload}.${raw}`);
  });

  test('with a token that was made for something else', async () => {
    await invalid(await keys.issueResume({ sid: 5, gsid: '1', userid: '7' }));
  });

  test('with a token that is too old', async (t) => {
    t.after(() => mock.timers.reset());
    mock.timers.enable({ apis: ['Date'], now: Date.now() - 61_000 });
    const old = await token();
    mock.timers.reset();
    await invalid(old);
  });

  test('without the subprotocol that the answer must name', async () => {
    await refused(400, 'protocol-missing', [`bearer.${await token()}`]);
  });

  test('from an origin that is not allowed; other programs have none', async () => {
    const allowedOrigins = ['https://app.example.com', 'http://localhost:3000'];
    await using running = await startServer({ secrets: [secret], allowedOrigins });
    const open = (origin?: string) => openPage(running.port, '1', '7', origin ? { options: { origin } } : {});
    await open('https://app.example.com');
    await open('http://localhost:3000');
    await open();
    for (const origin of ['https://evil.example', 'https://app.example.com.evil.example', 'null']) {
      await assert.rejects(open(origin), { status: 403 });
    }
  });

  test('where there are as many as may be', async () => {
    await using running = await startServer({ secrets: [secret], maxConnections: 2 });
    const first = await openPage(running.port);
    await openPage(running.port);
    await assert.rejects(openPage(running.port), { status: 503 });
    first.socket.close();
    await first.closed;
    await openPage(running.port);
  });

  test('with a handshake that is none', async () => {
    await using running = await startServer();
    const bearer = `actionlog, bearer.${await token()}`;
    for (const lines of [
      ['Upgrade: websocket', 'Sec-WebSocket-Key: short', 'Sec-WebSocket-Version: 13'],
      ['Upgrade: websocket', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Version: 99'],
      ['Upgrade: h2c', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Version: 13'],
      ['Upgrade: websocket'],
    ]) {
      const head = ['GET / HTTP/1.1', 'Host: a', 'Connection: Upgrade', `Sec-WebSocket-Protocol: ${bearer}`, ...lines];
      const { text, how } = await exchange(running.port, [`${head.join('\r\n')}\r\n\r\n`, Buffer.alloc(50_000)]);
      assert.equal(how, 'end');
      assert.match(text, /^HTTP\/1\.1 400 .*"code":"handshake-malformed"/s);
    }
  });
});
