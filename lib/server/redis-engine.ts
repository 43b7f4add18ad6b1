import { z } from 'zod';
import { ActionlogError } from '../errors.ts';
import { milliseconds, parseOptions } from '../options.ts';
import type { Dump, RevokeItem, UpdateEvent } from '../stream/protocol.ts';
import type { RedisSource } from '../stream/redis-client.ts';
import { redisPrefix, redisSource } from '../stream/redis-open.ts';
import type { Beginning, Engine, Position, RelayMark, Wanted } from './engine.ts';
import type { EngineNeeds, PageName } from './engine-sink.ts';
import type { DumpRectype } from './hub.ts';
import type { GivenIds } from './messages.ts';
import { EngineNode, type EngineNodeOptions, type RedisEngineStats } from './redis/node.ts';

/** Options of `redisEngine`. */
export interface RedisEngineOptions {
  /** Where Redis is: an address, or a client of redis or ioredis, also one of a cluster, which is never closed. */
  redis: RedisSource;
  /** Before all keys and channels, the same on all nodes; `''` only where Redis is this application's alone. */
  prefix: string;
  /** Budget for one command, in milliseconds. Default 2,000. */
  timeoutMs?: number | undefined;
  /** For how long a tenant is listened to after its last page has left this node, in milliseconds. Default 5,000. */
  lingerMs?: number | undefined;
  /** For how long a tenant without events or pages keeps its place, in milliseconds. Default 86,400,000, a day. */
  keepMs?: number | undefined;
  /** `plain`: no sharded channels, even where Redis has them. Default: where it has them (7.0). The same on all nodes. */
  channels?: 'sharded' | 'plain' | undefined;
}

const schema = z.strictObject({
  redis: redisSource,
  prefix: redisPrefix,
  timeoutMs: milliseconds.default(2_000),
  lingerMs: milliseconds.default(5_000),
  keepMs: milliseconds.default(86_400_000),
  channels: z.enum(['sharded', 'plain']).optional(),
});

/** The engine of several servers: their events, and the places of their pages, are in Redis. */
export interface RedisEngine extends Engine {
  /** How it goes, since the server began. */
  readonly stats: RedisEngineStats;
  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * An engine that connects several streaming servers over Redis or Valkey: `createStreamServer({ engine: redisEngine({ redis,
 * prefix }), … })`. It belongs to one server, which closes it.
 *
 * @throws TypeError where an option is wrong
 */
export function redisEngine(options: RedisEngineOptions): RedisEngine {
  return new NodeEngine(parseOptions(schema, options, 'redisEngine'));
}

class NodeEngine implements RedisEngine {
  readonly #options: EngineNodeOptions;
  #node: EngineNode | undefined;
  readonly remembersRelays = true;

  constructor(options: EngineNodeOptions) {
    this.#options = options;
  }

  get ready(): boolean {
    return this.#node?.ready ?? false;
  }

  get stats(): RedisEngineStats {
    return this.#started.stats;
  }

  start(needs: EngineNeeds): void {
    if (this.#node) throw new TypeError('redisEngine: it belongs to a server already; make one for each');
    this.#node = new EngineNode(this.#options, needs);
    this.#node.open();
  }

  append(event: UpdateEvent, given?: GivenIds, relay?: RelayMark): Promise<void> {
    return this.#started.appender.append(event, given, relay);
  }

  async begin(gsid: string, wanted?: Wanted): Promise<Beginning> {
    const node = this.#started;
    const place = await node.placed(gsid);
    const nothing = (recovered: false | undefined) => ({ from: place(), newest: place(), recovered, missed: [] });
    if (!wanted) return nothing(undefined);
    if (!('since' in wanted) && isSame(wanted, place())) return { ...nothing(undefined), recovered: true };
    const own = await node.missed(gsid, wanted);
    const all = own && gsid !== '0' ? await node.missed('0', wanted) : own;
    // the place of now: what came while Redis was asked is delivered, and held until the page is greeted
    const newest = place();
    if (!own || !all || `${own.epoch}-${all.epoch}` !== newest.epoch) return nothing(false);
    const missed = [...own.events, ...(gsid === '0' ? [] : all.events)].sort((a, b) => a.at - b.at);
    return {
      from: { epoch: newest.epoch, offset: own.start, offset0: all.start },
      newest: { epoch: newest.epoch, offset: own.newest, offset0: all.newest },
      recovered: true,
      missed: missed.map(({ event }) => ({ ...event, epoch: newest.epoch })),
    };
  }

  joined(page: PageName, returned: boolean): () => void {
    return this.#started.joined(page, returned);
  }

  newSid(): number | undefined {
    return this.#started.sids.draw();
  }

  revoke(item: RevokeItem): Promise<void> {
    return this.#started.board.revoke(item);
  }

  dump(rectype: DumpRectype, gsid: string): Promise<Dump> {
    return this.#started.board.dump(rectype, gsid);
  }

  async close(): Promise<void> {
    await this.#node?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #started(): EngineNode {
    if (!this.#node) throw new ActionlogError('closed', 'the engine was not started: give it to createStreamServer');
    return this.#node;
  }
}

function isSame(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.offset === b.offset && a.offset0 === b.offset0;
}
