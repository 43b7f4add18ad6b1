import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const drainTimeoutMs = 5_000;

/** An http server that listens before its app is there, and ends in order. */
export interface Listener {
  server: Server;
  port: number;
  /** From now on this app answers; before that, and while draining, the answer is 503. */
  serve(app: RequestListener): void;
  /** Takes no more requests, and waits for those under way, at most five seconds. Goes on listening. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export async function listen(host: string, port: number): Promise<Listener> {
  const underWay = new Set<ServerResponse>();
  let answer: RequestListener = unavailable;
  const server = createServer((req, res) => {
    underWay.add(res);
    res.once('close', () => underWay.delete(res));
    answer(req, res);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    server,
    port: (server.address() as AddressInfo).port,
    serve(app) {
      answer = app;
    },
    async drain() {
      answer = unavailable;
      let timer: NodeJS.Timeout | undefined;
      const finished = Promise.all([...underWay].map((res) => new Promise((resolve) => res.once('close', resolve))));
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, drainTimeoutMs);
      });
      await Promise.race([finished, late]);
      clearTimeout(timer);
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

const unavailable: RequestListener = (_req, res) => {
  res.writeHead(503, { 'Retry-After': '2', Connection: 'close', 'Content-Type': 'text/plain' });
  res.end('Starting or stopping: try again in a moment.\n');
};

/** The host of this server's address for requests from this very machine. */
export function ownHost(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
