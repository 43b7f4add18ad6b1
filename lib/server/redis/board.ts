import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dump, parseRevoke, type RevokeItem } from '../../stream/protocol.ts';
import type { RedisCommands } from '../../stream/redis-commands.ts';
import { mergedDump } from '../dumps.ts';
import type { EngineSink } from '../engine-sink.ts';
import type { DumpRectype } from '../hub.ts';
import type { EngineKeys } from './keys.ts';
import { parsedObject, parseMessage } from './payload.ts';
import { tellScript, toldScript } from './scripts.ts';
import type { Subscriptions } from './subscriptions.ts';

/** What a {@link Board} works with. */
export interface BoardOptions {
  commands: RedisCommands;
  subscriptions: Subscriptions;
  keys: EngineKeys;
  sink: EngineSink;
  /** For how long revocations are kept, in milliseconds. */
  revokedMs: number;
  publish: () => string;
  /** The nodes that are alive. */
  nodes: () => Promise<string[]>;
}

/** Most revocations that are kept. */
const maxRevoked = 100_000;
/** How far back is read again after a pause: whose clock is off, or what was on its way, in milliseconds. */
const againMs = 60_000;
/** How long the nodes are given to say who is connected, in milliseconds, and how often is looked. */
const dumpWithinMs = 1_000;
const lookEveryMs = 15;

/** What every node hears: who was revoked, and who asks for a dump. */
export class Board {
  readonly #options: BoardOptions;
  /** Until when what was told has been read, in milliseconds by Redis' clock. */
  #readTo: number | undefined;

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  /** Listens, and reads what was told before. */
  async open(): Promise<void> {
    const { subscriptions, keys } = this.#options;
    await subscriptions.add(keys.revoked, (message) => {
      const said = parseMessage(message);
      if (said?.kind === 'told') this.#hear(said.at, said.text);
    });
    await this.catchUp();
  }

  /** Reads what was told while this node may not have heard. */
  async catchUp(): Promise<void> {
    const { commands, keys } = this.#options;
    const since = String(Math.max(0, Math.floor((this.#readTo ?? againMs) - againMs)));
    const told = (await commands.run(toldScript, [keys.revoked], [since])) as unknown[];
    for (let index = 0; index < told.length; index += 2) this.#hear(Number(told[index]), String(told[index + 1]));
  }

  async revoke(item: RevokeItem): Promise<void> {
    const { commands, keys, revokedMs, publish } = this.#options;
    const text = JSON.stringify({ ...item, at: item.at ?? Date.now() });
    const bounds = [revokedMs + againMs, maxRevoked].map(String);
    await commands.run(tellScript, [keys.revoked], [publish(), keys.revoked, text, ...bounds]);
  }

  /** Who is connected to all nodes that are alive. */
  async dump(rectype: DumpRectype, gsid: string): Promise<Dump> {
    const { commands, keys, nodes, publish, sink } = this.#options;
    const key = keys.answers(randomUUID());
    const expected = (await nodes()).length;
    const question = JSON.stringify({ type: 'ask', rectype, gsid, key });
    await commands.send(keys.revoked, publish(), keys.revoked, `! 0 ${question}`);
    const until = performance.now() + dumpWithinMs;
    let answers: string[] = [];
    do {
      await sleep(lookEveryMs);
      answers = ((await commands.send(key, 'LRANGE', key, '0', '-1')) as unknown[]).map(String);
    } while (answers.length < expected && performance.now() < until);
    if (answers.length < expected) {
      sink.onError(new Error(`${expected - answers.length} of ${expected} nodes did not say who is connected to them`));
    }
    return mergedDump(
      rectype,
      answers.map((text) => parsedObject(text) as Dump | undefined),
    );
  }

  #hear(at: number, text: string): void {
    const { sink } = this.#options;
    const said = parsedObject(text);
    const item = parseRevoke(said);
    if (item) {
      this.#readTo = Math.max(this.#readTo ?? 0, at / 1000);
      sink.revoke(item);
    } else if (said?.['type'] === 'ask') this.#answer(said).catch(sink.onError);
  }

  async #answer({ rectype, gsid, key }: Record<string, unknown>): Promise<void> {
    const { commands, keys, sink } = this.#options;
    if (typeof gsid !== 'string' || typeof key !== 'string' || !key.startsWith(keys.answers(''))) return;
    if (rectype !== 'gsidmap' && rectype !== 'wsclientmap') return;
    await commands.send(key, 'RPUSH', key, JSON.stringify(sink.dump(rectype, gsid)));
    await commands.send(key, 'PEXPIRE', key, String(10 * dumpWithinMs));
  }
}
