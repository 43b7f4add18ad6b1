export type { RedisEngineStats } from '../server/redis/node.ts';
export { type RedisActionsOptions, redisActions } from '../server/redis-actions.ts';
export { type RedisEngine, type RedisEngineOptions, redisEngine } from '../server/redis-engine.ts';
export type { IoRedisClient, NodeRedisClient, RedisSource } from '../stream/redis-client.ts';
export { type RedisRelayOptions, redisRelay } from '../stream/redis-pusher.ts';
export type { RelayWay } from '../stream/relay-way.ts';
