import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { exchange, keys, openPage, openRaw, relay, secret, updateOf } from './clients.ts';
import { handshakeOf, startGyroscope } from './gyroscope-clients.ts';

/** Bytes that look random and are the same in every run. */
function* bytesOf(seed: string): Generator<Buffer> {
  for (let round = 0; ; round += 1) yield createHash('sha512').update(`${seed} ${round}`).digest();
}

describe('peers that mean no good', () => {
  test('a peer that connects and says nothing is ended', async () => {
    await using running = await startGyroscope({ secrets: [secret], handshakeTimeoutMs: 200 });
    const { text, how } = await exchange(running.port, []);
    assert.equal(how, 'end');
    assert.match(text, /^HTTP\/1\.1 408 /);
  });

  for (const [title, head] of [
    ['a request', 'GET / HT'],
    ['an upgrade', 'GET /?WSSabc= HTTP/1.1\r\nUpgrade: WebSocket\r\n'],
    ['headers', 'POST /relay HTTP/1.1\r\nHost: a\r\nX: '],
  ] as const) {
    test(`a peer that stops in the middle of ${title} is ended`, async () => {
      await using running = await startGyroscope({ secrets: [secret], handshakeTimeoutMs: 200 });
      const { text, how } = await exchange(running.port, [head]);
      assert.equal(how, 'end');
      assert.match(text, /^HTTP\/1\.1 408 /);
    });
  }

  test('a peer that stops after the handshake of a relay is ended', async () => {
    await using running = await startGyroscope({ relayTimeoutMs: 100 });
    const { text, how } = await exchange(running.port, [handshakeOf(1)]);
    assert.equal(how, 'end');
    assert.match(text, /in time/);
  });

  test('a peer that never ends its side is given up', async () => {
    await using running = await startGyroscope();
    const { socket, ended } = await openRaw(running.port, ['nonsense\r\n\r\n']);
    assert.equal(await ended, 'end');
    const gone = new Promise((resolve) => socket.once('close', resolve));
    const writing = setInterval(() => socket.write('x'), 20);
    socket.on('error', () => undefined); // told by `close`
    await gone;
    clearInterval(writing);
  });

  test('headers without an end are refused', async () => {
    await using running = await startGyroscope();
    const { text, how } = await exchange(running.port, [`GET / HTTP/1.1\r\nX: ${'x'.repeat(40_000)}`]);
    assert.equal(how, 'end');
    assert.match(text, /^HTTP\/1\.1 431 /);
  });

  test('bytes that are no HTTP are refused in order', async () => {
    await using running = await startGyroscope();
    const { text, how } = await exchange(running.port, [Buffer.from([0x16, 3, 1, 0, 0xff, 0]), Buffer.alloc(50_000)]);
    assert.equal(how, 'end');
    assert.match(text, /^HTTP\/1\.1 400 .*"code":"bad-request"/s);
  });

  test('bytes that are no frames end a page’s connection, and nothing else', async () => {
    await using running = await startGyroscope({ secrets: [secret] });
    const token = await keys.issueToken({ gsid: '1', userid: '7', login: 'amy' });
    const well = await openPage(running.port);
    for (let stream = 0; stream < 20; stream += 1) {
      const head = `GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: actionlog, bearer.${token}\r\n\r\n`;
      const bytes = bytesOf(`frames ${stream}`);
      const { socket, text } = await openRaw(running.port, [head, bytes.next().value, bytes.next().value]);
      await new Promise((resolve) => {
        socket.once('close', resolve);
        socket.once('end', () => socket.destroy());
        socket.on('error', () => undefined); // told by `close`
      });
      assert.match(text(), /^HTTP\/1\.1 101 /);
    }
    await relay(running.port, [updateOf({ recid: 'after' })]);
    assert.equal((await well.next()).recid, 'after');
    assert.deepEqual(running.logged.error, []);
  });

  test('a thousand streams of random bytes leave it alive and serving', async () => {
    await using running = await startGyroscope({ secrets: [secret], handshakeTimeoutMs: 2_000, relayTimeoutMs: 500 });
    const page = await openPage(running.port);
    const beginnings = [
      '',
      'GET / HTTP/1.1\r\n',
      'POST /relay HTTP/1.1\r\nHost: a\r\n\r\n',
      handshakeOf(1),
      handshakeOf(2),
    ];
    const one = async (index: number) => {
      const bytes = bytesOf(`stream ${index}`);
      const pieces = Array.from({ length: 1 + (index % 4) }, () => bytes.next().value as Buffer);
      const { socket, ended } = await openRaw(running.port, [beginnings[index % 5] ?? '', ...pieces]);
      socket.on('error', () => undefined); // a reset is told by `ended`
      if (index % 3 === 0) socket.end();
      else if (index % 7 === 0) socket.resetAndDestroy();
      else await ended;
      socket.destroy();
    };
    for (let index = 0; index < 1_000; index += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, offset) => one(index + offset)));
    }
    assert.equal((await relay(running.port, [updateOf({ recid: 'after' })])).status, 202);
    assert.equal((await page.next()).recid, 'after');
    await openPage(running.port, '2');
    assert.deepEqual(running.logged.error, []);
    assert.ok(running.logged.warn.length < 20, 'strangers cannot fill the log');
  });
});
