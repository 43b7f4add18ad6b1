import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { createStreamServer } from '../../lib/server/index.ts';
import { HttpRelay } from '../../lib/stream/relay.ts';
import { LoneRequests } from '../../lib/stream/relay-connection.ts';
import { rawServer } from './raw-server.ts';

const bounds = { connectTimeoutMs: 1000, timeoutMs: 1000 };
const headers = () => ({ 'x-test': 'yes' });
const accepted = '{"accepted":1,"refused":[]}';
const whole = `HTTP/1.1 202 Accepted\r\nContent-Length: ${accepted.length}\r\n\r\n${accepted}`;

const post = (url: string, body = 'body', options = {}) =>
  new LoneRequests({ url, ...bounds, ...options }).post(headers, body);

/** The states of connections between a server's port and its clients, as the kernel has them: `06` is TIME_WAIT. */
async function waitingAt(port: number): Promise<{ client: number; server: number }> {
  const table = await readFile('/proc/net/tcp', 'utf8');
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  const waits = rows.filter(([, , , state]) => state === '06');
  return {
    client: waits.filter(([, , remote]) => remote?.endsWith(`:${hex}`)).length,
    server: waits.filter(([, local]) => local?.endsWith(`:${hex}`)).length,
  };
}

test('after many relays no port of the sender is in TIME_WAIT: they all are on the side of the server', async () => {
  const secrets = ['a secret for the tests of thirty-two bytes'];
  await using server = createStreamServer({ secrets });
  const { port } = await server.listen();
  const relay = new HttpRelay({ url: `http://127.0.0.1:${port}`, secrets, ...bounds, maxConnections: 2, maxQueued: 9 });
  for (let recid = 0; recid < 50; recid += 1) {
    await relay.send({ sid: 0, gsid: 1, userid: 2, rectype: 'product', recid });
  }
  const { client, server: atServer } = await waitingAt(port);
  assert.equal(client, 0);
  assert.ok(atServer > 25, `${atServer} at the server`);
});

test('a server that does not end gets 100 ms, and then an end, not a reset', async () => {
  await using peer = await rawServer((socket) => socket.write(whole));
  assert.equal((await post(peer.url)).text, accepted);
  while (peer.connections[0]?.steps.length !== 2) await once(peer.server, 'gone');
  assert.deepEqual(peer.connections[0].steps, ['client ended', 'server ended']);
});

test('a reset behind a whole answer takes nothing back', async () => {
  await using peer = await rawServer((socket) => socket.write(whole, () => socket.resetAndDestroy()));
  assert.equal((await post(peer.url)).status, 202);
});

for (const [title, answer] of [
  ['ends without an answer', ''],
  ['ends within its head', 'HTTP/1.1 202 Acc'],
  ['ends within its body', 'HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\n{'],
  ['answers with garbage', '\u0000\u0001\u0002 garbage'],
  ['sends a head that is too long', `HTTP/1.1 202 Accepted\r\nA: ${'b'.repeat(40_000)}`],
] as const) {
  test(`a peer that ${title} counts as not reached`, async () => {
    await using peer = await rawServer((socket) => socket.end(answer));
    await assert.rejects(post(peer.url), { code: 'relay-unreachable' });
  });
}

test('a peer that resets counts as not reached', async () => {
  await using peer = await rawServer((socket) => socket.resetAndDestroy());
  await assert.rejects(post(peer.url), { code: 'relay-unreachable', message: /is it running/ });
});

test('a refusal that comes before the body is sent is read', async () => {
  const refusal = 'HTTP/1.1 413 Too Large\r\nConnection: close\r\n\r\ntoo large';
  await using peer = await rawServer(() => undefined);
  peer.server.on('connection', (socket) => {
    socket.once('data', () => socket.end(refusal));
  });
  const answer = await post(peer.url, 'x'.repeat(8_000_000));
  assert.deepEqual([answer.status, answer.text], [413, 'too large']);
});

test('an answer that drips in is cut by the whole budget, however lively', async () => {
  await using peer = await rawServer((socket) => {
    socket.write('HTTP/1.1 202 Accepted\r\n\r\n');
    const dripping = setInterval(() => socket.write('x'), 5);
    socket.once('close', () => clearInterval(dripping));
  });
  await assert.rejects(post(peer.url, 'body', { timeoutMs: 60 }), { code: 'relay-timeout', message: /60 ms/ });
});

test('nobody there is told apart from nobody who answers', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as { port: number };
  closed.close();
  await once(closed, 'close');
  await assert.rejects(post(`http://127.0.0.1:${port}`), (error: Error & { code: string }) => {
    assert.equal(error.code, 'relay-unreachable');
    assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
    return true;
  });
  await assert.rejects(post('http://no-such-host.invalid'), { code: 'relay-unreachable' });
});

test('addresses of IPv6 and names are taken, and stand in the Host header', async () => {
  for (const [host, name] of [
    ['::1', '[::1]'],
    ['127.0.0.1', 'localhost'],
  ] as const) {
    await using peer = await rawServer((socket) => socket.end(whole), host);
    assert.equal((await post(`http://${name}:${peer.port}/at/`, 'hällo')).status, 202);
    const [head = '', body] = peer.connections[0]?.sent.split('\r\n\r\n') ?? [];
    assert.equal(body, 'hällo');
    const lines = head.split('\r\n');
    assert.equal(lines[0], 'POST /at/relay HTTP/1.1');
    assert.deepEqual(lines.slice(1).sort(), [
      'Connection: close',
      `Host: ${name}:${peer.port}`,
      'content-length: 6',
      'x-test: yes',
    ]);
  }
});
