import { signatureLength, type Unsealed } from './signed-cookie.ts';

/** How much a {@link VerifiedCookies} keeps. */
interface VerifiedCookiesOptions {
  /** Cookies at most. */
  max: number;
  /** Bytes at most, by {@link bytesOf}. */
  maxBytes: number;
}

/** What a cookie said whose signature was right, and what was made of it. */
interface Verified<T> extends Unsealed {
  reading: T;
}

interface Kept<T> {
  value: string;
  verified: Verified<T>;
  /** Whether it was asked for since the hand last passed it. */
  used: boolean;
}

/** What a cookie takes at most: its text, its fields and their actor, in a little over three times its length. */
const bytesOf = (value: string) => 3 * value.length + 1_000;

/**
 * Cookies that were verified, so that the next request with the same text need not verify it again. It knows nothing of
 * time: whether the session has ended or is revoked is asked of each request.
 *
 * Only who could sign a cookie can take a place. Which one goes is found as SIEVE does (Zhang et al., NSDI 2024): a hand
 * passes over the kept ones, oldest first, spares those used since it came by, and takes the first that was not. So a
 * cookie seen before changes nothing but its mark, cookies that come once (as each renewal leaves one) go before those in
 * use, and no place is searched twice: keeping a large Map in the order of use costs more than the signature that it saves.
 */
export class VerifiedCookies<T> {
  readonly #options: VerifiedCookiesOptions;
  /** By their signatures, the oldest first. */
  readonly #kept = new Map<string, Kept<T>>();
  #hand: Iterator<[string, Kept<T>]>;
  #bytes = 0;

  constructor(options: VerifiedCookiesOptions) {
    this.#options = options;
    this.#hand = this.#kept.entries();
  }

  /** How many cookies are kept. */
  get size(): number {
    return this.#kept.size;
  }

  /** What the same text said before, to the character. */
  get(value: string): Verified<T> | undefined {
    const signature = value.slice(-signatureLength);
    const kept = this.#kept.get(signature);
    // In plain time: whoever has the signature has the cookie that it signs.
    if (kept?.value !== value) return undefined;
    kept.used = true;
    return kept.verified;
  }

  /** Keeps a cookie whose signature was right. */
  keep(value: string, verified: Verified<T>): void {
    const { max, maxBytes } = this.#options;
    const bytes = bytesOf(value);
    if (bytes > maxBytes || this.#kept.has(value.slice(-signatureLength))) return;
    while (this.#kept.size >= max || this.#bytes + bytes > maxBytes) this.#dropOne();
    // A copy, since a part of the request's header would hold on to all of it.
    const text = Buffer.from(value, 'latin1').toString('latin1');
    this.#kept.set(text.slice(-signatureLength), { value: text, verified, used: false });
    this.#bytes += bytes;
  }

  /** Drops the next cookie that was not used since the hand passed it; where any is kept, two rounds find one. */
  #dropOne(): void {
    for (;;) {
      const { done, value } = this.#hand.next();
      if (done) {
        this.#hand = this.#kept.entries();
        continue;
      }
      const [signature, kept] = value;
      if (!kept.used) {
        this.#kept.delete(signature);
        this.#bytes -= bytesOf(kept.value);
        return;
      }
      kept.used = false;
    }
  }
}
