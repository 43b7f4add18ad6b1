import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ActionlogError } from '../../errors.ts';
import type { RedisSource } from '../../stream/redis-client.ts';
import { RedisCommands } from '../../stream/redis-commands.ts';
import { parseRedisItem, redisActionsKey } from '../../stream/redis-relay.ts';
import type { ActionTaker, TakerNeeds } from '../action-taker.ts';
import { asksForDump, takeDump } from '../dumps.ts';
import { giveBackScript, leaseScript, takeScript } from './list-scripts.ts';

/** What a {@link ListTaker} is told: `redisActions`' options. */
export interface ListTakerOptions {
  redis: RedisSource;
  prefix: string;
  maxTaken: number;
  leaseMs: number;
  timeoutMs: number;
}

/** For how long one question waits for an action, in milliseconds. */
const waitMs = 2_000;
/** How long it waits after a failure, in milliseconds. */
const pauseMs = 250;
/** After how many failures in a row they are told. */
const tellAfter = 4;

/**
 * Takes actions from the list in Redis: each is moved to a list of those in hand, and taken off that once the engine has
 * it. What a server that died had in hand is given back by another one, and may come twice.
 */
export class ListTaker implements ActionTaker {
  readonly #options: ListTakerOptions;
  readonly #parts: TakerNeeds;
  readonly #server = randomBytes(9).toString('base64url');
  readonly #key: string;
  readonly #commands: RedisCommands;
  /** Of its own, since it waits. */
  readonly #waiting: RedisCommands;
  readonly #closing = new AbortController();
  #loop: Promise<void> | undefined;
  #leases: NodeJS.Timeout | undefined;
  /** Failures in a row. */
  #failures = 0;

  constructor(options: ListTakerOptions, parts: TakerNeeds) {
    const { redis, timeoutMs } = options;
    this.#options = options;
    this.#parts = parts;
    this.#key = redisActionsKey(options.prefix);
    this.#commands = new RedisCommands({ redis, timeoutMs });
    this.#waiting = new RedisCommands({ redis, timeoutMs: timeoutMs + waitMs });
  }

  start(): void {
    this.#loop ??= this.#run().catch(this.#parts.onError);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#leases);
    this.#waiting.close();
    await this.#loop;
    if (this.#loop) await this.#giveBack(this.#server).catch(() => undefined); // another server does once the lease is over
    this.#commands.close();
  }

  get #servers(): string {
    return `{${this.#key}}:servers`;
  }

  #inHand(server: string): string {
    return `{${this.#key}}:taken:${server}`;
  }

  #lease(server: string): string {
    return `{${this.#key}}:lease:${server}`;
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #run(): Promise<void> {
    await this.#commands.open();
    await this.#waiting.open();
    this.#leases = setInterval(() => this.#live().catch(() => undefined), this.#options.leaseMs / 3).unref(); // told by the loop
    let leased = false;
    while (!this.#closed) {
      try {
        if (!leased) await this.#live();
        leased = true;
        await this.#take();
        this.#failures = 0;
      } catch (error) {
        await this.#failed(error);
      }
    }
  }

  async #failed(error: unknown): Promise<void> {
    if (this.#closed) return;
    const { code } = error as { code?: unknown };
    this.#failures += 1;
    // once, and not while it connects; that the engine is away is told by the engine
    if (this.#failures === tellAfter && code !== 'engine-away') this.#parts.onError(error);
    if (code === 'redis-timeout') await this.#waiting.reopen();
    await sleep(pauseMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  /** One round: waits for an action, takes along what else waits, and lets go of it once the engine has all. */
  async #take(): Promise<void> {
    const inHand = this.#inHand(this.#server);
    if (!this.#parts.engine.ready) throw new ActionlogError('engine-away', 'the engine takes nothing at the moment');
    if (!(await this.#all(inHand)).length) {
      const seconds = String(waitMs / 1000);
      await this.#waiting.send(this.#key, 'BLMOVE', this.#key, inHand, 'RIGHT', 'LEFT', seconds);
      if (this.#closed) return;
    }
    const texts = (await this.#all(inHand)).reverse();
    if (texts.length === 0) return;
    await Promise.all(texts.map((text) => this.#one(text)));
    await this.#commands.send(inHand, 'DEL', inHand);
  }

  /** All that is in hand, and what else waits; the newest first. */
  async #all(inHand: string): Promise<string[]> {
    const most = String(this.#options.maxTaken);
    return ((await this.#commands.run(takeScript, [this.#key, inHand], [most])) as unknown[]).map(String);
  }

  async #one(text: string): Promise<void> {
    const { publish, engine, logger, onError, warnings } = this.#parts;
    const item = parseRedisItem(text);
    if (!item) {
      const message = `what stood in the list ${this.#key} was no action, and is dropped (${text.length} characters)`;
      warnings.warn('action', message);
      onError(new ActionlogError('action-dropped', message, { fields: { length: text.length } }));
    } else if (item.type === 'revoke') await engine.revoke(item);
    else if (asksForDump(item)) await takeDump(item, { engine, logger });
    else await publish(item);
  }

  /** Says that this server lives, and gives back what dead ones had in hand. */
  async #live(): Promise<void> {
    const { leaseMs } = this.#options;
    await this.#commands.run(leaseScript, [this.#servers, this.#lease(this.#server)], [this.#server, String(leaseMs)]);
    const servers = (await this.#commands.send(this.#servers, 'SMEMBERS', this.#servers)) as Iterable<unknown>;
    for (const server of [...servers].map(String)) {
      if (server === this.#server) continue;
      const lease = this.#lease(server);
      if (Number(await this.#commands.send(lease, 'EXISTS', lease)) === 0) await this.#giveBack(server);
    }
  }

  async #giveBack(server: string): Promise<void> {
    await this.#commands.run(giveBackScript, [this.#key, this.#inHand(server), this.#servers], [server]);
  }
}
