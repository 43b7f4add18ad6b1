import { MemoryEngine } from '../../lib/server/engine.ts';
import { newPrefix, redisSources } from '../support/redis.ts';
import { engineContract, RecordingSink } from './engine-contract.ts';
import { startedEngine } from './redis/engines.ts';

engineContract('in memory', async (history) => {
  const sink = new RecordingSink();
  const engine = new MemoryEngine(history);
  engine.start({ sink });
  return { engine, sink };
});

for (const [name, source] of Object.entries(redisSources)) {
  engineContract(`in Redis, given ${name}`, async (history, end) => {
    const subject = await startedEngine({ redis: source(), prefix: newPrefix() }, history);
    end(() => subject.engine.close());
    return subject;
  });
}

engineContract('in Redis, without sharded channels', async (history, end) => {
  const [source] = Object.values(redisSources);
  const redis = source?.() ?? '';
  const subject = await startedEngine({ redis, prefix: newPrefix(), channels: 'plain' }, history);
  end(() => subject.engine.close());
  return subject;
});
