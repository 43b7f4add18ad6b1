import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { type LoggerOptions, pino } from 'pino';
import { Registry } from 'prom-client';
import { createStreamServer } from '../../lib/server/index.ts';
import { StreamKeys } from '../../lib/stream/keys.ts';
import { http, keys, openPage, relay, secret, silentLogger, startServer, updateOf } from './clients.ts';

const operations = { port: 0 };

async function metricsOf(port: number): Promise<Map<string, number>> {
  const { status, text } = await http(port, { path: '/metrics' });
  assert.equal(status, 200);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [
      line
        .replace(/ \S+$/, '')
        .replace(/node="[^"]*",?/, '')
        .replace('{}', '')
        .replace('actionlog_server_', ''),
      Number(/\S+$/.exec(line)?.[0]),
    ]),
  );
}

test('the operations port tells health and metrics; the public port has no metrics', async () => {
  await using running = await startServer({ secrets: [secret], operations });
  const { server, port } = running;
  const own = server.operations?.port ?? assert.fail('no operations port');
  assert.equal(server.operations?.host, '127.0.0.1');
  assert.deepEqual(
    [(await http(own, { path: '/livez' })).text, (await http(own, { path: '/readyz' })).text],
    ['alive\n', 'ready\n'],
  );
  assert.equal((await http(port, { path: '/metrics' })).status, 404);
  assert.equal((await http(own, { path: '/relay', method: 'POST' })).status, 405);
  assert.equal((await http(own, { path: '/' })).status, 404);
});

test('metrics count connections, events, refusals by reason, latencies, queues and history', async () => {
  await using running = await startServer({ secrets: [secret], operations });
  const { server, port } = running;
  const own = server.operations?.port ?? assert.fail('no operations port');
  const [first, second] = [await openPage(port, '3', '42'), await openPage(port, '3', '43')];
  await relay(port, [updateOf({ gsid: '3' }), updateOf({ gsid: '4' }), { type: 'nothing' }]);
  await relay(port, [updateOf()], { signer: new StreamKeys(['another secret, of more than thirty-two bytes']) });
  await assert.rejects(openPage(port, '3', '42', { token: 'a.b.c' }), /401/);
  assert.equal((await first.next()).recid, '5');
  const values = await metricsOf(own);
  const expected: [string, number][] = [
    ['ready', 1],
    ['connections{wire="default"}', 2],
    ['events_received_total{from="relay"}', 2],
    ['events_sent_total', 2],
    ['refused_total{what="relay",reason="signature-wrong"}', 1],
    ['refused_total{what="connect",reason="token-invalid"}', 1],
    ['relay_seconds_count', 1],
    ['relay_seconds_bucket{le="+Inf"}', 1],
    ['delivery_seconds_count', 1],
    ['queue_bytes', 0],
    ['engine_ready', 1],
  ];
  for (const [name, value] of expected) assert.equal(values.get(name), value, name);
  assert.ok((values.get('history_bytes') ?? 0) > 0);
  const refused = [...values].filter(([name]) => name.startsWith('refused_total{what="event"'));
  assert.deepEqual(
    refused.map(([, value]) => value),
    [1],
  );
  first.socket.close();
  second.socket.close();
  await first.closed;
  await second.closed;
  const later = await metricsOf(own);
  assert.equal(later.get('connections{wire="default"}'), 0);
});

test('no tenant, user or address stands in a metric', async () => {
  await using running = await startServer({ secrets: [secret], operations });
  const { server, port } = running;
  const page = await openPage(port, 'tenant-of-secrets', 'user-of-secrets');
  await relay(port, [updateOf({ gsid: 'tenant-of-secrets', userid: 'user-of-secrets' })]);
  await page.next();
  assert.doesNotMatch(await (await server.metrics()).metrics(), /of-secrets|127\.0\.0\.1/);
  page.socket.close();
  await page.closed;
});

test('a server that is attached serves neither health nor metrics there; its registry joins another', async () => {
  const app = createServer((_req, res) => res.writeHead(404).end());
  const { logger } = silentLogger();
  const server = createStreamServer({ secrets: [secret], logger, node: 'a' });
  server.attach(app);
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  const { port } = app.address() as { port: number };
  for (const path of ['/metrics', '/actionlog/metrics', '/actionlog/readyz', '/livez']) {
    assert.equal((await http(port, { path })).status, 404, path);
  }
  const merged = Registry.merge([await server.metrics(), new Registry()]);
  assert.match(await merged.metrics(), /actionlog_server_ready\{node="a"\} 1/);
  await server.close();
  await new Promise((resolve) => app.close(resolve));
});

test('readyz is 503 while closing, and the operations port tells it to the end', async () => {
  const { logger } = silentLogger();
  const server = createStreamServer({ secrets: [secret], logger, operations, drainMs: 100 });
  const { port } = await server.listen();
  const own = server.operations?.port ?? assert.fail('no operations port');
  const page = await openPage(port);
  page.socket.pause(); // does not answer the close, so that closing lasts
  const closing = server.close({ timeoutMs: 300 });
  assert.equal(server.ready, false);
  const { status, text } = await http(own, { path: '/readyz' });
  assert.deepEqual([status, text], [503, 'shutting down\n']);
  assert.equal((await http(own, { path: '/livez' })).status, 200);
  await closing;
  page.socket.terminate();
  await assert.rejects(http(own, { path: '/livez' }));
});

test('with poll, readyz is 503 while the database is away', async () => {
  const { logger } = silentLogger();
  let told: () => void = () => undefined;
  const failed = new Promise<void>((resolve) => {
    told = resolve;
  });
  const poll = { database: 'mysql://app@127.0.0.1:1/erp', everyMs: 20 };
  const server = createStreamServer({ secrets: [secret], logger, poll, onError: () => told() });
  const { port } = await server.listen();
  await failed;
  const { status, text } = await http(port, { path: '/readyz' });
  assert.deepEqual([status, text], [503, 'cannot poll: database-unreachable\n']);
  const registry = await server.metrics();
  assert.match(await registry.metrics(), /actionlog_server_poll_sweep_failing\{node="[^"]*"\} 1/);
  await server.close();
});

test("a logger of pino's is taken as it is, and gets fields and events; revocations too", async () => {
  const lines: Record<string, unknown>[] = [];
  const options: LoggerOptions = { level: 'debug' };
  const logger = pino(options, { write: (line: string) => lines.push(JSON.parse(line)) });
  await using running = await startServer({ secrets: [secret], logger });
  const page = await openPage(running.port, '3', '42');
  await relay(running.port, [{ type: 'revoke', gsid: '3', userid: '42' }]);
  await page.closed;
  await relay(running.port, [updateOf({ rectype: 'gsidmap', gsid: '0' })]);
  await relay(running.port, 'no json');
  const byEvent = new Map(lines.map((line) => [line['event'], line]));
  assert.deepEqual([byEvent.get('revocation')?.['userid'], byEvent.get('revocation')?.['whole']], ['42', true]);
  assert.equal(byEvent.get('page-closed')?.['reason'], 'revoked');
  assert.equal(byEvent.get('relay-refused')?.['code'], 'body-malformed');
  assert.equal(byEvent.get('dump')?.['msg'], '{"gsidmap":{}}');
  assert.ok(!JSON.stringify(lines).includes(secret));
  assert.ok(keys);
});
