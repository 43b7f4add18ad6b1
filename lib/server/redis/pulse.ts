import { randomBytes } from 'node:crypto';
import type { RedisCommands } from '../../stream/redis-commands.ts';
import { beatScript } from './scripts.ts';

/** What a {@link Pulse} works with. */
export interface PulseOptions {
  commands: RedisCommands;
  /** Key of the nodes. */
  key: string;
  /** Called after each beat that was answered. @param isOther whether it is another server process than before, or the first */
  onBeat(isOther: boolean): void;
  /** Called once when beats fail, with why, and once when they are answered again. */
  onChange(alive: boolean, cause: unknown): void;
  /** Called where several beats in a row had no answer: the connection may be dead without having been told. */
  onSilence(): void;
}

/** Time between two beats, in milliseconds. */
const beatMs = 1_000;
/** After how long without a beat a node counts as gone, in milliseconds. */
const goneMs = 5_000;
/** How many beats without an answer it takes for a new connection to be made. */
const silentBeats = 3;

/** Tells Redis that this node is alive, and sees whether Redis is, and whether it is still the same one. */
export class Pulse {
  readonly node = randomBytes(9).toString('base64url');
  readonly #options: PulseOptions;
  #run = '';
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #failed = 0;
  /** Whether it was told that Redis is away. */
  #told = false;
  #closed = false;
  /** Whether the last beat was answered. */
  isAlive = false;
  /** Whether Redis has sharded channels. */
  hasShards = false;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** Beats now, and then again and again; never rejects. */
  beat(): Promise<void> {
    this.#beating ??= this.#beat().finally(() => {
      this.#beating = undefined;
      clearTimeout(this.#timer);
      if (!this.#closed) this.#timer = setTimeout(() => this.beat(), beatMs).unref();
    });
    return this.#beating;
  }

  /** The nodes that are alive. */
  async nodes(): Promise<string[]> {
    const [, , ...nodes] = await this.#ask();
    return nodes;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#beating;
    const { commands, key } = this.#options;
    await commands.send(key, 'HDEL', key, this.node).catch(() => undefined); // it counts as gone in a few seconds
  }

  async #beat(): Promise<void> {
    const { onBeat, onChange, onSilence } = this.#options;
    try {
      const [run = '', version = ''] = await this.#ask();
      if (this.#closed) return;
      const isOther = run !== this.#run;
      const told = this.#told;
      this.#told = false;
      [this.#run, this.isAlive, this.#failed] = [run, true, 0];
      this.hasShards = Number.parseInt(version, 10) >= 7;
      if (told) onChange(true, undefined);
      onBeat(isOther);
    } catch (error) {
      if (this.#closed) return;
      this.isAlive = false;
      this.#failed += 1;
      // at its start it is given a few beats to connect
      if (!this.#told && (this.#run !== '' || this.#failed === silentBeats)) {
        this.#told = true;
        onChange(false, error);
      }
      if (this.#failed % silentBeats === 0 && (error as { code?: unknown }).code === 'redis-timeout') onSilence();
    }
  }

  async #ask(): Promise<string[]> {
    const { commands, key } = this.#options;
    return ((await commands.run(beatScript, [key], [this.node, String(goneMs)])) as unknown[]).map(String);
  }
}
