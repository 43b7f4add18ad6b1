import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tenantKey, userKey } from '../../lib/stream/gyroscope-keys.ts';
import { closeCodes } from '../../lib/stream/protocol.ts';
import { http, openPage, relay, secret, startServer } from './clients.ts';
import { clock, openBrowser, startGyroscope, wssecret } from './gyroscope-clients.ts';

const key178 = (gsid = '1') => tenantKey(wssecret, gsid, clock);
const key186 = (gsid = '1', userid = '7') => userKey(wssecret, gsid, userid, clock);
const introduction = (fields: Record<string, unknown> = {}) =>
  JSON.stringify({ type: 'getsid', userid: '7', auth: key178(), gsid: '1', ...fields });

describe('a browser up to 18.3', () => {
  test('is answered with its user in the type that it sent', async () => {
    await using running = await startGyroscope();
    for (const userid of [7, '7']) {
      const browser = await openBrowser(running.port, key178());
      browser.socket.send(introduction({ userid, gsid: 1 }));
      const greeting = await browser.next();
      assert.equal(greeting.userid, userid);
      assert.equal(greeting.gsid, '1');
    }
  });

  test('that says nothing is disconnected', async () => {
    await using running = await startGyroscope({ handshakeTimeoutMs: 100 });
    const browser = await openBrowser(running.port, key178());
    assert.equal((await browser.closed).code, closeCodes.silent.code);
  });

  const wrong: [string, Record<string, unknown>][] = [
    ['with a wrong key', { auth: 'nonsense' }],
    ['with the key of another tenant', { auth: tenantKey(wssecret, '2', clock) }],
    ['that names another tenant', { gsid: '2' }],
    ['that names another user than its key', { auth: key186('1', '8') }],
    ['without a user', { userid: '' }],
  ];
  for (const [title, fields] of wrong) {
    test(`${title} is disconnected as unauthorized`, async () => {
      await using running = await startGyroscope();
      const browser = await openBrowser(running.port, key178());
      browser.socket.send(introduction(fields));
      assert.equal((await browser.closed).code, closeCodes.unauthorized.code);
      assert.equal(running.server.connections, 0);
    });
  }

  for (const text of ['hello', '{"type":"update"}', introduction({ userid: null }), '['.repeat(1_000)]) {
    test(`that says ${text.slice(0, 20)} instead is disconnected for speaking`, async () => {
      await using running = await startGyroscope();
      const browser = await openBrowser(running.port, key178());
      browser.socket.send(text);
      assert.deepEqual(await browser.closed, { code: closeCodes.spoke.code, reason: closeCodes.spoke.reason });
    });
  }

  test('that speaks a second time is disconnected for speaking', async () => {
    await using running = await startGyroscope();
    const browser = await openBrowser(running.port, key178());
    browser.socket.send(introduction());
    await browser.next();
    browser.socket.send(introduction());
    assert.equal((await browser.closed).code, closeCodes.spoke.code);
  });
});

describe('a browser since 18.6', () => {
  test('that introduces itself all the same is answered once, with the same connection id', async () => {
    await using running = await startGyroscope();
    const browser = await openBrowser(running.port, key186());
    const { sid } = await browser.next();
    browser.socket.send(introduction({ userid: 7, auth: key186() }));
    assert.deepEqual(await browser.next(), { type: 'getsid', sid, gsid: '1', userid: 7 });
    browser.socket.send(introduction());
    assert.equal((await browser.closed).code, closeCodes.spoke.code);
  });

  test('cannot introduce itself as somebody else', async () => {
    await using running = await startGyroscope();
    const browser = await openBrowser(running.port, key186());
    await browser.next();
    browser.socket.send(introduction({ userid: '8' }));
    assert.equal((await browser.closed).code, closeCodes.unauthorized.code);
  });

  test('gets pings, and no message that Gyroscope’s client does not know', async () => {
    await using running = await startGyroscope({ heartbeatMs: 30 });
    const browser = await openBrowser(running.port, key186());
    await browser.next();
    let messages = 0;
    browser.socket.on('message', () => {
      messages += 1;
    });
    for (let pings = 0; pings < 3; pings += 1) await new Promise((resolve) => browser.socket.once('ping', resolve));
    assert.equal(messages, 0);
  });
});

describe('which wires are open', () => {
  test('with Gyroscope’s keys alone the default wires are closed, and say so', async () => {
    await using running = await startGyroscope();
    const { status, json } = await relay(running.port, []);
    assert.deepEqual([status, json.error.code], [404, 'wire-closed']);
    assert.match(json.error.message, /secrets/);
    await assert.rejects(openPage(running.port), { status: 404 });
  });

  test('with secrets as well, all are open', async () => {
    await using running = await startGyroscope({ secrets: [secret] });
    assert.equal((await relay(running.port, [])).status, 202);
    await openPage(running.port);
    await openBrowser(running.port, key186());
  });

  test('without compatibility Gyroscope’s wire is closed, and says so', async () => {
    await using running = await startServer();
    await assert.rejects(openBrowser(running.port, key186()), (error: { status: number; text: string }) => {
      assert.match(error.text, /"code":"wire-closed".*compatibility/);
      return error.status === 404;
    });
    assert.equal((await http(running.port, { path: '/livez' })).status, 200);
  });
});
