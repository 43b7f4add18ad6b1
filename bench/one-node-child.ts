/*
 * The streaming server that `one-node.ts` measures, in a process of its own. The environment says how it is to be; each
 * message from the parent is answered with what the process has used so far.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { redisEngine } from '../lib/redis/index.ts';
import { createStreamServer } from '../lib/server/index.ts';

const { secret, redis, prefix, heartbeatMs } = JSON.parse(process.env['BENCH_NODE'] ?? '{}');
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const server = createStreamServer({
  secrets: [secret],
  heartbeatMs,
  maxConnectionsPerUser: 1_000_000,
  maxConnectsPerMinute: 1_000_000,
  maxRelaysPerSecond: 1_000_000,
  ...(redis ? { engine: redisEngine({ redis, prefix }) } : {}),
});
const cpuSoFar = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
process.on('disconnect', () => process.exit(0));
process.on('message', () => {
  const cpuUs = cpuSoFar();
  collect();
  process.send?.({ cpuUs, collectedUs: cpuSoFar(), rss: process.memoryUsage().rss });
});
const { port } = await server.listen();
while (!server.ready) await new Promise((resolve) => setTimeout(resolve, 20));
console.log(`node on http://127.0.0.1:${port}`);
