import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { createStreamServer } from '../../lib/server/index.ts';
import { HttpRelay } from '../../lib/stream/relay.ts';
import { openPage } from '../support/pages.ts';

const secrets = ['a secret for the tests of thirty-two bytes'];
const [secret = ''] = secrets;
const bounds = { connectTimeoutMs: 1000, timeoutMs: 2000, maxConnections: 1, maxQueued: 100, keepAlive: true };
const event = { sid: 7, userid: 42, gsid: 3n, rectype: 'product', recid: 12 };
const accepted = '{"accepted":1,"refused":[]}';
const stays = `HTTP/1.1 202 Accepted\r\nConnection: keep-alive\r\nContent-Length: ${accepted.length}\r\n\r\n${accepted}`;

const relayTo = (url: string, options = {}) => new HttpRelay({ url, secrets, ...bounds, ...options });

/** Passes connections on to a port, and counts them. */
async function countingProxy(port: () => number) {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    const onward = connect(port(), '127.0.0.1');
    for (const one of [socket, onward]) {
      sockets.add(one);
      one.on('error', () => undefined).once('close', () => [socket, onward].forEach((end) => void end.destroy()));
    }
    socket.pipe(onward).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

test('relays share a connection where both sides want it, and have one each where the server does not', async () => {
  for (const [relayKeepAliveMs, expected] of [
    [5000, 1],
    [0, 5],
  ] as const) {
    await using server = createStreamServer({ secrets, relayKeepAliveMs });
    const { port } = await server.listen();
    await using proxy = await countingProxy(() => port);
    await using page = await openPage(`http://127.0.0.1:${port}`, secret, { gsid: '3', userid: '42' });
    const relay = relayTo(proxy.url);
    for (let recid = 0; recid < 5; recid += 1) await relay.send({ ...event, recid });
    assert.equal(proxy.connections(), expected);
    assert.equal((await page.until(5)).length, 5);
    await relay.close(100);
  }
});

test('a server that allows it still ends the connection of a sender that does not ask', async () => {
  await using server = createStreamServer({ secrets, relayKeepAliveMs: 5000 });
  const { port } = await server.listen();
  await using proxy = await countingProxy(() => port);
  const relay = relayTo(proxy.url, { keepAlive: false });
  await relay.send(event);
  await relay.send(event);
  assert.equal(proxy.connections(), 2);
});

test('an event is neither lost nor doubled where the server restarts between relays', async () => {
  const first = createStreamServer({ secrets, relayKeepAliveMs: 60_000 });
  let { port } = await first.listen();
  await using proxy = await countingProxy(() => port);
  const relay = relayTo(proxy.url, { timeoutMs: 3000 });
  await relay.send(event);
  await first.close({ timeoutMs: 100 });
  await using second = createStreamServer({ secrets, relayKeepAliveMs: 60_000 });
  ({ port } = await second.listen());
  await using page = await openPage(`http://127.0.0.1:${port}`, secret, { gsid: '3', userid: '42' });
  await relay.send({ ...event, recid: 'after' });
  await relay.send({ ...event, recid: 'last' });
  assert.deepEqual(
    (await page.until(2)).map(({ recid }) => recid),
    ['after', 'last'],
  );
  await relay.close(100);
});

test('a connection that ends under a relay: it goes once more with its id, on a connection of its own', async () => {
  const seen: { id: string | undefined; connection: string | undefined }[] = [];
  const server = createServer((socket) => {
    let relays = 0;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const text = chunk.toString();
      if (!text.startsWith('POST')) return;
      relays += 1;
      const header = (name: string) => new RegExp(`^${name}: (.*)\r$`, 'im').exec(text)?.[1];
      seen.push({ id: header('webhook-id'), connection: header('connection') });
      if (relays === 1) socket.write(stays);
      else socket.destroy(); // as a server whose idle time was over at this very moment
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const relay = relayTo(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
  await relay.send(event);
  assert.deepEqual(await relay.send(event), { refused: undefined });
  assert.deepEqual(
    seen.map(({ connection }) => connection),
    ['keep-alive', 'keep-alive', 'close'],
  );
  assert.notEqual(seen[0]?.id, seen[1]?.id);
  assert.equal(seen[1]?.id, seen[2]?.id);
  await relay.close(100);
  server.close();
  await once(server, 'close');
});

test('relays that meet the end of the idle time arrive once each', async () => {
  await using server = createStreamServer({ secrets, relayKeepAliveMs: 5 });
  const { port } = await server.listen();
  await using page = await openPage(`http://127.0.0.1:${port}`, secret, { gsid: '3', userid: '42' });
  const relay = relayTo(`http://127.0.0.1:${port}`);
  const recids = Array.from({ length: 60 }, (_, index) => String(index));
  for (const recid of recids) {
    await relay.send({ ...event, recid });
    await new Promise((resolve) => setTimeout(resolve, 4 + Math.random() * 3)); // about the idle time
  }
  assert.deepEqual(
    (await page.until(recids.length)).map(({ recid }) => recid),
    recids,
  );
  await relay.close(100);
});

test('many application servers keep a connection each, and a server that is closed ends them all', async () => {
  const server = createStreamServer({ secrets, relayKeepAliveMs: 60_000 });
  const { port } = await server.listen();
  await using proxy = await countingProxy(() => port);
  const relays = Array.from({ length: 30 }, () => relayTo(proxy.url));
  for (let round = 0; round < 3; round += 1) await Promise.all(relays.map((relay) => relay.send(event)));
  assert.equal(proxy.connections(), 30);
  await server.close({ timeoutMs: 60_000 }); // would wait that long for a connection that stays
  await Promise.all(relays.map((relay) => relay.close(100)));
});

test('nobody there, nobody who answers: the same codes as on a connection of its own', async () => {
  await using silent = await countingProxy(() => 1);
  const unanswered = relayTo(silent.url);
  await assert.rejects(unanswered.send(event), { code: 'relay-unreachable' });
  await unanswered.close(100);
  const mute = createServer((socket) => void socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const relay = relayTo(`http://127.0.0.1:${(mute.address() as { port: number }).port}`, { timeoutMs: 50 });
  await assert.rejects(relay.send(event), { code: 'relay-timeout' });
  await relay.close(100);
  mute.close();
  await once(mute, 'close');
});
