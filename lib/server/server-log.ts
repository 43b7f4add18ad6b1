import { ActionlogError } from '../errors.ts';
import type { StreamLogger } from './stream-logger.ts';

/** A logger that takes fields beside the text, as pino's do. */
interface StructuredLogger {
  level: string;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Failures that are no errors of the server's: something has come back, or is expected to. */
const levelOf = new Map<string, Level>([
  ['engine-back', 'info'],
  ['relay-resumed', 'info'],
  ['engine-away', 'warn'],
  ['relay-paused', 'warn'],
  ['entries-expired', 'warn'],
]);

/**
 * Writes what the server says. To a logger of pino's it is one line for each thing that happened, with fields and the name
 * of the event; any other logger gets texts, and only those that {@link StreamLogger} speaks of.
 */
export class ServerLog implements StreamLogger {
  readonly #plain: StreamLogger;
  readonly #structured: StructuredLogger | undefined;

  constructor(logger: StreamLogger) {
    this.#plain = logger;
    // what pino alone has beside the level: winston, too, has levels and children, but takes no fields
    const isPino = typeof (logger as Partial<{ bindings: unknown }>).bindings === 'function';
    this.#structured = isPino ? (logger as unknown as StructuredLogger) : undefined;
  }

  /** Whether anybody reads lines of that level: worth asking before fields are put together. */
  wants(level: Level): boolean {
    const { levelVal, levels } = (this.#structured ?? {}) as { levelVal?: number; levels?: { values: object } };
    if (levelVal === undefined) return this.#structured !== undefined;
    return levelVal <= ((levels?.values as Record<string, number> | undefined)?.[level] ?? 0);
  }

  /** A thing that happened, told to a structured logger alone. */
  event(level: Level, event: string, fields: object, message: string): void {
    this.#structured?.[level]({ event, ...fields }, message);
  }

  info(message: string, event?: string): void {
    if (this.#structured) this.#structured.info(event ? { event } : {}, message);
    else this.#plain.info(`express-actionlog: ${message}`);
  }

  warn(message: string, event?: string): void {
    if (this.#structured) this.#structured.warn(event ? { event } : {}, message);
    else this.#plain.warn(`express-actionlog: ${message}`);
  }

  error(message: string, error?: unknown): void {
    if (this.#structured) this.#structured.error({ err: error }, message);
    else this.#plain.error(message, error);
  }

  /** What nobody awaited, where there is no `onError`. */
  failure(error: unknown, stage: string): void {
    if (!this.#structured) {
      this.#plain.error(`express-actionlog (${stage}):`, error);
      return;
    }
    const code = error instanceof ActionlogError ? error.code : undefined;
    const level = levelOf.get(code ?? '') ?? 'error';
    const message = error instanceof Error ? error.message : String(error);
    this.#structured[level]({ event: code ?? 'failure', stage, ...(level === 'info' ? {} : { err: error }) }, message);
  }
}
