/*
 * Two relays on undici: `POST` on a keep-alive pool of 10 connections, as the node clients of Pusher and Centrifugo have
 * it (their signatures left out), and one `Client.upgrade()` with a new client for each event.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Client, Pool } from 'undici';
import { EventCount, portOf, type RelayCaller, type RelayTaker } from './relay-peer.ts';

const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: actionlog\r\nConnection: Upgrade\r\n\r\n';

/** Takes events by `POST`, and by upgraded connections. */
export async function takeHttp(): Promise<RelayTaker> {
  const count = new EventCount();
  const server = createServer((req, res) => {
    let text = '';
    req.setEncoding('utf8');
    req.on('data', (chunk: string) => {
      text += chunk;
    });
    req.on('end', () => {
      count.take(text);
      res.writeHead(202, { 'content-type': 'application/json' });
      res.end('{"accepted":1}');
    });
  });
  server.on('upgrade', (_req, socket, head) => {
    let text = head.toString();
    socket.on('error', () => undefined); // its event is missing from the count, which is what is checked
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('end', () => {
      if (text !== '') count.take(text);
      socket.end();
    });
    socket.write(switching);
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  return {
    port: portOf(server),
    get taken() {
      return count.taken;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** `POST` on ten connections that stay open. */
export function keepAliveCaller(port: number): RelayCaller {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 10 });
  const headers = { 'content-type': 'application/json' };
  return {
    async send(text) {
      const { statusCode, body } = await pool.request({ method: 'POST', path: '/', headers, body: text });
      await body.text();
      if (statusCode !== 202) throw new Error(`answered ${statusCode}`);
    },
    close: () => pool.close(),
  };
}

/** A new client for each event, upgraded, and ended by the sender. */
export function upgradeCaller(port: number): RelayCaller {
  return {
    async send(text) {
      const client = new Client(`http://127.0.0.1:${port}`);
      const { socket } = await client.upgrade({ path: '/', protocol: 'actionlog' });
      const closed = once(socket, 'close');
      socket.resume();
      socket.end(text);
      await closed;
      await client.close();
    },
    close: async () => undefined,
  };
}
