import { connect, type Socket } from 'node:net';
import { type Control, FrameCounter, type Mark } from './frame-counter.ts';

/** How a page of one of the compared servers speaks. */
export interface PageWire {
  /** Path and query of the upgrade. */
  path: string;
  /** The subprotocols that it offers. */
  protocols?: (() => Promise<string>) | undefined;
  mark: Mark;
  /** What it says once it is upgraded. */
  greeting?: string | undefined;
  /** The message that the page is in by. */
  ready?: Mark | undefined;
  /** Whether each message tells its `offset`, so that a gap shows. */
  placed?: boolean | undefined;
  /** A message that is to be answered, and the answer. */
  ping?: { message: string; answer: string } | undefined;
}

const emptyMask = Buffer.alloc(4);
const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

/** A short text as a page sends it: masked, with a mask of zeros. */
function textFrame(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 125) throw new TypeError('a page of the benchmarks says short texts only');
  return Buffer.concat([Buffer.from([0x81, 0x80 | bytes.length]), emptyMask, bytes]);
}

/** All pages of a process read into the same buffer: they are done with it before the next one reads. */
const readBuffer = Buffer.allocUnsafe(65_536);

/** A page on a bare TCP socket, which counts what it is sent and answers what it has to. */
export class RawPage {
  readonly frames: FrameCounter;
  readonly #socket: Socket;
  readonly #wire: PageWire;
  readonly #onCount: (count: number) => void;
  #head: string | undefined = '';
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  /** Why it is not connected any more. */
  lost: string | undefined;
  #first = 0;
  #last = 0;

  private constructor(socket: Socket, wire: PageWire, onCount: (count: number) => void) {
    this.#socket = socket;
    this.#wire = wire;
    this.#onCount = onCount;
    this.frames = new FrameCounter(
      wire.mark,
      (control) => this.#control(control),
      (text) => this.#other(text),
    );
    if (!wire.placed) return;
    this.frames.onCounted = (text) => {
      this.#last = offsetOf(text);
    };
  }

  /** Whether it has counted other than what came between its greeting and its last message, by their offsets. */
  get hasGap(): boolean {
    return this.#last > 0 && this.#last - this.#first !== this.frames.counted;
  }

  /**
   * Connects; resolves once the page is in.
   *
   * @param onCount told how many messages have just been counted
   */
  static async open(port: number, wire: PageWire, onCount: (count: number) => void): Promise<RawPage> {
    const protocols = await wire.protocols?.();
    return await new Promise((resolve, reject) => {
      const callback = (size: number, buffer: Uint8Array) => {
        page.#read(buffer as Buffer, size);
        return true;
      };
      const socket = connect({ port, host: '127.0.0.1', onread: { buffer: readBuffer, callback } });
      const page = new RawPage(socket, wire, onCount);
      page.#resolve = () => resolve(page);
      page.#reject = reject;
      socket.on('error', (error) => page.#lose(error.message));
      socket.on('close', () => page.#lose('the connection was ended'));
      socket.write(requestOf(port, wire.path, protocols));
    });
  }

  close(): void {
    this.lost ??= 'closed by the benchmark';
    this.#socket.destroy();
  }

  #read(buffer: Buffer, size: number): void {
    let chunk = buffer.subarray(0, size);
    if (this.#head !== undefined) {
      this.#head += chunk.toString('latin1');
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!this.#head.startsWith('HTTP/1.1 101')) {
        this.#lose(this.#head.slice(0, 200));
        return;
      }
      chunk = Buffer.from(this.#head.slice(end + 4), 'latin1');
      this.#head = undefined;
      if (this.#wire.greeting !== undefined) this.#socket.write(textFrame(this.#wire.greeting));
      if (!this.#wire.ready) this.#resolve();
    }
    const before = this.frames.counted;
    this.frames.take(chunk);
    if (this.frames.counted > before) this.#onCount(this.frames.counted - before);
  }

  #control(control: Control): void {
    if (control === 'ping') this.#socket.write(pong);
    else this.#lose('the server has closed the connection');
  }

  #other(text: Buffer): void {
    const { ready, ping } = this.#wire;
    if (ready && text.length > ready.at && text[ready.at] === ready.character.charCodeAt(0)) {
      if (this.#wire.placed) this.#first = offsetOf(text);
      this.#resolve();
    }
    if (ping && text.toString() === ping.message) this.#socket.write(textFrame(ping.answer));
  }

  #lose(why: string): void {
    this.lost ??= why;
    this.#reject(new Error(`a page was not let in, or was lost: ${why}`));
    this.#socket.destroy();
  }
}

function offsetOf(text: Buffer): number {
  return (JSON.parse(text.toString()) as { offset: number }).offset;
}

function requestOf(port: number, path: string, protocols: string | undefined): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    ...['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'],
    `Sec-WebSocket-Key: ${Buffer.from('sixteen bytes it').toString('base64')}`,
    ...(protocols === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocols}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
