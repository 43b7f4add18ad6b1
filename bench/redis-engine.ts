/*
 * End to end, from `logaction` to the page's handler: over the Redis engine and over the memory engine, action by action in
 * turn, at 50 a second. Prints both, and their ratio.
 *
 *   npm run bench:redis-engine -- [actions of each, default 300]
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type Actionlog, createActionlog, migrate } from '../lib/index.ts';
import { redisEngine } from '../lib/redis/index.ts';
import { createStreamServer, type StreamServer } from '../lib/server/index.ts';
import { StreamKeys } from '../lib/stream/keys.ts';
import { createDatabase } from '../test/support/mariadb.ts';
import { startMariadb, startRedis } from '../test/support/services.ts';

const count = Number(process.argv[2] ?? 300);
const secrets = ['a secret of this benchmark, of over thirty-two bytes'];

interface Way {
  name: string;
  server: StreamServer;
  actionlog: Actionlog;
  page: WebSocket;
  times: number[];
}

const services = await Promise.all([startMariadb(process.env), startRedis(process.env)]);
for (const { env } of services) Object.assign(process.env, env);
const database = await createDatabase();
await migrate({ database: database.url });

async function way(name: string, server: StreamServer): Promise<Way> {
  const { port } = await server.listen();
  while (!server.ready) await sleep(10);
  const actionlog = createActionlog({
    database: database.url,
    session: () => undefined,
    stream: { url: `http://127.0.0.1:${port}`, secrets },
  });
  await actionlog.ready();
  const token = await new StreamKeys(secrets).issueToken({ gsid: '1', userid: '7', login: 'ann' });
  const page = new WebSocket(`ws://127.0.0.1:${port}`, ['actionlog', `bearer.${token}`]);
  await once(page, 'message');
  return { name, server, actionlog, page, times: [] };
}

async function measure({ actionlog, page, times }: Way, recid: number): Promise<void> {
  const came = once(page, 'message');
  const begun = performance.now();
  await actionlog.as({ userid: 7, gsid: 1, login: 'ann' }).logaction('changed', {}, { rectype: 'product', recid });
  await came;
  times.push(performance.now() - begun);
}

const redis = process.env['TEST_REDIS_URL'] ?? '';
const ways = [
  await way('memory', createStreamServer({ secrets })),
  await way('redis', createStreamServer({ secrets, engine: redisEngine({ redis, prefix: 'bench_' }) })),
];
for (let turn = 0; turn < count + 50; turn += 1) {
  for (const one of turn % 2 ? ways : [...ways].reverse()) {
    await measure(one, turn);
    await sleep(10);
  }
}
const quantile = (times: number[], part: number) =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length * part)] ?? 0;
const [memory, over] = ways.map(({ name, times }) => {
  const warm = times.slice(50);
  const [p50, p99] = [quantile(warm, 0.5), quantile(warm, 0.99)];
  console.log(`${name.padEnd(8)} ${warm.length} actions  p50 ${p50.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms`);
  return p50;
});
console.log(`ratio of p50 (at most 1.6): ${((over ?? 0) / (memory ?? 1)).toFixed(2)}  (node ${process.version})`);
for (const { page, actionlog, server } of ways) {
  page.terminate();
  await actionlog.close();
  await server.close({ timeoutMs: 200 });
}
await database[Symbol.asyncDispose]();
for (const service of services) await service.stop();
