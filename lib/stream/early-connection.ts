import type { Socket } from 'node:net';

/** How long a connection waits for its request, in milliseconds. */
const keptMs = 500;

/**
 * A connection that is made before there is anything to send on it. Where it fails, or is not used in time, it is as if
 * it had never been made: whoever has something to send makes another one, and tells what is wrong with that.
 */
export class EarlyConnection {
  readonly #connect: () => Socket;
  readonly #readyEvent: 'connect' | 'secureConnect';
  #socket: Socket | undefined;
  #isReady = false;
  #late: NodeJS.Timeout | undefined;

  /** @param readyEvent by which the socket tells that it can be written to */
  constructor(connect: () => Socket, readyEvent: 'connect' | 'secureConnect') {
    this.#connect = connect;
    this.#readyEvent = readyEvent;
  }

  /** Makes one, unless there is one. */
  make(): void {
    if (this.#socket) return;
    const socket = this.#connect();
    this.#socket = socket;
    this.#isReady = false;
    socket.once(this.#readyEvent, () => {
      this.#isReady = true;
    });
    socket.on('error', ignored);
    socket.once('close', () => this.#forget(socket));
    socket.resume(); // its end must be seen
    this.#late = setTimeout(() => this.drop(), keptMs).unref();
  }

  /** The connection, for one request, and whether it can be written to by now; undefined where there is none, or it has ended. */
  take(): { socket: Socket; isReady: boolean } | undefined {
    const socket = this.#socket;
    if (!socket) return undefined;
    this.#forget(socket);
    if (socket.destroyed || socket.readableEnded) return undefined;
    return { socket: socket.off('error', ignored), isReady: this.#isReady };
  }

  /** Ends it. */
  drop(): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#forget(socket);
    socket.destroy();
  }

  #forget(socket: Socket): void {
    if (this.#socket !== socket) return;
    clearTimeout(this.#late);
    this.#socket = undefined;
  }
}

function ignored(): void {
  // 'close' follows
}
