/** How the messages that count are told from greetings and heartbeats: by one character at one place. */
export interface Mark {
  at: number;
  character: string;
}

/** What came besides messages. */
export type Control = 'ping' | 'close';

/**
 * Reads the web socket frames that a server sends, and counts the messages that count: as little work as there can be,
 * so that a page costs next to nothing beside the server that is measured.
 */
export class FrameCounter {
  /** Messages that count. */
  counted = 0;
  /** The length of the last of them, in bytes. */
  length = 0;
  /** Called with each of them, where it is set; the text is good until it returns. */
  onCounted: ((text: Buffer) => void) | undefined;
  readonly #at: number;
  readonly #code: number;
  readonly #onControl: (control: Control) => void;
  readonly #onOther: (text: Buffer) => void;
  #rest: Buffer | undefined;

  /** @param onOther told of every other message */
  constructor(mark: Mark, onControl: (control: Control) => void, onOther: (text: Buffer) => void) {
    this.#at = mark.at;
    this.#code = mark.character.charCodeAt(0);
    this.#onControl = onControl;
    this.#onOther = onOther;
  }

  /** Takes what was read; the buffer may be used again afterwards. */
  take(chunk: Buffer): void {
    const data = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    const end = data.length;
    let at = 0;
    while (at + 2 <= end) {
      let length = (data[at + 1] ?? 0) & 0x7f;
      let begin = at + 2;
      if (length === 126) {
        if (at + 4 > end) break;
        length = data.readUInt16BE(at + 2);
        begin = at + 4;
      } else if (length === 127) {
        if (at + 10 > end) break;
        length = Number(data.readBigUInt64BE(at + 2));
        begin = at + 10;
      }
      if (begin + length > end) break;
      this.#frame((data[at] ?? 0) & 0x0f, data, begin, length);
      at = begin + length;
    }
    this.#rest = at < end ? Buffer.from(data.subarray(at)) : undefined;
  }

  #frame(opcode: number, data: Buffer, begin: number, length: number): void {
    if (opcode === 9) this.#onControl('ping');
    else if (opcode === 8) this.#onControl('close');
    else if (opcode === 1 && length > this.#at && data[begin + this.#at] === this.#code) {
      this.counted += 1;
      this.length = length;
      this.onCounted?.(data.subarray(begin, begin + length));
    } else this.#onOther(data.subarray(begin, begin + length));
  }
}
