/* A peer that sends each event to all of its pages. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type Broadcaster, fedServer } from '../peers/broadcast.ts';
import { portOf } from '../peers/relay-peer.ts';
import { broadcastSocketIo } from '../peers/socket-io.ts';
import { broadcastWs } from '../peers/ws-broadcast.ts';
import { serve } from '../support/serve.ts';
import { cpuMs, usageOf } from './usage.ts';

const ways = {
  buffer: (server: Server) => broadcastWs(server, 'buffer'),
  stringify: (server: Server) => broadcastWs(server, 'stringify'),
  'socket.io': broadcastSocketIo,
};

let broadcaster: Broadcaster;
let server: Server | undefined;

export const api = serve({
  /** Resolves with its address: `http://127.0.0.1:<port>`. */
  async start(way: keyof typeof ways): Promise<string> {
    server = fedServer(() => broadcaster);
    broadcaster = ways[way](server);
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
    await once(server, 'listening');
    return `http://127.0.0.1:${portOf(server)}`;
  },
  connections: () => broadcaster.connections,
  usage: usageOf,
  cpuMs,
  close() {
    broadcaster.close();
    server?.close();
  },
});
