import type { HistoryBounds } from '../../../lib/server/history.ts';
import { type RedisEngine, type RedisEngineOptions, redisEngine } from '../../../lib/server/redis-engine.ts';
import { defaultHistory, RecordingSink, until } from '../engine-contract.ts';

/** A Redis engine that is ready, with what it delivers. */
export interface StartedEngine {
  engine: RedisEngine;
  sink: RecordingSink;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startedEngine(
  options: RedisEngineOptions,
  history: HistoryBounds = defaultHistory,
): Promise<StartedEngine> {
  const sink = new RecordingSink();
  const engine = redisEngine(options);
  engine.start({ sink, history, toleranceMs: 60_000, revokedMs: 120_000 });
  await until(() => engine.ready);
  return { engine, sink, [Symbol.asyncDispose]: async () => engine.close() };
}
