import { z } from 'zod';
import { count, milliseconds, parseOptions } from '../options.ts';
import type { RedisSource } from '../stream/redis-client.ts';
import { redisPrefix, redisSource } from '../stream/redis-open.ts';
import type { ActionSource } from './action-taker.ts';
import { ListTaker } from './redis/list-taker.ts';

/** Options of `redisActions`. */
export interface RedisActionsOptions {
  /** Where Redis is: an address, or a client of redis or ioredis, which is never closed. */
  redis: RedisSource;
  /** Before the name of the list, `<prefix>actions`: the same as PHP's and `redisRelay`'s. */
  prefix: string;
  /** Most actions in hand at a time. Default 100. */
  maxTaken?: number | undefined;
  /** After how long without a sign of life what a server had in hand is given back, in milliseconds. Default 15,000. */
  leaseMs?: number | undefined;
  /** Budget for one command, in milliseconds. Default 2,000. */
  timeoutMs?: number | undefined;
}

const schema = z.strictObject({
  redis: redisSource,
  prefix: redisPrefix,
  maxTaken: count.max(1_000).default(100),
  leaseMs: milliseconds.min(1_000).default(15_000),
  timeoutMs: milliseconds.default(2_000),
});

/**
 * Takes the actions that Gyroscope's PHP or `redisRelay()` has pushed to a list in Redis: `createStreamServer({ actions:
 * redisActions({ redis, prefix }), … })`, on as many servers as there are. They are not signed: who reaches Redis is trusted.
 *
 * @throws TypeError where an option is wrong
 */
export function redisActions(options: RedisActionsOptions): ActionSource {
  const checked = parseOptions(schema, options, 'redisActions');
  return { open: (parts) => new ListTaker(checked, parts) };
}
