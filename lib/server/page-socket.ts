import { type RawData, WebSocket } from 'ws';
import { type CloseCode, closeCodes } from '../stream/protocol.ts';

/** What hears of a page's web socket. */
export interface SocketListener {
  /** The page has answered a ping. */
  answered(): void;
  /** The page has sent a ping itself, with these bytes. */
  pinged(data: Buffer): void;
  /** The page has sent a message; `undefined` for one that is no text. */
  said(text: string | undefined): void;
  /** Nothing can be sent any more. */
  left(): void;
  /** The socket itself is closed. */
  closed(): void;
}

/** A page's web socket. Thousands lie idle: so it has one listener for all, and no list of functions of its own. */
export class PageSocket extends WebSocket {
  #listener: SocketListener | undefined;

  /** Has one listener told, from here on, besides those that were added to single events. */
  listen(listener: SocketListener): void {
    this.#listener = listener;
  }

  /** ws closes one itself over a frame that is too large: then, too, it says our reason. */
  override close(code?: number, reason?: string | Buffer): void {
    const known: CloseCode = closeCodes.tooLarge;
    super.close(code, reason ?? (code === known.code ? known.reason : undefined));
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const [data, isBinary] = args;
    if (event === 'pong') this.#listener?.answered();
    else if (event === 'ping') this.#listener?.pinged(data as Buffer);
    else if (event === 'message') this.#listener?.said(isBinary ? undefined : String(data as RawData));
    else if (event === 'error' || event === 'close') this.#listener?.left();
    if (event === 'close') this.#listener?.closed();
    // What a peer does wrong is no failure of the server's; ws closes the socket itself.
    return event === 'error' ? true : super.emit(event, ...args);
  }
}
