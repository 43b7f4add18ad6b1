import { hash, hkdfSync } from 'node:crypto';

/** Bytes that SHA-256 takes at a time: what HMAC pads its key to. */
const blockBytes = 64;
const digestBytes = 32;

/**
 * A key of HMAC-SHA-256 (RFC 2104), drawn from a secret by HKDF, that signs by two one-shot digests. Node's `createHmac`
 * makes an object with a destructor for each signature, and the garbage collector spends more on these than the digests
 * take; a session is checked with each request.
 */
export class HmacKey {
  /** The key's inner pad, and room for the text behind it. */
  #inner = Buffer.alloc(blockBytes + 1_024);
  /** The key's outer pad, and the inner digest behind it. */
  readonly #outer = Buffer.alloc(blockBytes + digestBytes);

  /** @param label what the key is for: the same secret under another label gives another key */
  constructor(secret: string, label: string) {
    const key = Buffer.from(hkdfSync('sha256', secret, '', label, digestBytes));
    for (let index = 0; index < blockBytes; index += 1) {
      const byte = key[index] ?? 0;
      this.#inner[index] = byte ^ 0x36;
      this.#outer[index] = byte ^ 0x5c;
    }
  }

  /** The signature of a text (UTF-8), in base64url. */
  sign(text: string): string {
    const most = blockBytes + 3 * text.length;
    if (this.#inner.length < most) this.#inner = Buffer.concat([this.#inner.subarray(0, blockBytes)], most);
    const end = blockBytes + this.#inner.write(text, blockBytes);
    hash('sha256', this.#inner.subarray(0, end), 'buffer').copy(this.#outer, blockBytes);
    return hash('sha256', this.#outer, 'base64url');
  }
}
