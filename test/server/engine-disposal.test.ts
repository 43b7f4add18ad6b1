import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryEngine } from '../../lib/server/engine.ts';
import { redisEngine } from '../../lib/server/redis-engine.ts';
import { newPrefix, redisUrl } from '../support/redis.ts';
import { defaultHistory, RecordingSink, until } from './engine-contract.ts';

test('`await using` closes an engine, also one that was never started or is closed already', async () => {
  const sink = new RecordingSink();
  const engine = redisEngine({ redis: redisUrl, prefix: newPrefix() });
  {
    await using used = engine;
    used.start({ sink, history: defaultHistory, toleranceMs: 60_000, revokedMs: 120_000 });
    await until(() => used.ready);
  }
  assert.equal(engine.ready, false);
  await engine[Symbol.asyncDispose]();
  await using _unused = redisEngine({ redis: redisUrl, prefix: newPrefix() });
  await using memory = new MemoryEngine(defaultHistory);
  memory.start({ sink });
});
