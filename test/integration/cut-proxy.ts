import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy before a server, which the test cuts. */
export interface CutProxy {
  port: number;
  /** Where new connections go to; may be changed. */
  target: number;
  /** How many connections were ever made. */
  connections: number;
  /** Ends every connection at once, without a word. */
  cut(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startCutProxy(target: number): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  const follow = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()); // cut: meant so
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((incoming) => {
    proxy.connections += 1;
    const outgoing = follow(connect(proxy.target, '127.0.0.1'));
    follow(incoming).pipe(outgoing).pipe(incoming);
    incoming.on('close', () => outgoing.destroy());
    outgoing.on('close', () => incoming.destroy());
  });
  const proxy: CutProxy = {
    port: 0,
    target,
    connections: 0,
    cut() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      proxy.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.port = (server.address() as AddressInfo).port;
  return proxy;
}
