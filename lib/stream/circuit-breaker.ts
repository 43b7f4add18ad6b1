import { type Clock, systemClock } from '../clock.ts';
import { ActionlogError } from '../errors.ts';

/** Options of a {@link CircuitBreaker}. */
export interface CircuitBreakerOptions {
  /** Told when relaying is paused (`relay-paused`, with the last failure as cause) and when it goes on (`relay-resumed`). */
  onChange(error: ActionlogError): void;
  /** Failures in a row that open it. Default 5. */
  failures?: number | undefined;
  /** The first pause, in milliseconds; each further one is twice as long. Default 1,000. */
  firstPauseMs?: number | undefined;
  /** The longest pause, in milliseconds. Default 10,000. */
  maxPauseMs?: number | undefined;
  /** Default: the system's. */
  clock?: Clock | undefined;
}

/**
 * Keeps a dead streaming server from costing anything: after a few failures in a row nothing is attempted for a pause,
 * then one attempt alone, and where that fails too, for a longer pause. Pauses are drawn at random, so that several
 * application servers do not come back together. An answer of 429 is no failure: the server is there, and wants less.
 */
export class CircuitBreaker {
  readonly #onChange: (error: ActionlogError) => void;
  readonly #failures: number;
  readonly #firstPauseMs: number;
  readonly #maxPauseMs: number;
  readonly #clock: Clock;
  /** `probing`: the pause is over, and the one attempt is under way. */
  #state: 'closed' | 'paused' | 'due' | 'probing' = 'closed';
  #inARow = 0;
  #pauses = 0;
  #stopTimer: (() => void) | undefined;

  constructor(options: CircuitBreakerOptions) {
    const { onChange, failures = 5, firstPauseMs = 1000, maxPauseMs = 10_000, clock = systemClock } = options;
    this.#onChange = onChange;
    this.#clock = clock;
    this.#failures = failures;
    this.#firstPauseMs = firstPauseMs;
    this.#maxPauseMs = maxPauseMs;
  }

  /** Whether attempts are paused, but for the one that asks whether the server is back. */
  get open(): boolean {
    return this.#state !== 'closed';
  }

  /** Whether nothing at all is to be attempted at the moment. */
  get paused(): boolean {
    return this.#state === 'paused' || this.#state === 'due';
  }

  /** Lets an event pass, or refuses it with `relay-paused`; the first one after a pause is the probe. */
  admit(): ActionlogError | undefined {
    if (this.#state === 'closed') return undefined;
    if (this.#state === 'due') {
      this.#state = 'probing';
      return undefined;
    }
    return pausedError();
  }

  /** The event that was let pass never came to an attempt: the next one is the probe. */
  withdrawn(): void {
    if (this.#state === 'probing') this.#state = 'due';
  }

  /** Follows one attempt. Refuses it while nothing is to be attempted. */
  async attempt<T>(send: () => Promise<T>): Promise<T> {
    if (this.paused) throw pausedError();
    try {
      const answer = await send();
      this.#succeeded();
      return answer;
    } catch (error) {
      if (isAlive(error)) this.#succeeded();
      else this.#failed(error);
      throw error;
    }
  }

  #succeeded(): void {
    this.#inARow = 0;
    this.#pauses = 0;
    if (this.#state === 'closed') return;
    this.#stopTimer?.();
    this.#state = 'closed';
    this.#onChange(new ActionlogError('relay-resumed', 'the streaming server answers again: relaying goes on'));
  }

  #failed(cause: unknown): void {
    this.#inARow += 1;
    if (this.#state === 'probing') this.#pause();
    if (this.#state !== 'closed' || this.#inARow < this.#failures) return;
    this.#pause();
    const message = `the streaming server failed ${this.#inARow} times in a row: relaying pauses, and is tried again by and by; see the cause`;
    this.#onChange(new ActionlogError('relay-paused', message, { cause, fields: { failures: this.#inARow } }));
  }

  /** Forgets what failed, and lets everything pass again; tells nobody. */
  reset(): void {
    this.#stopTimer?.();
    this.#state = 'closed';
    this.#inARow = 0;
    this.#pauses = 0;
  }

  /** Ends the timer. */
  close(): void {
    this.#stopTimer?.();
  }

  #pause(): void {
    const most = Math.min(this.#firstPauseMs * 2 ** this.#pauses, this.#maxPauseMs);
    this.#pauses += 1;
    this.#state = 'paused';
    this.#stopTimer = this.#clock.after(most / 2 + (Math.random() * most) / 2, () => {
      this.#state = 'due';
    });
  }
}

/** A server that asks for less is there. */
function isAlive(error: unknown): boolean {
  return error instanceof ActionlogError && error.fields['status'] === 429;
}

function pausedError(): ActionlogError {
  return new ActionlogError('relay-paused', 'the streaming server failed repeatedly: relaying pauses');
}
