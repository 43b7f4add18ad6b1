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
}

/** What a cookie takes at most: its text, its fields and their actor, in a little over three times its length. */
const bytesOf = (value: string) => 3 * value.length + 1_000;

/**
 * Cookies that were verified, so that the next request with the same text need not verify it again. It knows nothing of
 * time: whether the session has ended or is revoked is asked of each request.
 *
 * Only who could sign a cookie can take a place, and each session has one alone, however often its cookie is renewed. The
 * least recently used goes first.
 */
export class VerifiedCookies<T> {
  readonly #options: VerifiedCookiesOptions;
  /** By their signatures, the least recently used first. */
  readonly #kept = new Map<string, Kept<T>>();
  /** The signature of each session's cookie. */
  readonly #ofSession = new Map<string, string>();
  #bytes = 0;

  constructor(options: VerifiedCookiesOptions) {
    this.#options = options;
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
    this.#kept.delete(signature);
    this.#kept.set(signature, kept);
    return kept.verified;
  }

  /** Keeps a cookie whose signature was right. */
  keep(value: string, verified: Verified<T>): void {
    const { max, maxBytes } = this.#options;
    this.#drop(this.#ofSession.get(verified.payload.id));
    // A copy, since a part of the request's header would hold on to all of it.
    const text = Buffer.from(value, 'latin1').toString('latin1');
    const signature = text.slice(-signatureLength);
    this.#kept.set(signature, { value: text, verified });
    this.#ofSession.set(verified.payload.id, signature);
    this.#bytes += bytesOf(text);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= max && this.#bytes <= maxBytes) break;
      this.#drop(oldest);
    }
  }

  #drop(signature: string | undefined): void {
    const kept = signature === undefined ? undefined : this.#kept.get(signature);
    if (signature === undefined || !kept) return;
    this.#kept.delete(signature);
    this.#ofSession.delete(kept.verified.payload.id);
    this.#bytes -= bytesOf(kept.value);
  }
}
