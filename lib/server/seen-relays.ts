import { type Clock, systemClock } from '../clock.ts';

/** Bounds of a {@link SeenRelays}. */
export interface SeenRelaysOptions {
  /** How far a relay's stamp may be off, either way, in milliseconds. */
  toleranceMs: number;
  /** Most ids that are remembered. */
  max: number;
  /** Whether ids of before are remembered elsewhere: then stamps of before are taken. Default false. */
  knowsEarlier?: boolean | undefined;
  /** Default: the system's. */
  clock?: Clock | undefined;
}

/** Why a relay's stamp or id is not taken. */
export type SeenRefusal = 'stamp-too-old' | 'stamp-too-new' | 'memory-full';

interface Taken<Answer> {
  /** Unix time in seconds: the newest stamp that the id came with. */
  stamp: number;
  answer: Answer | Promise<Answer>;
}

const second = (ms: number) => Math.floor(ms / 1000);

/**
 * Remembers the relays that were taken, so that none is fanned out twice: neither a retry whose acknowledgement was
 * lost, nor a captured one that somebody sends again. An id is forgotten only once its stamp is refused by itself; that
 * holds also where the clock is set back, since no stamp is taken that is older than a forgotten one, or than this
 * memory (to the second, which is all that a stamp tells).
 */
export class SeenRelays<Answer> {
  readonly #options: SeenRelaysOptions;
  readonly #clock: Clock;
  readonly #taken = new Map<string, Taken<Answer>>();
  /** The ids by the second of their stamp: a few seconds at most, however many ids. */
  readonly #byStamp = new Map<number, Set<string>>();
  /** The oldest stamp that is taken, Unix time in seconds. */
  #floor: number;
  #forgotAt = 0;

  constructor(options: SeenRelaysOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#floor = options.knowsEarlier ? 0 : second(this.#clock.now());
  }

  /** How many ids are remembered. */
  get size(): number {
    return this.#taken.size;
  }

  /** Whether a stamp, Unix time in seconds, is refused, whatever the id. */
  refuses(stamp: number): SeenRefusal | undefined {
    const tolerance = this.#options.toleranceMs / 1000;
    const age = second(this.#clock.now()) - stamp;
    if (age > tolerance || stamp < this.#floor) return 'stamp-too-old';
    return age < -tolerance ? 'stamp-too-new' : undefined;
  }

  /**
   * Does the work for an id that is new, and gives the remembered answer for one that is not, also while the work is
   * under way. Where the work fails the id is forgotten, so that a retry does it.
   */
  async take(id: string, stamp: number, work: () => Promise<Answer>): Promise<Answer | SeenRefusal> {
    this.#forget();
    const refusal = this.refuses(stamp);
    if (refusal) return refusal;
    const known = this.#taken.get(id);
    if (known) {
      // The retry's own stamp may be captured as well: what counts is the newest.
      if (stamp > known.stamp) this.#move(id, known, stamp);
      return await known.answer;
    }
    if (this.#taken.size >= this.#options.max) return 'memory-full';
    const answer = work();
    const taken: Taken<Answer> = { stamp, answer };
    this.#taken.set(id, taken);
    this.#at(stamp).add(id);
    try {
      taken.answer = await answer;
      return taken.answer;
    } catch (error) {
      this.#taken.delete(id);
      this.#byStamp.get(taken.stamp)?.delete(id);
      throw error;
    }
  }

  #at(stamp: number): Set<string> {
    let ids = this.#byStamp.get(stamp);
    if (!ids) {
      ids = new Set();
      this.#byStamp.set(stamp, ids);
    }
    return ids;
  }

  #move(id: string, taken: Taken<Answer>, stamp: number): void {
    this.#byStamp.get(taken.stamp)?.delete(id);
    taken.stamp = stamp;
    this.#at(stamp).add(id);
  }

  /** Forgets what is refused by its stamp; at most once a second, since stamps are whole seconds. */
  #forget(): void {
    const now = second(this.#clock.now());
    if (now === this.#forgotAt) return;
    this.#forgotAt = now;
    for (const [stamp, ids] of this.#byStamp) {
      if (now - stamp <= this.#options.toleranceMs / 1000) continue;
      for (const id of ids) this.#taken.delete(id);
      this.#byStamp.delete(stamp);
      this.#floor = Math.max(this.#floor, stamp + 1);
    }
  }
}
