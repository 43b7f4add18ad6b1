import type { RedisCommands } from '../../stream/redis-commands.ts';
import type { Look } from './follower.ts';
import { lookScript } from './scripts.ts';

/** What a sequence is asked for: after a place, from a time on (µs), or nothing of the past. */
export type LookAsk = ['at', epoch: string, offset: string] | ['since', time: string] | ['none'];

/** Asks for a tenant's place, and for what came after another one. */
export async function lookAt(
  commands: RedisCommands,
  keys: [meta: string, events: string],
  args: [newEpoch: string, keepMs: string] | string[],
  ask: LookAsk,
): Promise<Look> {
  const answer = (await commands.run(lookScript, keys, [...args, ...ask])) as unknown[];
  const [epoch, offset, reached, start, ...rest] = answer;
  const events: Look['events'] = [];
  for (let index = 0; index < rest.length; index += 3) {
    events.push({ offset: Number(rest[index]), at: Number(rest[index + 1]), payload: String(rest[index + 2]) });
  }
  return {
    ...{ epoch: String(epoch), offset: Number(offset) },
    reached: Number(reached) === 1,
    start: Number(start),
    events,
  };
}
