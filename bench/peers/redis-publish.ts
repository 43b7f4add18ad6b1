/* Redis PUBLISH as the way to the pages: a server has subscribed, and sends each message to all of its web sockets. */
import { createServer, type Server } from 'node:http';
import { createClient } from 'redis';
import { WebSocketServer } from 'ws';
import type { RelayCaller } from './relay-peer.ts';

const channel = 'actionlog-bench-pages';

async function connected(url: string) {
  const client = createClient({ url });
  client.on('error', (error) => console.error('redis:', error));
  await client.connect();
  return client;
}

/** The application's end. */
export async function publisher(url: string): Promise<RelayCaller> {
  const client = await connected(url);
  return {
    async send(text) {
      await client.publish(channel, text);
    },
    close: async () => client.destroy(),
  };
}

/** The pages' end: an http server, yet to listen, whose web sockets get every message. */
export async function broadcastPublished(url: string): Promise<{ server: Server; close(): void }> {
  const server = createServer();
  const pages = new WebSocketServer({ server });
  const client = await connected(url);
  await client.subscribe(channel, (text) => {
    for (const page of pages.clients) page.send(text);
  });
  return {
    server,
    close() {
      for (const page of pages.clients) page.terminate();
      client.destroy();
    },
  };
}
