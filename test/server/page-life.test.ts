import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { userKey } from '../../lib/stream/gyroscope-keys.ts';
import { closeCodes } from '../../lib/stream/protocol.ts';
import { http, openPage, openRaw, relay, relayHeaders, secret, startServer, updateOf } from './clients.ts';
import { clock, openBrowser, startGyroscope, wssecret } from './gyroscope-clients.ts';

describe('a page’s life', () => {
  test('is kept up by heartbeats and pings', async () => {
    await using running = await startServer({ secrets: [secret], heartbeatMs: 30 });
    const page = await openPage(running.port);
    const ping = once(page.socket, 'ping');
    for (let beats = 0; beats < 4; beats += 1) {
      const { type, time, ...rest } = await page.next();
      assert.deepEqual([type, typeof time, rest], ['heartbeat', 'number', {}]);
    }
    await ping;
    assert.equal(running.server.connections, 1);
  });

  test('ends where it does not answer pings, while others go on', async () => {
    await using running = await startServer({ secrets: [secret], heartbeatMs: 50 });
    const well = await openPage(running.port);
    const deaf = await openPage(running.port, '1', '7', { options: { autoPong: false } });
    assert.equal((await deaf.closed).code, closeCodes.unresponsive.code);
    assert.equal(running.server.connections, 1);
    assert.equal((await well.next()).type, 'heartbeat');
  });

  test('ends where it has lasted long enough, and it may return', async () => {
    await using running = await startServer({ secrets: [secret], heartbeatMs: 20, maxConnectionAgeMs: 60 });
    const page = await openPage(running.port);
    assert.deepEqual(await page.closed, { code: closeCodes.lifetime.code, reason: closeCodes.lifetime.reason });
    await openPage(running.port, '1', '7', { protocols: [`resume.${page.greeting.resume}`] });
  });

  test('that ends by a reset changes nothing for others', async () => {
    await using running = await startServer();
    const [well, broken] = [await openPage(running.port), await openPage(running.port)];
    broken.socket.terminate();
    await relay(running.port, [updateOf({ recid: '1' })]);
    assert.equal((await well.next()).recid, '1');
    assert.deepEqual(running.logged.error, []);
  });
});

describe('shutting down', () => {
  test('tells pages of both wires to come back, and is quick where they answer', async () => {
    const running = await startGyroscope({ secrets: [secret] });
    const page = await openPage(running.port);
    const browser = await openBrowser(running.port, userKey(wssecret, '1', '7', clock));
    const patience = { timeoutMs: 600_000 };
    await Promise.all([running.server.close(patience), running.server.close(patience)]);
    for (const { closed } of [page, browser]) {
      assert.deepEqual(await closed, { code: closeCodes.shutdown.code, reason: closeCodes.shutdown.reason });
    }
    assert.equal(running.server.connections, 0);
    await assert.rejects(http(running.port), { code: 'ECONNREFUSED' });
  });

  test('waits for nobody longer than it is told', async () => {
    const running = await startServer();
    const page = await openPage(running.port);
    page.socket.pause(); // reads nothing, and so answers nothing
    const silent = await openRaw(running.port);
    const begun = performance.now();
    await running.server.close({ timeoutMs: 150 });
    assert.ok(performance.now() - begun >= 140);
    await silent.ended;
    silent.socket.destroy();
    page.socket.terminate();
  });

  test('lets a relay that is under way come to its end, and takes no new one', async () => {
    await using running = await startServer();
    const body = JSON.stringify({ events: [updateOf()] });
    const head = (length: number) => {
      const lines = Object.entries(relayHeaders(body)).map(([name, value]) => `${name}: ${value}\r\n`);
      return `POST /relay HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n${lines.join('')}`;
    };
    const late = await openRaw(running.port, [head(0)]);
    const begun = await openRaw(running.port, [`${head(body.length)}\r\n`]);
    while (!begun.text()) await once(begun.socket, 'data'); // the 100 Continue: it has come as far as its body
    const closing = running.server.close({ timeoutMs: 1_000 });
    begun.socket.write(body);
    late.socket.write('\r\n');
    assert.deepEqual([await begun.ended, await late.ended], ['end', 'end']);
    assert.match(begun.text(), /HTTP\/1\.1 202 .*"accepted":1/s);
    assert.match(late.text(), /HTTP\/1\.1 503 .*"code":"shutting-down"/s);
    for (const { socket } of [begun, late]) socket.destroy();
    await closing;
  });

  test('is final', async () => {
    const { server } = await startServer();
    await assert.rejects(server.listen(), TypeError, 'it listens already');
    await server.close();
    await assert.rejects(server.listen(), { code: 'closed' });
  });
});
