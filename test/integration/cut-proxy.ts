import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A TCP proxy before a server, which the test cuts. */
export interface CutProxy {
  port: number;
  /** Where new connections go to; may be changed. */
  target: number;
  /** How many connections were ever made. */
  connections: number;
  /** Ends every connection at once, without a word. */
  cut(): void;
  /** Cuts, and resets every new connection for so long. */
  cutFor(ms: number): Promise<void>;
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
  let away = false;
  const server = createServer((incoming) => {
    proxy.connections += 1;
    if (away) {
      incoming.on('error', () => incoming.destroy()).resetAndDestroy();
      return;
    }
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
    async cutFor(ms) {
      away = true;
      proxy.cut();
      await sleep(ms);
      away = false;
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
