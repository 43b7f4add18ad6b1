import { scriptOf } from '../../stream/redis-commands.ts';

/** Says that a server lives. KEYS: servers, its lease. ARGV: server, lease in ms. */
export const leaseScript = scriptOf(`
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], '1', 'PX', ARGV[2])
return 1
`);

/** Takes what waits. KEYS: actions, those in hand. ARGV: most in hand. Gives all that is in hand, the newest first. */
export const takeScript = scriptOf(`
local left = tonumber(ARGV[1]) - redis.call('LLEN', KEYS[2])
while left > 0 and redis.call('LMOVE', KEYS[1], KEYS[2], 'RIGHT', 'LEFT') do left = left - 1 end
return redis.call('LRANGE', KEYS[2], 0, -1)
`);

/** Gives back what a server has in hand. KEYS: actions, those in hand, servers. ARGV: server. Gives how many. */
export const giveBackScript = scriptOf(`
local given = 0
while redis.call('LMOVE', KEYS[2], KEYS[1], 'LEFT', 'RIGHT') do given = given + 1 end
redis.call('SREM', KEYS[3], ARGV[1])
return given
`);
