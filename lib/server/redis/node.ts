import { randomBytes } from 'node:crypto';
import { ActionlogError } from '../../errors.ts';
import { startBudget } from '../../stream/budget.ts';
import type { UpdateEvent } from '../../stream/protocol.ts';
import type { RedisSource } from '../../stream/redis-client.ts';
import { RedisCommands } from '../../stream/redis-commands.ts';
import type { Position, Wanted } from '../engine.ts';
import type { EngineNeeds, PageName } from '../engine-sink.ts';
import { Appender } from './appender.ts';
import { Board } from './board.ts';
import { Claims } from './claims.ts';
import type { FollowerOptions } from './follower.ts';
import { EngineKeys } from './keys.ts';
import { type LookAsk, lookAt } from './look.ts';
import { parsePayload } from './payload.ts';
import { Pulse } from './pulse.ts';
import { Sids } from './sids.ts';
import { Subscriptions } from './subscriptions.ts';
import { Tenants } from './tenants.ts';

/** What an {@link EngineNode} is told: `redisEngine`'s options. */
export interface EngineNodeOptions {
  redis: RedisSource;
  prefix: string;
  timeoutMs: number;
  lingerMs: number;
  keepMs: number;
  channels?: 'sharded' | 'plain' | undefined;
}

/** How the Redis engine of one node goes. */
export interface RedisEngineStats {
  /** Commands that were sent, those that say that the node is alive included. */
  commands: number;
  /** Messages that came over the channels. */
  messages: number;
  /** Events that this node has appended. */
  appended: number;
  /** Events that were delivered to this node's pages. */
  delivered: number;
  /** How often a gap was filled, or looked for, in a tenant's stream. */
  fills: number;
  /** How often pages were told that they may have missed something. */
  lost: number;
  /** Tenants that are listened for, tenant 0 included. */
  tenants: number;
}

/** What a page has missed of one sequence. */
interface Missed {
  epoch: string;
  start: number;
  newest: number;
  events: { event: UpdateEvent; at: number }[];
}

/** One server's part in the Redis engine: puts the parts together. */
export class EngineNode {
  readonly appender: Appender;
  readonly board: Board;
  readonly sids: Sids;
  readonly #options: EngineNodeOptions;
  readonly #needs: EngineNeeds;
  readonly #keys: EngineKeys;
  readonly #commands: RedisCommands;
  readonly #subscriptions: Subscriptions;
  readonly #pulse: Pulse;
  readonly #tenants: Tenants;
  readonly #claims: Claims;
  #counts = { delivered: 0, lost: 0 };
  /** Whether tenant 0 is followed, and revocations are heard. */
  #caughtUp = false;
  #catching: Promise<void> | undefined;
  #catchAgain = false;
  #closed = false;

