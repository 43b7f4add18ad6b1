import type { Duplex } from 'node:stream';
import { closeCodes } from '../stream/protocol.ts';
import { leaveFrame, type Wire } from './messages.ts';
import { PageSocket, type SocketListener } from './page-socket.ts';

/** The name of a close code. */
export type CloseName = keyof typeof closeCodes;

/** Whoever a connection belongs to. */
export interface LinkOwner {
  /** The page has sent a message; `undefined` for one that is no text. Not called once the connection is ending. */
  said(text: string | undefined): void;
  /** Called once, right before the connection begins to end; what is sent in it still goes out, if the page is there. */
  gone(): void;
}

/** Bounds of every connection of one server, and who hears that a socket is closed. */
export interface PageLinkSettings {
  /** How much may wait for the page to read it, in bytes. */
  readonly maxBufferedBytes: number;
  readonly onClosed: (link: PageLink) => void;
}

/**
 * A page's connection below its identity: what it is sent, whether it is alive, how it ends.
 *
 * Frames are written to the socket below ws, so that one frame serves every page. ws writes its own frames (pings' answers
 * and closings) whole and at once: it would queue only what is being compressed or read from a Blob, and does neither
 * here. So a frame of ours comes between two of its own, never into one. None comes before the answer to the handshake,
 * which ws has written before it hands a web socket over, nor after a close frame of either end: from then on the web
 * socket is no longer OPEN.
 */
export class PageLink implements SocketListener {
  readonly wire: Wire;
  /** When the next beat is due, by `performance.now()`, in whole milliseconds. */
  beatAt = 0;
  readonly #page: PageSocket;
  readonly #socket: Duplex;
  readonly #settings: PageLinkSettings;
  #owner: LinkOwner | undefined;
  /** What waits of the greeting and of what the page missed: sent in one go, however much it is, and not held against it. */
  #backlog = 0;
  /** When its lifetime ends, by `performance.now()`; undefined for never. */
  readonly #endsAt: number | undefined;
  /** When the session of its token ends, Unix time in milliseconds. */
  #renewAt: number | undefined;
  #answered = true;
  #closing = false;
  #ended: CloseName | 'gone' = 'gone';

  /** @param socket the one below `page` */
  constructor(page: PageSocket, socket: Duplex, wire: Wire, settings: PageLinkSettings, lifetimeMs?: number) {
    this.wire = wire;
    this.#page = page;
    this.#socket = socket;
    this.#settings = settings;
    this.#endsAt = lifetimeMs === undefined ? undefined : performance.now() + lifetimeMs;
    page.listen(this);
  }

  /** Has an owner told what comes of the connection. */
  belongTo(owner: LinkOwner): void {
    this.#owner = owner;
  }

  /** Once it is ending: by which close of the server's, or `gone` where the page left or was lost. */
  get ended(): CloseName | 'gone' {
    return this.#ended;
  }

  /** How many bytes wait for the page to read them. */
  get waiting(): number {
    return this.#socket.writableLength;
  }

  /** Has the page prove its session anew from that moment on, Unix time in milliseconds. */
  renewAt(at: number | undefined): void {
    this.#renewAt = at;
  }

  /** Sends whole frames, unless the connection is ending; ends it where too much waits for the page to read it. */
  send(buffers: readonly Buffer[]): void {
    for (const buffer of buffers) {
      if (this.#page.readyState !== PageSocket.OPEN) return;
      this.#socket.write(buffer);
      const waiting = this.#socket.writableLength;
      if (waiting > this.#settings.maxBufferedBytes) this.#endIfSlow(waiting);
    }
  }

  /** Sends what the page gets at its beginning; its size is bounded elsewhere. */
  sendAtFirst(buffers: readonly Buffer[]): void {
    if (this.#page.readyState !== PageSocket.OPEN) return;
    for (const buffer of buffers) this.#socket.write(buffer);
    this.#backlog = this.#socket.writableLength;
  }

  /**
   * One beat of the server's: ends the connection where the page did not answer the last one, or where its lifetime or
   * its session is over; else sends what asks for an answer.
   */
  beat(buffers: readonly Buffer[]): void {
    if (this.#closing) return;
    if (!this.#answered) {
      this.close('unresponsive');
      this.terminate();
    } else if (this.#endsAt !== undefined && performance.now() >= this.#endsAt) this.close('lifetime');
    else if (this.#renewAt !== undefined && Date.now() >= this.#renewAt) this.close('renew');
    else {
      this.#answered = false;
      this.send(buffers);
    }
  }

  /** Closes as the server's shutdown, and tells the page when to come back, in milliseconds from now. */
  leave(afterMs: number): void {
    if (this.#closing) return;
    if (this.wire === 'default') this.send([leaveFrame(afterMs)]);
    this.close('shutdown');
  }

  /** Begins to close; ws gives the page `closeTimeout` to answer. */
  close(name: CloseName): void {
    if (this.#closing) return;
    this.#ended = name;
    this.left();
    const { code, reason } = closeCodes[name];
    this.#page.close(code, reason);
  }

  /** Ends the connection without waiting for the page. */
  terminate(): void {
    this.left();
    this.#page.terminate();
  }

  answered(): void {
    this.#answered = true;
  }

  /** Answers as long as the page reads what it is sent. */
  pinged(data: Buffer): void {
    if (this.#socket.writableLength > this.#settings.maxBufferedBytes) this.#endIfSlow(this.#socket.writableLength);
    else this.#page.pong(data);
  }

  said(text: string | undefined): void {
    if (!this.#closing) this.#owner?.said(text);
  }

  left(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#owner?.gone();
  }

  closed(): void {
    this.#settings.onClosed(this);
  }

  #endIfSlow(waiting: number): void {
    this.#backlog = Math.min(this.#backlog, waiting);
    if (waiting - this.#backlog > this.#settings.maxBufferedBytes) this.close('tooSlow');
  }
}
