import { WebSocket } from 'ws';
import { type CloseCode, closeCodes } from '../stream/protocol.ts';
import { leaveText, type Wire } from './messages.ts';

/** The name of a close code. */
export type CloseName = keyof typeof closeCodes;

/** A page's web socket. ws closes one itself over a frame that is too large: then, too, it says our reason. */
export class PageSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    const known: CloseCode = closeCodes.tooLarge;
    super.close(code, reason ?? (code === known.code ? known.reason : undefined));
  }
}

const asText = { binary: false };

/** Bounds of one connection. */
export interface PageLinkLimits {
  /** How long it may last at most, in milliseconds. */
  lifetimeMs: number;
  /** How much may wait for the page to read it. */
  maxBufferedBytes: number;
}

/** A page's connection below its identity: what it is sent, whether it is alive, how it ends. */
export class PageLink {
  readonly wire: Wire;
  readonly #socket: WebSocket;
  readonly #maxBufferedBytes: number;
  /** What waits of the greeting and of what the page missed: sent in one go, however much it is, and not held against it. */
  #backlog = 0;
  /** When its lifetime ends, by `performance.now()`. */
  readonly #endsAt: number;
  /** When the session of its token ends, Unix time in milliseconds. */
  #renewAt = Number.POSITIVE_INFINITY;
  #answered = true;
  #closing = false;
  #ended: CloseName | 'gone' = 'gone';
  readonly #onGone: (() => void)[] = [];

  constructor(socket: WebSocket, wire: Wire, { lifetimeMs, maxBufferedBytes }: PageLinkLimits) {
    this.wire = wire;
    this.#socket = socket;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#endsAt = performance.now() + lifetimeMs;
    socket.on('pong', () => {
      this.#answered = true;
    });
    // What a peer does wrong is no failure of the server's; ws closes the socket itself.
    socket.on('error', () => this.#leave());
    socket.on('close', () => this.#leave());
  }

  /** Once it is ending: by which close of the server's, or `gone` where the page left or was lost. */
  get ended(): CloseName | 'gone' {
    return this.#ended;
  }

  /** How many bytes wait for the page to read them. */
  get waiting(): number {
    return this.#socket.bufferedAmount;
  }

  /** Has the page prove its session anew from that moment on, Unix time in milliseconds. */
  renewAt(at: number | undefined): void {
    this.#renewAt = at ?? Number.POSITIVE_INFINITY;
  }

  /** Sends a text, unless the connection is ending; ends it where too much waits for the page to read it. */
  send(text: Buffer): void {
    if (this.#closing) return;
    this.#socket.send(text, asText);
    const waiting = this.#socket.bufferedAmount;
    if (waiting <= this.#maxBufferedBytes) return;
    this.#backlog = Math.min(this.#backlog, waiting);
    if (waiting - this.#backlog > this.#maxBufferedBytes) this.close('tooSlow');
  }

  /** Sends what the page gets at its beginning; its size is bounded elsewhere. */
  sendAtFirst(texts: Iterable<Buffer>): void {
    if (this.#closing) return;
    for (const text of texts) this.#socket.send(text, asText);
    this.#backlog = this.#socket.bufferedAmount;
  }

  /** Calls `listener` with each message of the page's until the connection is ending; `undefined` for one that is no text. */
  onMessage(listener: (text: string | undefined) => void): void {
    this.#socket.on('message', (data, isBinary) => {
      if (!this.#closing) listener(isBinary ? undefined : String(data));
    });
  }

  /** Calls `listener` once, as soon as nothing can be sent any more: when it is being closed, or is lost. */
  onGone(listener: () => void): void {
    this.#onGone.push(listener);
  }

  /** Calls `listener` once the socket itself is closed. */
  onClosed(listener: () => void): void {
    this.#socket.once('close', listener);
  }

  /**
   * One beat of the server's: ends the connection where the page did not answer the last one, or where its lifetime or
   * its session is over; else sends the heartbeat and asks for an answer.
   *
   * @param heartbeat the message of the default wire
   */
  beat(heartbeat: Buffer): void {
    if (this.#closing) return;
    if (!this.#answered) {
      this.close('unresponsive');
      this.terminate();
      return;
    }
    if (performance.now() >= this.#endsAt) {
      this.close('lifetime');
      return;
    }
    if (Date.now() >= this.#renewAt) {
      this.close('renew');
      return;
    }
    this.#answered = false;
    if (this.wire === 'default') this.send(heartbeat);
    this.#socket.ping();
  }

  /** Closes as the server's shutdown, and tells the page when to come back, in milliseconds from now. */
  leave(afterMs: number): void {
    if (this.wire === 'default') this.send(leaveText(afterMs));
    this.close('shutdown');
  }

  /** Begins to close; ws gives the page `closeTimeout` to answer. */
  close(name: CloseName): void {
    if (this.#closing) return;
    this.#ended = name;
    this.#leave();
    const { code, reason } = closeCodes[name];
    this.#socket.close(code, reason);
  }

  /** Ends the connection without waiting for the page. */
  terminate(): void {
    this.#leave();
    this.#socket.terminate();
  }

  #leave(): void {
    if (this.#closing) return;
    this.#closing = true;
    for (const listener of this.#onGone.splice(0)) listener();
  }
}
