import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisCommands } from '../../stream/redis-commands.ts';
import type { EngineSink, PageName } from '../engine-sink.ts';
import type { EngineKeys } from './keys.ts';
import { parsedObject } from './payload.ts';
import { tellScript, toldScript } from './scripts.ts';

/** What {@link Claims} work with. */
export interface ClaimsOptions {
  commands: RedisCommands;
  keys: EngineKeys;
  sink: EngineSink;
  /** Names this node. */
  node: string;
  publish: () => string;
}

/** For how long a claim is kept for nodes that did not hear it, in milliseconds, and how many of a tenant. */
const keepMs = 600_000;
const most = 1_000;
const againMs = 1_000;

/** Who has taken up a connection id anew: an older holder of it on another node leaves. */
export class Claims {
  readonly #options: ClaimsOptions;
  /** By connection id: when its page here has claimed it, in microseconds by Redis' clock; 0 while that is not known. */
  readonly #own = new Map<number, number>();
  /** The latest claims of other nodes that came while our own was under way. */
  readonly #rivals = new Map<number, number>();

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** A page has taken up its id. Returns what is to be called once it has left. */
  claim(page: PageName): () => void {
    const { sid } = page;
    const left = new AbortController();
    this.#own.set(sid, 0);
    this.#tell(page, left.signal).catch(this.#options.sink.onError);
    return () => {
      left.abort();
      this.#own.delete(sid);
      this.#rivals.delete(sid);
    };
  }

  /** Takes what was told to a tenant's pages. @param at when, in microseconds */
  hear(gsid: string, at: number, text: string): void {
    const { sid, userid, node } = parsedObject(text) ?? {};
    if (typeof sid !== 'number' || typeof userid !== 'string' || node === this.#options.node) return;
    const own = this.#own.get(sid);
    if (own === 0) this.#rivals.set(sid, Math.max(at, this.#rivals.get(sid) ?? 0));
    else if (own === undefined || own < at) this.#options.sink.replaced({ gsid, userid, sid });
  }

  /** Reads what was claimed while this node may not have heard. */
  async catchUp(gsid: string): Promise<void> {
    const key = this.#options.keys.claims(gsid);
    const told = (await this.#options.commands.run(toldScript, [key], ['-'])) as unknown[];
    for (let index = 0; index < told.length; index += 2) this.hear(gsid, Number(told[index]), String(told[index + 1]));
  }

  /** Tells it, again and again where Redis is away, as long as the page is here. */
  async #tell({ gsid, userid, sid }: PageName, left: AbortSignal): Promise<void> {
    const { commands, keys, node, publish, sink } = this.#options;
    const key = keys.claims(gsid);
    const args = [publish(), keys.events(gsid), JSON.stringify({ sid, userid, node }), String(keepMs), String(most)];
    while (!left.aborted) {
      const at = await commands.run(tellScript, [key], args).then(Number, () => undefined);
      if (at === undefined) {
        await sleep(againMs, undefined, { signal: left, ref: false }).catch(() => undefined);
        continue;
      }
      if (left.aborted) return;
      this.#own.set(sid, at);
      if ((this.#rivals.get(sid) ?? 0) > at) sink.replaced({ gsid, userid, sid });
      this.#rivals.delete(sid);
      return;
    }
  }
}
