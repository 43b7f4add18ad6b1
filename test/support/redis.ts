import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { createClient } from 'redis';
import { createClient as createClient5 } from 'redis-5';
import type { RedisSource } from '../../lib/stream/redis-client.ts';

/** Address of the test run's Redis. */
export const redisUrl = (() => {
  const url = process.env['TEST_REDIS_URL'];
  if (!url) throw new Error('TEST_REDIS_URL is not set: run the tests with `npm test`');
  return url;
})();

/** A prefix of its own for each test: they share one Redis. */
export const newPrefix = () => `t${randomBytes(6).toString('hex')}_`;

const path = redisUrl.startsWith('unix://') ? redisUrl.slice('unix://'.length) : undefined;

/** Every form in which Redis may be given. A client is never connected here: its settings are what counts. */
export const redisSources: Record<string, () => RedisSource> = {
  'an address': () => redisUrl,
  'a client of node-redis': () => createClient(path ? { socket: { path, tls: false } } : { url: redisUrl }),
  'a client of node-redis 5': () => createClient5(path ? { socket: { path, tls: false } } : { url: redisUrl }),
  'a client of ioredis': () => new Redis(path ?? redisUrl, { lazyConnect: true }),
  'a client of ioredis 5': () => new Redis5(path ?? redisUrl, { lazyConnect: true }),
};

/** A connected client to look into Redis with; to be destroyed. */
export async function openClient(url = redisUrl, reconnects = true) {
  const socket = url.startsWith('unix://') ? url.slice('unix://'.length) : undefined;
  const strategy = reconnects ? {} : { reconnectStrategy: false as const };
  const client = createClient(socket ? { socket: { path: socket, tls: false } } : { url, socket: strategy });
  client.on('error', () => undefined); // tests kill their Redis
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: async () => client.destroy() });
}
