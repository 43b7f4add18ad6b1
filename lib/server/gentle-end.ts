import type { Duplex } from 'node:stream';

/** How long a peer may go on sending after the server has ended its side, in milliseconds. */
const lingerMs = 2_000;
/** How many bytes it may send in that time. */
const maxDroppedBytes = 4_194_304;

/**
 * Ends a connection so that the peer sees a clean end: the last bytes, then FIN. What the peer still sends is read and
 * dropped until it ends too, because a socket that is closed with bytes unread is reset by the kernel, which takes the
 * answer away from a peer that has not read it yet, and makes PHP end its page.
 */
export function endGently(socket: Duplex, last?: string | Buffer): void {
  let dropped = 0;
  const drop = (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > maxDroppedBytes) socket.destroy();
  };
  socket.on('data', drop);
  // Nothing of it is to be parsed any more, as a further request or otherwise, nor is the socket to be ended twice.
  for (const event of ['data', 'end']) {
    for (const listener of socket.listeners(event)) {
      if (listener !== drop) socket.off(event, listener as (...args: unknown[]) => void);
    }
  }
  const late = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(late));
  destroyOnError(socket);
  if (last === undefined) socket.end();
  else socket.end(last);
  socket.resume();
}

/** A peer that is gone is no failure of the server's: the socket is given up, and nobody is told. */
export function destroyOnError(socket: Duplex): void {
  socket.on('error', destroyThis);
}

/** Undoes {@link destroyOnError}, for somebody else to mind the socket's errors. */
export function keepOnError(socket: Duplex): void {
  socket.off('error', destroyThis);
}

/** One function for all sockets: each has its listeners for as long as it is open. */
function destroyThis(this: Duplex): void {
  this.destroy();
}
