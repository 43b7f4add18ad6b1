import type { Duplex } from 'node:stream';

/** Bounds of a relay's text. */
export interface TextLimits {
  maxBytes: number;
  /** How deep its objects and lists may be nested. */
  maxDepth: number;
  timeoutMs: number;
}

/** Why there is no text. */
export type TextFailure = 'too-long' | 'too-deep' | 'too-slow' | 'no-json' | 'cut-off';

const quote = 0x22;
const backslash = 0x5c;
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Finds the end of one JSON object in bytes that come in pieces; what the braces enclose is not judged. */
class ObjectEnd {
  readonly #maxDepth: number;
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  /** The index behind the object's end, -1 where it goes on, or why it is none. */
  find(bytes: Buffer): number | TextFailure {
    for (const [index, byte] of bytes.entries()) {
      if (this.#inString) this.#inside(byte);
      else if (this.#depth === 0 && byte !== openBrace) {
        if (byte > 0x20) return 'no-json';
      } else if (byte === quote) this.#inString = true;
      else if (byte === openBrace || byte === openBracket) {
        this.#depth += 1;
        if (this.#depth > this.#maxDepth) return 'too-deep';
      } else if (byte === closeBrace || byte === closeBracket) {
        this.#depth -= 1;
        if (this.#depth === 0) return index + 1;
      }
    }
    return -1;
  }

  #inside(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === backslash) this.#escaped = true;
    else if (byte === quote) this.#inString = false;
  }
}

/**
 * Reads one JSON object that is no web socket frame, whole or in pieces, without waiting for the peer to end: a caller
 * that wants an answer stays. What follows the object is not read.
 *
 * @param head what came together with the request
 */
export function readObject(socket: Duplex, head: Buffer, limits: TextLimits): Promise<Buffer | TextFailure> {
  return new Promise((resolve) => {
    const end = new ObjectEnd(limits.maxDepth);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (outcome: Buffer | TextFailure) => {
      clearTimeout(late);
      socket.off('data', take);
      socket.pause();
      resolve(outcome);
    };
    const take = (chunk: Buffer) => {
      const found = end.find(chunk);
      if (typeof found === 'string') return settle(found);
      const piece = found < 0 ? chunk : chunk.subarray(0, found);
      bytes += piece.length;
      if (bytes > limits.maxBytes) return settle('too-long');
      chunks.push(piece);
      if (found >= 0) settle(Buffer.concat(chunks));
    };
    const late = setTimeout(() => settle('too-slow'), limits.timeoutMs).unref();
    socket.once('end', () => settle('cut-off'));
    socket.once('close', () => settle('cut-off'));
    socket.on('data', take);
    take(head);
  });
}
