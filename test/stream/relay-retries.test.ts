import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ActionlogError } from '../../lib/errors.ts';
import { createStreamServer } from '../../lib/server/index.ts';
import { CircuitBreaker } from '../../lib/stream/circuit-breaker.ts';
import { HttpRelay } from '../../lib/stream/relay.ts';
import { isTransient, RelayRetries, retryAfterMs } from '../../lib/stream/relay-retries.ts';
import { openPage } from '../support/pages.ts';

const secrets = ['a secret for the tests of thirty-two bytes'];
const bounds = { connectTimeoutMs: 1000, timeoutMs: 1000, maxConnections: 1, maxQueued: 100 };
const retry = { retryWithinMs: 20_000, maxRetryEvents: 10, maxRetryBytes: 10_000 };
const event = { sid: 7, userid: 42, gsid: 3, rectype: 'product', recid: 12 };

/** A server that answers each relay in turn with a status, then with 202. */
async function peer(...statuses: [status: number, code: string, retryAfter?: string][]) {
  const relays: { id: unknown; stamp: unknown; body: string; at: number }[] = [];
  const server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    relays.push({
      id: req.headers['webhook-id'],
      stamp: req.headers['webhook-timestamp'],
      body,
      at: performance.now(),
    });
    const [status, code, retryAfter] = statuses.shift() ?? [202, ''];
    res.writeHead(status, { connection: 'close', ...(retryAfter ? { 'retry-after': retryAfter } : {}) });
    res.end(status === 202 ? '{"accepted":1,"refused":[]}' : JSON.stringify({ error: { code, message: code } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    relays,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

test('what failed for a while is sent again: the same id and body, until it is taken', async () => {
  await using server = await peer([503, 'busy'], [429, 'too-many'], [408, 'late'], [401, 'stamp-too-old']);
  const relay = new HttpRelay({ url: server.url, secrets, ...bounds, retry });
  assert.deepEqual(await relay.send(event), { refused: undefined });
  assert.equal(server.relays.length, 5);
  assert.equal(new Set(server.relays.map(({ id }) => id)).size, 1);
  assert.equal(new Set(server.relays.map(({ body }) => body)).size, 1);
  assert.deepEqual(relay.retrying, { events: 0, bytes: 0 });
  await relay.close(100);
});

test('each attempt has a stamp of its own moment', async (t) => {
  await using server = await peer([503, 'busy']);
  const relay = new HttpRelay({ url: server.url, secrets, ...bounds, retry });
  const first = Date.now();
  let asked = 0;
  t.mock.method(Date, 'now', () => first + 60_000 * asked++);
  await relay.send(event);
  assert.notEqual(server.relays[0]?.stamp, server.relays[1]?.stamp);
  await relay.close(100);
});

test('a signature that is wrong is not sent again', async () => {
  await using server = await peer([401, 'signature-wrong']);
  const relay = new HttpRelay({ url: server.url, secrets, ...bounds, retry });
  await assert.rejects(relay.send(event), { code: 'relay-unauthorized' });
  assert.equal(server.relays.length, 1);
  await relay.close(100);
});

test('what may be taken another time is told apart', () => {
  const error = (code: 'relay-refused' | 'relay-unauthorized', status: number, refusal?: string) =>
    new ActionlogError(code, 'x', { fields: { status, refusal } });
  assert.ok(isTransient(new ActionlogError('relay-unreachable', 'x')));
  assert.ok(isTransient(new ActionlogError('relay-timeout', 'x')));
  for (const status of [408, 429, 500, 503]) assert.ok(isTransient(error('relay-refused', status)));
  assert.ok(isTransient(error('relay-unauthorized', 401, 'stamp-too-old')));
  for (const status of [200, 400, 404, 413]) assert.ok(!isTransient(error('relay-refused', status)));
  assert.ok(!isTransient(error('relay-unauthorized', 401, 'stamp-too-new')));
  assert.ok(!isTransient(new Error('x')));
});

for (const status of [429, 503]) {
  test(`a ${status} with Retry-After is sent again no sooner than it says`, async () => {
    await using server = await peer([status, 'not-now', '1']);
    const relay = new HttpRelay({ url: server.url, secrets, ...bounds, retry });
    await relay.send(event);
    const [first, second] = server.relays.map(({ at }) => at);
    assert.ok((second ?? 0) - (first ?? 0) >= 999, `after ${(second ?? 0) - (first ?? 0)} ms`);
    await relay.close(100);
  });

  test(`a ${status} whose Retry-After is beyond the time for retries is left to the sweep at once`, async () => {
    await using server = await peer([status, 'not-now', '30']);
    const relay = new HttpRelay({ url: server.url, secrets, ...bounds, retry });
    await assert.rejects(relay.send(event), { code: 'relay-refused' });
    assert.equal(server.relays.length, 1);
    await relay.close(100);
  });
}

test('a Retry-After is read as seconds or as a date', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 2, 5, 9, 7, 11) });
  assert.equal(retryAfterMs('2'), 2000);
  assert.equal(retryAfterMs('Thu, 05 Mar 2026 09:07:14 GMT'), 3000);
  assert.equal(retryAfterMs('Thu, 05 Mar 2026 09:00:00 GMT'), 0);
  for (const odd of [undefined, '', '-1', 'soon', ['1', '2']]) assert.equal(retryAfterMs(odd), undefined);
});

