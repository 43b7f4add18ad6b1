/* Socket.IO's own way from another process: its Redis emitter, and a server with its Redis adapter. */
import { createServer, type Server as HttpServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { Emitter } from '@socket.io/redis-emitter';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import type { RelayCaller } from './relay-peer.ts';

const room = 'tenant 3';

async function connected(url: string) {
  const client = createClient({ url });
  client.on('error', (error) => console.error('redis:', error));
  await client.connect();
  return client;
}

/** The application's end: emits to the tenant's room. It cannot be awaited. */
export async function emitter(url: string): Promise<RelayCaller> {
  const client = await connected(url);
  const io = new Emitter(client);
  return {
    async send(text) {
      io.to(room).emit('update', JSON.parse(text));
    },
    close: async () => client.destroy(),
  };
}

/** The pages' end: an http server, yet to listen, whose pages all join the tenant's room. */
export async function broadcastEmitted(url: string): Promise<{ server: HttpServer; close(): void }> {
  const server = createServer();
  const [publishing, subscribed] = [await connected(url), await connected(url)];
  const io = new Server(server, {
    transports: ['websocket'],
    serveClient: false,
    adapter: createAdapter(publishing, subscribed),
  });
  io.on('connection', (socket) => {
    socket.join(room);
  });
  return {
    server,
    close() {
      io.disconnectSockets(true);
      publishing.destroy();
      subscribed.destroy();
    },
  };
}
