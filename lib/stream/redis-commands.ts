import { createHash } from 'node:crypto';
import { ActionlogError } from '../errors.ts';
import { startBudget } from './budget.ts';
import type { RedisConnection, RedisListeners, RedisSource } from './redis-client.ts';
import { openRedis } from './redis-open.ts';

/** A Lua script, and the name under which Redis keeps it. */
export interface RedisScript {
  text: string;
  sha: string;
}

/** Makes a script of its parts. */
export function scriptOf(...parts: string[]): RedisScript {
  const text = parts.join('\n');
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Bounds of {@link RedisCommands}. */
export interface RedisCommandsOptions extends RedisListeners {
  redis: RedisSource;
  /** Budget for one command, in milliseconds. */
  timeoutMs: number;
}

/** Most commands whose answer is awaited; further ones are refused. */
const maxPending = 10_000;

/**
 * Commands over a connection of our own, each within its budget: where Redis is away a command fails at once, and where
 * it is slow in time.
 */
export class RedisCommands {
  readonly #options: RedisCommandsOptions;
  #connection: RedisConnection | undefined;
  #opening: Promise<void> | undefined;
  #closed = false;
  #pending = 0;
  #sent = 0;

  constructor(options: RedisCommandsOptions) {
    this.#options = options;
  }

  /** How many commands were sent. */
  get sent(): number {
    return this.#sent;
  }

  get isReady(): boolean {
    return this.#connection?.isReady ?? false;
  }

  /** Begins to connect. @throws ActionlogError `driver-missing` */
  open(): Promise<void> {
    this.#opening ??= openRedis(this.#options.redis, this.#options).then((connection) => {
      if (this.#closed) connection.close();
      else this.#connection = connection;
    });
    return this.#opening;
  }

  /**
   * Sends a command.
   *
   * @param key by which a cluster finds the node
   * @throws ActionlogError `redis-unreachable`, `redis-timeout`, `redis-refused`
   */
  async send(key: string, ...args: string[]): Promise<unknown> {
    const connection = this.#connection;
    if (!connection?.isReady) throw unreachable();
    if (this.#pending >= maxPending) throw unreachable(`${this.#pending} commands wait for its answer`);
    this.#pending += 1;
    this.#sent += 1;
    const { timeoutMs } = this.#options;
    let stop = () => {};
    const late = new Promise<never>((_, reject) => {
      const message = `Redis gave no answer within ${timeoutMs} ms`;
      stop = startBudget(timeoutMs, () => reject(new ActionlogError('redis-timeout', message)));
    });
    try {
      return await Promise.race([connection.command(key, args), late]);
    } catch (error) {
      if (error instanceof ActionlogError) throw error;
      throw isReply(error) ? refused(error) : unreachable('the connection broke', error);
    } finally {
      stop();
      this.#pending -= 1;
    }
  }

  /** Runs a script, which Redis is sent whole only where it does not know it yet. Throws as {@link send}. */
  async run({ sha, text }: RedisScript, keys: [string, ...string[]], args: string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.send(keys[0], 'EVALSHA', sha, ...rest);
    } catch (error) {
      const unknown = error instanceof ActionlogError && /NOSCRIPT/.test(String(error.cause));
      if (!unknown) throw error;
      return await this.send(keys[0], 'EVAL', text, ...rest);
    }
  }

  /** Makes a new connection: the old one may be dead without having been told. */
  async reopen(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
    this.#opening = undefined;
    if (!this.#closed) await this.open();
  }

  close(): void {
    this.#closed = true;
    this.#connection?.close();
  }
}

/** Whether an error is Redis' own answer, such as `WRONGTYPE …`, rather than the client's. */
function isReply(error: unknown): boolean {
  return /^(ERR |[A-Z]{4,}[ ])/.test((error as Error | undefined)?.message ?? '');
}

function refused(cause: unknown): ActionlogError {
  return new ActionlogError('redis-refused', 'Redis refused a command; see the cause', { cause });
}

function unreachable(why = 'there is no connection', cause?: unknown): ActionlogError {
  const message = `Redis cannot be reached: ${why}; is it running, and is the address right?`;
  return new ActionlogError('redis-unreachable', message, { cause });
}