test('the time for retries counts from when the entry was written: the sweep of another process counts from there', async () => {
  await using server = await peer([503, 'busy'], [503, 'busy']);
  const relay = new HttpRelay({ url: server.url, secrets, ...bounds, retry });
  await assert.rejects(relay.send({ ...event, time: Date.now() - retry.retryWithinMs }), { code: 'relay-refused' });
  assert.equal(server.relays.length, 1, 'it is the sweep’s by now');
  await relay.send({ ...event, time: Date.now() });
  assert.equal(server.relays.length, 3);
  await relay.close(100);
});

test('a server that asks for less is not taken for dead', async () => {
  await using server = await peer(...Array.from({ length: 8 }, (): [number, string] => [429, 'too-many-relays']));
  const told: string[] = [];
  const breaker = new CircuitBreaker({ onChange: ({ code }) => told.push(code), failures: 2 });
  const relay = new HttpRelay({ url: server.url, secrets, ...bounds, retry, breaker });
  await Promise.all([relay.send(event), relay.send(event), relay.send(event)]);
  assert.deepEqual(told, []);
  await relay.close(100);
  breaker.close();
});

test('what exceeds the budget of events or bytes fails at once', async () => {
  const away = new ActionlogError('relay-unreachable', 'away');
  const attempt = async (): Promise<string> => Promise.reject(away);
  const retries = new RelayRetries({ ...retry, attempt, paused: () => false });
  const since = performance.now();
  const waits = retries.take({ events: 10, bytes: 100, since }, away);
  await assert.rejects(retries.take({ events: 1, bytes: 1, since }, away), away);
  assert.deepEqual(retries.size, { events: 10, bytes: 100 });
  retries.close();
  await assert.rejects(waits, away);
  const large = new RelayRetries({ ...retry, attempt, paused: () => false });
  await assert.rejects(large.take({ events: 1, bytes: 10_001, since }, away), away);
  assert.deepEqual(large.size, { events: 0, bytes: 0 });
});

test('with a dead server hundreds of events are given up together, and it is asked a few times alone', async () => {
  await using server = await peer(...Array.from({ length: 50 }, (): [number, string] => [503, 'dead']));
  const told: string[] = [];
  const breaker = new CircuitBreaker({ onChange: ({ code }) => told.push(code) });
  const wide = { ...retry, maxRetryEvents: 1000, maxRetryBytes: 1_000_000 };
  const relay = new HttpRelay({ url: server.url, secrets, ...bounds, maxQueued: 1000, retry: wide, breaker });
  const outcomes = await Promise.allSettled(Array.from({ length: 500 }, () => relay.send(event)));
  assert.ok(outcomes.every(({ status }) => status === 'rejected'));
  assert.ok(server.relays.length <= 6, `${server.relays.length} attempts`);
  assert.deepEqual(told, ['relay-paused']);
  await assert.rejects(relay.send(event), { code: 'relay-paused' });
  await relay.close(100);
  breaker.close();
});

test('a relay that was taken, but whose answer was lost, reaches the pages once', async () => {
  await using server = createStreamServer({ secrets });
  const { port } = await server.listen();
  let answers = 0;
  // a proxy that swallows the first answer
  const proxy = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const headers = req.headers as Record<string, string>;
    const names = ['content-type', 'webhook-id', 'webhook-timestamp', 'webhook-signature'];
    const answer = await fetch(`http://127.0.0.1:${port}${req.url}`, {
      method: 'POST',
      headers: Object.fromEntries(names.map((name) => [name, headers[name] ?? ''])),
      body: Buffer.concat(chunks),
    });
    answers += 1;
    if (answers === 1) res.destroy();
    else res.writeHead(answer.status, { connection: 'close' }).end(await answer.text());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  await using page = await openPage(`http://127.0.0.1:${port}`, secrets[0] ?? '', { gsid: '3', userid: '43' });
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const relay = new HttpRelay({ url, secrets, ...bounds, retry });
  await relay.send(event);
  await relay.send({ ...event, recid: 13 });
  assert.deepEqual(
    (await page.until(2)).map(({ recid }) => recid),
    ['12', '13'],
  );
  assert.equal(answers, 3);
  await relay.close(100);
  proxy.close();
});
