import { z } from 'zod';
import { ActionlogError } from '../errors.ts';
import {
  connectionLike,
  type IoRedisClient,
  isRedisClient,
  type NodeRedisClient,
  type RedisConnection,
  type RedisListeners,
  type RedisSource,
} from './redis-client.ts';

/** Checks a {@link RedisSource}; the addresses are those that the clients know. */
export const redisSource = z.custom<RedisSource>(
  (value) => (typeof value === 'string' ? /^(rediss?|unix):\/\//.test(value) : isRedisClient(value)),
  'an address such as "redis://127.0.0.1:6379", or a client of redis (node-redis) or ioredis',
);

/** Checks a prefix of keys: braces are Redis Cluster's. */
export const redisPrefix = z
  .string("a prefix of the keys such as 'erp_'; '' only where Redis is this application's alone")
  .max(100)
  .regex(/^[^{}\s]*$/, 'a prefix without braces and spaces');

/**
 * Opens a connection: with the settings of a client, or to an address. It resolves without waiting for Redis to answer.
 *
 * @throws ActionlogError `driver-missing` where an address is given, and neither client is installed
 */
export async function openRedis(source: RedisSource, listeners: RedisListeners = {}): Promise<RedisConnection> {
  const client = typeof source === 'string' ? await clientOf(source) : source;
  return connectionLike(client, listeners);
}

/** A client that is never connected: it holds the settings. */
async function clientOf(url: string): Promise<NodeRedisClient | IoRedisClient> {
  const path = url.startsWith('unix://') ? url.slice('unix://'.length) : undefined;
  try {
    const { createClient } = await import('redis');
    return createClient(path ? { socket: { path, tls: false } } : { url });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    const { Redis } = await import('ioredis');
    return new Redis(path ?? url, { lazyConnect: true });
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    throw new ActionlogError('driver-missing', 'an address of Redis needs a client; run: npm install redis', { cause });
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