  constructor(options: EngineNodeOptions, needs: EngineNeeds) {
    const { redis, prefix, timeoutMs, keepMs, lingerMs } = options;
    const { sink, revokedMs } = needs;
    this.#options = options;
    this.#needs = needs;
    const keys = new EngineKeys(prefix);
    this.#keys = keys;
    const beat = () => this.#pulse.beat();
    const commands = new RedisCommands({ redis, timeoutMs, onReady: beat });
    this.#commands = commands;
    const publish = () => (this.#sharded ? 'SPUBLISH' : 'PUBLISH');
    this.#pulse = new Pulse({
      ...{ commands, key: keys.nodes },
      onBeat: (isOther) => this.#alive(isOther),
      onChange: (alive, cause) => sink.onError(alive ? back() : away(cause)),
      onSilence: () => this.#reopen(),
    });
    const subscriptions = new Subscriptions({
      ...{ redis, sharded: () => this.#sharded },
      onReady: () => this.#catchUp('all'),
      onError: () => undefined, // that Redis is away is told once, by the pulse
    });
    this.#subscriptions = subscriptions;
    const newEpoch = () => randomBytes(8).toString('hex');
    this.appender = new Appender({ ...needs, commands, keys, keepMs, newEpoch, publish });
    this.sids = new Sids(commands, keys.sids);
    const nodes = () => this.#pulse.nodes();
    this.board = new Board({ commands, subscriptions, keys, sink, revokedMs, publish, nodes });
    this.#claims = new Claims({ commands, keys, sink, node: this.#pulse.node, publish });
    this.#tenants = new Tenants({
      ...{ keys, subscriptions, lingerMs },
      followerOf: (gsid) => this.#followerOf(gsid),
      told: (gsid, at, text) => this.#claims.hear(gsid, at, text),
    });
  }

  get ready(): boolean {
    return this.#pulse.isAlive && this.#subscriptions.isReady && this.#caughtUp && this.sids.left > 0;
  }

  get stats(): RedisEngineStats {
    return {
      ...this.#counts,
      commands: this.#commands.sent,
      messages: this.#subscriptions.messages,
      appended: this.appender.appended,
      fills: this.#tenants.fills,
      tenants: this.#tenants.size,
    };
  }

  /** Begins to connect; what fails is told, and tried again. */
  open(): void {
    const { onError } = this.#needs.sink;
    this.#commands.open().then(() => this.#pulse.beat(), onError);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#tenants.close();
    await this.#pulse.close();
    this.#subscriptions.close();
    this.#commands.close();
  }

  joined(page: PageName, returned: boolean): () => void {
    const leave = this.#tenants.joined(page);
    const unclaim = returned ? this.#claims.claim(page) : undefined;
    return () => {
      leave();
      unclaim?.();
    };
  }

  /** Listens for a tenant. Resolves with a function that tells its place. @throws ActionlogError `engine-away` */
  async placed(gsid: string): Promise<() => Position> {
    let stop = () => {};
    const late = new Promise<never>((_, reject) => {
      stop = startBudget(this.#options.timeoutMs, () => reject(away(undefined)));
    });
    try {
      await Promise.race([Promise.all([this.#tenants.follow(gsid), this.#tenants.follow('0')]), late]);
    } catch (cause) {
      throw cause instanceof ActionlogError && cause.code === 'engine-away' ? cause : away(cause);
    } finally {
      stop();
    }
    return () => this.#placeOf(gsid) ?? { epoch: '', offset: 0, offset0: 0 };
  }

  /** What comes after a wanted place in the tenant's sequence; undefined where that is not known. */
  async missed(gsid: string, wanted: Wanted): Promise<Missed | undefined> {
    const follower = this.#tenants.follower(gsid);
    if (!follower) return undefined;
    const look = await this.#look(gsid, askFor(gsid, wanted, follower.epoch));
    // a page may come from a node that was ahead of this one, or Redis may have begun anew
    if (look.epoch !== follower.epoch || look.offset > follower.offset) await follower.catchUp();
    if (!look.reached || look.epoch !== follower.epoch) return undefined;
    const events = look.events.flatMap(({ offset, at, payload }) => {
      const event = parsePayload(payload)?.event;
      return event && event.gsid === gsid ? [{ at, event: { ...event, offset } }] : [];
    });
    return { epoch: look.epoch, start: look.start, newest: look.offset, events };
  }

  get #sharded(): boolean {
    return this.#options.channels !== 'plain' && this.#pulse.hasShards;
  }

  #followerOf(gsid: string): FollowerOptions {
    const { sink } = this.#needs;
    return {
      look: (after) => this.#look(gsid, after ? ['at', after.epoch, String(after.offset)] : ['none']),
      deliver: (payload, { offset }) => {
        const epoch = this.#placeOf(gsid)?.epoch;
        if (!payload || payload.event.gsid !== gsid || epoch === undefined) return;
        this.#counts.delivered += 1;
        sink.deliver({ ...payload.event, epoch, offset }, payload.given, payload.takenAt);
      },
      lost: () => {
        this.#counts.lost += 1;
        sink.lost(gsid, (tenant) => this.#placeOf(tenant));
      },
      onError: (error) => {
        if (this.ready && !(error instanceof ActionlogError)) sink.onError(error); // else told by the pulse
      },
    };
  }

  /** The place of a tenant's pages; its epoch is of both sequences that they get. */
  #placeOf(gsid: string): Position | undefined {
    const own = this.#tenants.follower(gsid);
    const all = this.#tenants.follower('0');
    if (!own?.isPlaced || !all?.isPlaced) return undefined;
    return { epoch: `${own.epoch}-${all.epoch}`, offset: own.offset, offset0: all.offset };
  }

  async #look(gsid: string, ask: LookAsk) {
    const args = [randomBytes(8).toString('hex'), String(this.#options.keepMs)];
    return await lookAt(this.#commands, [this.#keys.meta(gsid), this.#keys.events(gsid)], args, ask);
  }

  /** After each beat: what could not be done before is done now. */
  #alive(isOther: boolean): void {
    const { onError } = this.#needs.sink;
    this.#subscriptions.open().catch(onError); // once it is known whether there are sharded channels
    if (isOther || this.sids.left === 0) this.sids.take().catch(() => undefined); // tried again with the next beat
    if (!this.#subscriptions.isReady) return;
    if (isOther) this.#catchUp('all');
    else if (!this.#caughtUp || this.#tenants.anyStale) this.#catchUp('stale');
  }

  #catchUp(which: 'all' | 'stale'): void {
    if (which === 'all') this.#caughtUp = false;
    if (this.#catching) {
      this.#catchAgain = true;
      return;
    }
    const done = this.#catchAllUp(which).finally(() => {
      this.#catching = undefined;
      if (this.#catchAgain && !this.#closed) this.#catchUp('all');
    });
    this.#catching = done.catch(() => undefined); // Redis is away again: tried with the next beat
  }

  async #catchAllUp(which: 'all' | 'stale'): Promise<void> {
    this.#catchAgain = false;
    await this.board.open();
    await this.#tenants.follow('0');
    await this.#tenants.catchUp(which);
    this.#caughtUp = this.#tenants.follower('0')?.stale === false;
    if (which === 'all') for (const gsid of this.#tenants.ids) await this.#claims.catchUp(gsid);
  }

  #reopen(): void {
    this.#subscriptions.reopen();
    this.#commands.reopen().catch(this.#needs.sink.onError);
  }
}

function askFor(gsid: string, wanted: Wanted, epoch: string): LookAsk {
  if ('since' in wanted) return ['since', String(wanted.since * 1000)];
  const [own = '', all = ''] = wanted.epoch.split('-');
  const [named, offset] = gsid === '0' ? [all, wanted.offset0] : [own, wanted.offset];
  return ['at', named === epoch ? epoch : '', String(offset)];
}

function away(cause: unknown): ActionlogError {
  const message = 'Redis is away: pages keep their connections, nothing is taken until it answers again; see the cause';
  return new ActionlogError('engine-away', message, { cause });
}

function back(): ActionlogError {
  return new ActionlogError('engine-back', 'Redis answers again: pages and relays are taken');
}
