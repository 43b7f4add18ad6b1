/* Broadcasting with `ws`, as its own documentation shows it. */
import type { Server } from 'node:http';
import { WebSocketServer } from 'ws';
import type { Broadcaster } from './broadcast.ts';

/** @param way one text for all, or one made for each */
export function broadcastWs(server: Server, way: 'buffer' | 'stringify'): Broadcaster {
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined); // a page that is lost is noticed by what it has counted
  });
  return {
    get connections() {
      return sockets.clients.size;
    },
    publish(events) {
      for (const event of events) {
        const text = Buffer.from(JSON.stringify(event));
        for (const socket of sockets.clients) {
          if (way === 'buffer') socket.send(text, { binary: false });
          else socket.send(JSON.stringify(event));
        }
      }
    },
    close() {
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}
