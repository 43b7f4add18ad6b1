/** Where the streaming server writes lines for its operator; `console` fits, and most loggers do. */
export interface StreamLogger {
  /** Dumps of who is connected, and that the server listens. */
  info(message: string): void;
  /** Refused relays on Gyroscope's wire, where the sender cannot be told. Never a secret. */
  warn(message: string): void;
  /** Failures, where there is no `onError`. */
  error(message: string, error?: unknown): void;
}

/** Milliseconds within which one kind of warning is written once. */
const quietMs = 1_000;

/** Warns of what strangers can cause: at most once a second for each kind, so that nobody can fill the log. */
export class Warnings {
  readonly #logger: StreamLogger;
  readonly #kinds = new Map<string, { at: number; unsaid: number }>();

  constructor(logger: StreamLogger) {
    this.#logger = logger;
  }

  /** @param kind one of a fixed few, never what a peer sent */
  warn(kind: string, message: string): void {
    const last = this.#kinds.get(kind);
    const now = performance.now();
    if (last && now - last.at < quietMs) {
      last.unsaid += 1;
      return;
    }
    const more = last && last.unsaid > 0 ? ` (and ${last.unsaid} times before)` : '';
    this.#kinds.set(kind, { at: now, unsaid: 0 });
    this.#logger.warn(`express-actionlog: ${message}${more}`);
  }
}
