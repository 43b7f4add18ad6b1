import type { Payload } from './payload.ts';
import { parsePayload } from './payload.ts';

/** A tenant's place and what comes after another one, as the engine's look script tells it. */
export interface Look {
  epoch: string;
  offset: number;
  /** Whether all is known that was asked for. */
  reached: boolean;
  /** The offset after which `events` begin. */
  start: number;
  events: { offset: number; at: number; payload: string }[];
}

/** What a {@link Follower} works with. */
export interface FollowerOptions {
  /** Asks for the tenant's place, and for what comes after another one. */
  look(after: { epoch: string; offset: number } | undefined): Promise<Look>;
  /** Hands over the next event; `undefined` for one that nobody can read. */
  deliver(payload: Payload | undefined, place: { epoch: string; offset: number }): void;
  /** Events may have been missed: those that are handed over from here on come after `place`. */
  lost(): void;
  /** Told of what keeps it from catching up; it is tried again by `catchUp()`. */
  onError(error: unknown): void;
}

/** Hands over one tenant's events, each once and in order: a gap is seen by the offset, and filled from the stream. */
export class Follower {
  readonly #options: FollowerOptions;
  epoch = '';
  offset = 0;
  /** Whether it is known to be behind, and could not catch up. */
  stale = true;
  /** How often it has asked for what it missed. */
  fills = 0;
  #filling: Promise<void> | undefined;
  #again = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Whether it has a place. */
  get isPlaced(): boolean {
    return this.epoch !== '';
  }

  /** Takes a message of the tenant's channel. */
  take(epoch: string, offset: number, payload: string): void {
    if (epoch === this.epoch && offset === this.offset + 1) this.#deliver(offset, payload);
    else if (epoch !== this.epoch || offset > this.offset) this.catchUp().catch(() => undefined); // told by onError, and tried again
  }

  /** Catches up with the stream; resolves once it has, rejects where it could not. */
  catchUp(): Promise<void> {
    if (this.#filling) {
      this.#again = true;
      return this.#filling;
    }
    this.#filling = this.#fill().then(
      () => {
        this.#filling = undefined;
        this.stale = false;
      },
      (error) => {
        this.#filling = undefined;
        this.stale = true;
        this.#options.onError(error);
        throw error;
      },
    );
    return this.#filling;
  }

  async #fill(): Promise<void> {
    do {
      this.#again = false;
      if (this.isPlaced) this.fills += 1;
      const { look } = this.#options;
      const asked = { epoch: this.epoch, offset: this.offset };
      const answer = await look(this.isPlaced ? asked : undefined);
      if (!this.isPlaced) this.#place(answer.epoch, answer.offset);
      else if (answer.epoch === this.epoch && answer.reached) this.#deliverAll(answer);
      else await this.#begin(answer);
    } while (this.#again);
  }

  /** Begins anew: in another epoch with its first event, where all of it is known; else with what comes next. */
  async #begin(answer: Look): Promise<void> {
    const isOther = answer.epoch !== this.epoch;
    const whole = isOther ? await this.#options.look({ epoch: answer.epoch, offset: 0 }) : answer;
    const reached = whole.reached && whole.epoch === answer.epoch;
    this.#place(whole.epoch, reached ? whole.start : whole.offset);
    this.#options.lost();
    if (reached) this.#deliverAll(whole);
  }

  #place(epoch: string, offset: number): void {
    this.epoch = epoch;
    this.offset = offset;
  }

  #deliverAll({ epoch, events }: Look): void {
    for (const { offset, payload } of events) {
      if (epoch === this.epoch && offset === this.offset + 1) this.#deliver(offset, payload);
    }
  }

  #deliver(offset: number, payload: string): void {
    this.offset = offset;
    this.#options.deliver(parsePayload(payload), { epoch: this.epoch, offset });
  }
}
