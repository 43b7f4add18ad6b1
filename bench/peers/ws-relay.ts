/* The relay by the `ws` client: for each event a web socket of its own, which the sender closes. */
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { EventCount, portOf, type RelayCaller, type RelayTaker } from './relay-peer.ts';

/** Takes events as the messages of web sockets. */
export async function takeWebSockets(): Promise<RelayTaker> {
  const count = new EventCount();
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', backlog: 4096 });
  server.on('connection', (socket) => {
    socket.on('error', () => undefined); // its event is missing from the count, which is what is checked
    socket.on('message', (data) => count.take(String(data)));
  });
  await once(server, 'listening');
  return {
    port: portOf(server),
    get taken() {
      return count.taken;
    },
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

/** One web socket for each event. */
export function wsCaller(port: number): RelayCaller {
  return {
    send: (text) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}`);
        socket.on('open', () => {
          socket.send(text);
          socket.close(1000);
        });
        socket.on('error', reject);
        socket.on('close', (code) => (code === 1000 ? resolve() : reject(new Error(`closed with ${code}`))));
      }),
    close: async () => undefined,
  };
}
