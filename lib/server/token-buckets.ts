/** How often something may be done. */
export interface Rate {
  /** So many times in a period; all of them may come at once. */
  max: number;
  /** The period, in milliseconds. */
  perMs: number;
}

interface Bucket {
  tokens: number;
  /** When `tokens` was right, by `performance.now()`. */
  at: number;
}

/** One token bucket for each key. A bucket that is full again is forgotten, so that only keys in use take room. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, Bucket>();
  #sweptAt = performance.now();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one token. Returns 0, or where there is none, the milliseconds until there is one. */
  take(key: string): number {
    const now = performance.now();
    this.#sweep(now);
    const { max, perMs } = this.#rate;
    const bucket = this.#buckets.get(key) ?? { tokens: max, at: now };
    bucket.tokens = this.#tokensAt(bucket, now);
    bucket.at = now;
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) * perMs) / max);
    bucket.tokens -= 1;
    return 0;
  }

  #tokensAt({ tokens, at }: Bucket, now: number): number {
    const { max, perMs } = this.#rate;
    return Math.min(max, tokens + ((now - at) * max) / perMs);
  }

  #sweep(now: number): void {
    const { max, perMs } = this.#rate;
    if (now - this.#sweptAt < perMs) return;
    this.#sweptAt = now;
    for (const [key, bucket] of this.#buckets) if (this.#tokensAt(bucket, now) >= max) this.#buckets.delete(key);
  }
}
