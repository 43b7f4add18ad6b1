import type { IncomingMessage } from 'node:http';
import type { HttpRefusal } from './http-answers.ts';

/** Bounds of a request's body. */
export interface BodyLimits {
  maxBytes: number;
  timeoutMs: number;
}

/** Counts the bytes of bodies that are not read to their end. */
export class BytesUnderWay {
  readonly #max: number;
  #bytes = 0;

  /** @param max most bytes of all bodies together */
  constructor(max: number) {
    this.#max = max;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Makes room for what has come; false where there is none, and nothing is counted. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#max) return false;
    this.#bytes += bytes;
    return true;
  }

  /** What was taken is held no more. */
  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** Why a body was not read; `gone` where the peer left, so that nobody is to be answered. */
export type BodyFailure = Extract<HttpRefusal, 'body-too-large' | 'too-slow' | 'relays-pile-up'> | 'gone';

/** Reads a request's body as it came, bounded in size and time, and together with all others in what they hold. */
export function readBody(
  req: IncomingMessage,
  { maxBytes, timeoutMs }: BodyLimits,
  underWay: BytesUnderWay,
): Promise<Buffer | BodyFailure> {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve('body-too-large');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (outcome: Buffer | BodyFailure) => {
      clearTimeout(late);
      req.off('data', take);
      underWay.giveBack(bytes);
      bytes = 0;
      resolve(outcome);
    };
    const take = (chunk: Buffer) => {
      if (bytes + chunk.length > maxBytes) return settle('body-too-large');
      if (!underWay.take(chunk.length)) return settle('relays-pile-up');
      bytes += chunk.length;
      chunks.push(chunk);
    };
    const late = setTimeout(() => settle('too-slow'), timeoutMs).unref();
    req.on('data', take);
    req.once('end', () => settle(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    req.once('error', () => settle('gone'));
    req.once('close', () => settle('gone'));
  });
}
