import { createHmac, randomBytes, randomInt } from 'node:crypto';
import type { RedisCommands } from '../../stream/redis-commands.ts';
import { sidsScript } from './scripts.ts';

/** How many numbers are taken at once, and how few must be left for more to be taken. */
const block = 4_000;
const few = 2_000;
const end = 0x1_0000_0000;

/**
 * Connection ids that no two pages have, over all nodes: each is a number that Redis has given out once, behind a
 * permutation that makes it look like any other.
 */
export class Sids {
  readonly #commands: RedisCommands;
  readonly #redisKey: string;
  #key = randomBytes(16).toString('hex');
  #next = 0;
  #end = 0;
  /** The largest number that was given to this node. */
  #known = -1;
  #taking: Promise<void> | undefined;

  constructor(commands: RedisCommands, redisKey: string) {
    this.#commands = commands;
    this.#redisKey = redisKey;
  }

  /** How many are at hand. */
  get left(): number {
    return this.#end - this.#next;
  }

  /** A new one; undefined where none is at hand. */
  draw(): number | undefined {
    if (this.left < few) this.take().catch(() => undefined); // tried again with the next beat
    while (this.left > 0) {
      const sid = permuted(this.#next % end, this.#key);
      this.#next += 1;
      if (sid > 0) return sid;
    }
    return undefined;
  }

  /** Takes a new block, and drops what is left of the last one. */
  take(): Promise<void> {
    this.#taking ??= this.#take().finally(() => {
      this.#taking = undefined;
    });
    return this.#taking;
  }

  async #take(): Promise<void> {
    const args = [this.#key, String(this.#known), String(randomInt(0, end)), String(block)];
    const [key, next] = (await this.#commands.run(sidsScript, [this.#redisKey], args)) as unknown[];
    this.#key = String(key);
    this.#next = Number(next);
    this.#end = this.#next + block;
    this.#known = this.#end - 1;
  }
}

/** A permutation of the numbers below 2^32: a Feistel network. */
export function permuted(number: number, key: string): number {
  let left = number >>> 16;
  let right = number & 0xffff;
  for (let round = 0; round < 4; round += 1) {
    const mixed = createHmac('sha256', key).update(`${round} ${right}`).digest().readUInt16BE();
    [left, right] = [right, left ^ mixed];
  }
  return left * 0x1_0000 + right;
}
