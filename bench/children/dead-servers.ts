/* Two streaming servers that are dead: one whose port is closed, one that takes connections and never answers. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { portOf } from '../peers/relay-peer.ts';
import { serve } from '../support/serve.ts';

const sockets = new Set<Socket>();

export const api = serve({
  /** Resolves with their addresses. */
  async start(): Promise<{ closed: string; silent: string }> {
    const silent = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => sockets.delete(socket)).on('close', () => sockets.delete(socket));
    }).listen(0, '127.0.0.1');
    const closed = createServer().listen(0, '127.0.0.1');
    await Promise.all([once(silent, 'listening'), once(closed, 'listening')]);
    const urls = { closed: `http://127.0.0.1:${portOf(closed)}`, silent: `http://127.0.0.1:${portOf(silent)}` };
    closed.close();
    return urls;
  },
});
