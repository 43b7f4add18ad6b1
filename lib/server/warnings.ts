import type { ServerLog } from './server-log.ts';

/** Milliseconds within which one kind of warning is written once. */
const quietMs = 1_000;

/** Warns of what strangers can cause: at most once a second for each kind, so that nobody can fill the log. */
export class Warnings {
  readonly #logger: ServerLog;
  readonly #kinds = new Map<string, { at: number; unsaid: number }>();

  constructor(logger: ServerLog) {
    this.#logger = logger;
  }

  /** @param kind one of a fixed few, never what a peer sent */
  warn(kind: string, message: string): void {
    this.#quietly(kind, message, (text) => this.#logger.warn(text, kind));
  }

  /** The same for what only a structured logger is told: a refusal that its sender is told of as well. */
  refused(what: 'relay' | 'connect', code: string, message: string): void {
    const write = (text: string) => this.#logger.event('warn', `${what}-refused`, { code }, text);
    this.#quietly(`${what}-refused ${code}`, message, write);
  }

  #quietly(kind: string, message: string, write: (text: string) => void): void {
    const last = this.#kinds.get(kind);
    const now = performance.now();
    if (last && now - last.at < quietMs) {
      last.unsaid += 1;
      return;
    }
    const more = last && last.unsaid > 0 ? ` (and ${last.unsaid} times before)` : '';
    this.#kinds.set(kind, { at: now, unsaid: 0 });
    write(`${message}${more}`);
  }
}
