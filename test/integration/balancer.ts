import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP balancer without stickiness, before servers that come and go. */
export interface Balancer extends AsyncDisposable {
  port: number;
  /** The ports of the servers behind it. */
  targets: number[];
}

export async function balancer(): Promise<Balancer> {
  const targets: number[] = [];
  const sockets = new Set<Socket>();
  let turn = 0;
  /** Tries each server once, the next one first. */
  const pass = (incoming: Socket, left: number): void => {
    const port = targets[turn++ % targets.length];
    if (left === 0 || port === undefined || incoming.destroyed) {
      incoming.destroy();
      return;
    }
    const outgoing = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    outgoing.once('error', () =>
      outgoing.bytesRead + outgoing.bytesWritten === 0 ? pass(incoming, left - 1) : incoming.destroy(),
    );
    outgoing.once('connect', () => {
      sockets.add(outgoing);
      outgoing.once('close', () => {
        sockets.delete(outgoing);
        incoming.destroy();
      });
      incoming.once('close', () => outgoing.destroy());
      incoming.pipe(outgoing).pipe(incoming);
    });
  };
  const server = createServer({ allowHalfOpen: true }, (incoming) => {
    sockets.add(incoming);
    incoming.on('error', () => incoming.destroy());
    incoming.once('close', () => sockets.delete(incoming));
    pass(incoming, targets.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...{ targets, port: (server.address() as AddressInfo).port },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
