import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createStreamServer } from '../../lib/server/index.ts';
import { HttpRelay } from '../../lib/stream/relay.ts';
import { openPage } from '../support/pages.ts';
import { rawServer } from './raw-server.ts';

const secrets = ['a secret for the tests of thirty-two bytes'];
const [secret = ''] = secrets;
const bounds = { connectTimeoutMs: 1000, timeoutMs: 1000, maxConnections: 1, maxQueued: 100 };
const event = { sid: 7, userid: 42, gsid: 3n, rectype: 'product', recid: 12 };
const accepted = '{"accepted":1,"refused":[]}';

const relayTo = (url: string, options = {}) => new HttpRelay({ url, secrets, ...bounds, ...options });

test('ids go as text, whatever type the caller gave, and the request is signed', async () => {
  await using peer = await rawServer((socket) =>
    socket.end(`HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\n${accepted}`),
  );
  await relayTo(`${peer.url}/actionlog/`).send({ ...event, alogid: '9' });
  const [head = '', body = ''] = peer.connections[0]?.sent.split('\r\n\r\n') ?? [];
  assert.match(head, /^POST \/actionlog\/relay HTTP\/1\.1/);
  assert.match(head, /webhook-id: msg_.+[\s\S]*webhook-timestamp: \d+[\s\S]*webhook-signature: v1,/);
  const ids = { sid: 7, gsid: '3', userid: '42', recid: '12' };
  assert.deepEqual(JSON.parse(body), { events: [{ type: 'update', rectype: 'product', alogid: '9', ...ids }] });
});

test('each lone action has a connection of its own, which the server ends first, without a reset', async () => {
  await using peer = await rawServer((socket) =>
    socket.end(`HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\n${accepted}`),
  );
  const relay = relayTo(peer.url);
  await relay.send(event);
  await relay.send(event);
  while (peer.connections.some(({ steps }) => steps.length < 2)) await once(peer.server, 'gone');
  assert.deepEqual(
    peer.connections.map(({ steps }) => steps),
    [
      ['server ended', 'client ended'],
      ['server ended', 'client ended'],
    ],
  );
});

test('against our own server: actions that come faster go along, each is acknowledged', async () => {
  await using server = createStreamServer({ secrets });
  const { port } = await server.listen();
  const url = `http://127.0.0.1:${port}`;
  await using page = await openPage(url, secret, { gsid: '3', userid: '42' });
  const relay = relayTo(url, { maxQueued: 1000 });
  const recids = Array.from({ length: 500 }, (_, index) => String(index));
  const outcomes = await Promise.all(recids.map((recid) => relay.send({ ...event, recid })));
  assert.ok(outcomes.every(({ refused }) => refused === undefined));
  assert.deepEqual(
    (await page.until(500)).map(({ recid }) => recid),
    recids,
  );
});

test('an event that is refused fails alone, and only the question gets the dump', async () => {
  await using server = createStreamServer({ secrets, logger: { info() {}, warn() {}, error() {} } });
  const { port } = await server.listen();
  const relay = relayTo(`http://127.0.0.1:${port}`);
  const first = relay.send(event); // under way alone, the others go together
  const [bad, question, good] = await Promise.all([
    relay.send({ ...event, rectype: '' }),
    relay.send({ ...event, rectype: 'gsidmap', gsid: 0 }),
    relay.send(event),
  ]);
  assert.deepEqual(await first, { refused: undefined });
  assert.equal(bad.refused, 'event-malformed');
  assert.deepEqual(question.dump, { gsidmap: {} });
  assert.deepEqual(good, { refused: undefined });
});

test('what the server answers is told apart', async () => {
  const cases: [string, string][] = [
    [
      'HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n{"error":{"code":"signature-wrong","message":"the same secret"}}',
      'relay-unauthorized',
    ],
    ['HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\nbusy', 'relay-refused'],
    ['HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 'relay-refused'],
    ['HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\n<html>', 'relay-refused'],
    ['not HTTP at all\r\n\r\n', 'relay-unreachable'],
  ];
  for (const [answer, code] of cases) {
    await using peer = await rawServer((socket) => socket.end(answer));
    await assert.rejects(relayTo(peer.url).send(event), { code }, answer);
  }
});

test('a peer that accepts and says nothing costs no more than the budget', async () => {
  await using peer = await rawServer(() => undefined);
  await assert.rejects(relayTo(peer.url, { timeoutMs: 50 }).send(event), { code: 'relay-timeout' });
});

test('a batch over the size of a relay is split', async () => {
  await using server = createStreamServer({ secrets });
  const { port } = await server.listen();
  const relay = relayTo(`http://127.0.0.1:${port}`, { timeoutMs: 5000 });
  const large = { ...event, extra: 'x'.repeat(60_000) };
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => relay.send(large)));
  assert.ok(outcomes.every(({ refused }) => refused === undefined));
});
