import type { Clock } from './clock.ts';

/** What an {@link Opening} works with. */
export interface OpeningOptions {
  open(): Promise<void>;
  /** Told of the first failure; of the others, those who write hear. */
  onError(error: unknown): void;
  clock: Clock;
}

const firstPauseMs = 1000;
const maxPauseMs = 30_000;

/**
 * Opens the store, and where that fails, again and again in the background: else requests would be the first to do it,
 * perhaps while they hold every connection that it takes.
 */
export class Opening {
  readonly #options: OpeningOptions;
  #isClosed = false;
  #stop: (() => void) | undefined;

  constructor(options: OpeningOptions) {
    this.#options = options;
    this.#open(firstPauseMs, options.onError);
  }

  close(): void {
    this.#isClosed = true;
    this.#stop?.();
  }

  #open(pauseMs: number, failed: (error: unknown) => void): void {
    const { open, clock } = this.#options;
    open().catch((error) => {
      if (this.#isClosed) return;
      failed(error);
      const again = () => this.#open(Math.min(pauseMs * 2, maxPauseMs), () => undefined);
      this.#stop = clock.after(pauseMs, again);
    });
  }
}
