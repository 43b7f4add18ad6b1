import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ActionlogError } from '../errors.ts';
import { count, parseOptions } from '../options.ts';
import { maxEventLength, type RevokeItem } from './protocol.ts';
import type { RedisSource } from './redis-client.ts';
import { RedisCommands } from './redis-commands.ts';
import { redisPrefix, redisSource } from './redis-open.ts';
import { redisAction, redisActionsKey, redisEntryAction } from './redis-relay.ts';
import type { OutgoingEvent, RelayOutcome } from './relay.ts';
import { RelayQueue } from './relay-queue.ts';
import type { RelayNeeds, RelayWay, RevokingRelay } from './relay-way.ts';

/** Options of `redisRelay`. */
export interface RedisRelayOptions {
  /** Where Redis is: an address, or a client of redis or ioredis, which is never closed. */
  redis: RedisSource;
  /** Before the name of the list, `<prefix>actions`; `''` only where Redis is this application's alone. */
  prefix: string;
  /** Most events in the list, while no streaming server takes them; beyond it they are deferred. Default 100,000. */
  maxListed?: number | undefined;
}

const schema = z.strictObject({ redis: redisSource, prefix: redisPrefix, maxListed: count.default(100_000) });

/**
 * Relays through a list in Redis, as Gyroscope's PHP does: `stream: { relay: redisRelay({ redis, prefix }), … }`. An event
 * counts as sent once Redis has it in the list.
 *
 * @throws TypeError where an option is wrong
 */
export function redisRelay(options: RedisRelayOptions): RelayWay {
  const checked = parseOptions(schema, options, 'redisRelay');
  return { open: (needs) => new RedisRelay(checked, needs) };
}

/** Most events that one command pushes. */
const maxBatch = 100;
/** For how long a revocation is tried again, in milliseconds: an old token opens nothing after that. */
const revokeWithinMs = 60_000;
const revokeEveryMs = 500;

class RedisRelay implements RevokingRelay {
  readonly #key: string;
  readonly #maxListed: number;
  readonly #needs: RelayNeeds;
  readonly #commands: RedisCommands;
  readonly #queue: RelayQueue<string, RelayOutcome>;
  readonly #closing = new AbortController();
  /** How long the list was after the last push. */
  #listed = 0;

  constructor({ redis, prefix, maxListed }: z.output<typeof schema>, needs: RelayNeeds) {
    this.#key = redisActionsKey(prefix);
    this.#maxListed = maxListed;
    this.#needs = needs;
    // that the connection is lost is told by the events that fail
    this.#commands = new RedisCommands({ redis, timeoutMs: needs.timeoutMs, awaitsFirst: true });
    this.#commands.open().catch(needs.onError);
    this.#queue = new RelayQueue({ ...needs, maxBatch, deliver: (batch) => this.#attempt(batch) });
  }

  async send(event: OutgoingEvent): Promise<RelayOutcome> {
    const text = this.#needs.gyroscope ? redisAction(event) : redisEntryAction(event);
    if (text.length > maxEventLength) return { refused: 'event-too-large' };
    const paused = this.#needs.breaker.admit();
    if (paused) throw paused;
    return await this.#queue.add(text, () => this.#needs.breaker.withdrawn());
  }

  async revoke(item: RevokeItem): Promise<RelayOutcome> {
    const until = Date.now() + revokeWithinMs;
    for (;;) {
      try {
        await this.#push([JSON.stringify(item)]);
        return {};
      } catch (error) {
        if (this.#closing.signal.aborted || Date.now() >= until) throw error;
        await sleep(revokeEveryMs, undefined, { signal: this.#closing.signal, ref: false }).catch(() => undefined);
      }
    }
  }

  async close(timeoutMs: number): Promise<void> {
    await this.#queue.close(timeoutMs);
    this.#closing.abort();
    this.#commands.close();
  }

  async #attempt(batch: string[]): Promise<RelayOutcome[]> {
    await this.#needs.breaker.attempt(() => this.#push(batch));
    return batch.map(() => ({}));
  }

  async #push(texts: string[]): Promise<void> {
    if (this.#listed >= this.#maxListed) this.#listed = Number(await this.#commands.send(this.#key, 'LLEN', this.#key));
    if (this.#listed >= this.#maxListed) {
      const message = `${this.#listed} events wait in the list ${this.#key}: does any streaming server take them?`;
      throw new ActionlogError('relay-queue-full', message);
    }
    this.#listed = Number(await this.#commands.send(this.#key, 'LPUSH', this.#key, ...texts));
  }
}
