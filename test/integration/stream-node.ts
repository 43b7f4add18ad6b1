/*
 * One streaming server of several, in a process of its own. The environment says where Redis is.
 */
import { redisActions, redisEngine } from '../../lib/redis/index.ts';
import { createStreamServer } from '../../lib/server/index.ts';

const redis = process.env['NODE_REDIS'] ?? '';
const server = createStreamServer({
  secrets: [process.env['NODE_SECRET'] ?? ''],
  engine: redisEngine({ redis, prefix: 'node_' }),
  actions: redisActions({ redis, prefix: 'node_', leaseMs: 2_000 }),
  drainMs: 500,
  returnWithinMs: 500,
  onError: () => undefined, // Redis is killed on purpose
});
process.once('SIGTERM', async () => {
  await server.close();
  process.exit(0);
});
const { port } = await server.listen();
while (!server.ready) await new Promise((resolve) => setTimeout(resolve, 20));
console.log(`node on http://127.0.0.1:${port}`);
