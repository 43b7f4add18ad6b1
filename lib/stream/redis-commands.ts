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
  /**
   * Whether a command waits, within its budget, for the first connection while that is being made. Default false: it
   * fails at once.
   */
  awaitsFirst?: boolean | undefined;
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
  /** The first connection stands, or was refused, or is wanted no more. */
  #decide: () => void = () => undefined;
  readonly #decided = new Promise<void>((resolve) => {
    this.#decide = resolve;
  });
  /** Why there is no connection, as far as it was told. */
  #failure: unknown;
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
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /**
   * Sends a command.
   *
   * @param key by which a cluster finds the node
   * @throws ActionlogError `redis-unreachable`, `redis-timeout`, `redis-refused`, `driver-missing`
   */
  async send(key: string, ...args: string[]): Promise<unknown> {
    const { timeoutMs, awaitsFirst } = this.#options;
    if (!this.isReady && !awaitsFirst) throw this.#away();
    if (this.#pending >= maxPending) throw unreachable(`${this.#pending} commands wait for its answer`);
    this.#pending += 1;
    let stop = () => {};
    const late = new Promise<never>((_, reject) => {
      const message = `Redis gave no answer within ${timeoutMs} ms`;
      stop = startBudget(timeoutMs, () => reject(new ActionlogError('redis-timeout', message)));
    });
    try {
      if (!this.isReady) await Promise.race([this.#decided, late]);
      const connection = this.#connection;
      if (!connection?.isReady) throw this.#away();
      this.#sent += 1;
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
    this.#decide();
    this.#connection?.close();
  }

  async #open(): Promise<void> {
    const { redis, onReady, onError } = this.#options;
    const failed = (error: unknown) => {
      this.#failure = error;
      this.#decide();
    };
    const listeners: RedisListeners = {
      onReady: () => {
        this.#failure = undefined;
        this.#decide();
        onReady?.();
      },
      onError: (error) => {
        failed(error);
        onError?.(error);
      },
    };
    try {
      const connection = await openRedis(redis, listeners);
      if (this.#closed) connection.close();
      else this.#connection = connection;
    } catch (error) {
      failed(error);
      throw error;
    }
  }

  #away(): ActionlogError {
    const failure = this.#failure;
    return failure instanceof ActionlogError ? failure : unreachable('there is no connection', failure);
  }
}

/** Whether an error is Redis' own answer, such as `WRONGTYPE …`, rather than the client's. */
function isReply(error: unknown): boolean {
  return /^(ERR |[A-Z]{4,}[ ])/.test((error as Error | undefined)?.message ?? '');
}

function refused(cause: unknown): ActionlogError {
  return new ActionlogError('redis-refused', 'Redis refused a command; see the cause', { cause });
}

function unreachable(why: string, cause?: unknown): ActionlogError {
  const message = `Redis cannot be reached: ${why}; is it running, and is the address right?`;
  return new ActionlogError('redis-unreachable', message, { cause });
}
