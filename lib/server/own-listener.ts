import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { ActionlogError } from '../errors.ts';
import { answerText, type HttpRefusal, refuse, refuseSocket } from './http-answers.ts';
import type { Parts, Upgrade } from './parts.ts';
import { answerRelay } from './relay-endpoint.ts';
import type { ListenAddress } from './stream-server-options.ts';

/** Connections beside those of pages: relays, health checks, refusals that are under way. */
const headroom = 1_000;

/** An http server of the streaming server's own, which takes any path, so that it fits behind any proxy. */
export function ownListener(parts: Parts, takeUpgrade: (upgrade: Upgrade) => void): Server {
  const { handshakeTimeoutMs, relayTimeoutMs, maxConnections } = parts.options;
  const server = createServer({
    headersTimeout: handshakeTimeoutMs,
    // Beyond the relay's own limit, which answers better.
    requestTimeout: handshakeTimeoutMs + relayTimeoutMs + 1_000,
    connectionsCheckingInterval: Math.min(1_000, handshakeTimeoutMs),
    keepAliveTimeout: 5_000,
  });
  server.maxConnections = maxConnections + headroom;
  /** Connections with a relay whose answer is not written yet. */
  const served = new WeakSet<Duplex>();
  server.on('request', (req, res) => {
    served.add(req.socket);
    res.once('close', () => served.delete(req.socket));
    answer(req, res, parts).catch(parts.onError);
  });
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => takeUpgrade({ req, socket, head }));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // What follows a request is nothing to us; the request itself gets its answer, unless it was cut off.
    const isCutOff = error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE';
    if (served.has(socket) && !isCutOff && error.code !== 'ERR_HTTP_REQUEST_TIMEOUT') return;
    if (socket.writable && !isCutOff) refuseSocket(socket, refusalOf(error));
    else socket.destroy();
  });
  return server;
}

function refusalOf({ code }: NodeJS.ErrnoException): HttpRefusal {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'too-slow';
  return code === 'HPE_HEADER_OVERFLOW' ? 'head-too-large' : 'bad-request';
}

async function answer(req: IncomingMessage, res: ServerResponse, parts: Parts): Promise<void> {
  const path = (req.url ?? '').replace(/\?.*$/s, '');
  if (req.method === 'POST' && path.endsWith('/relay')) return await answerRelay(req, res, parts);
  const isRead = req.method === 'GET' || req.method === 'HEAD';
  if (isRead && path === '/') answerText(res, 200, 'express-actionlog: streaming server');
  else if (isRead && answerHealth(path, res, parts)) return;
  else refuse(req, res, 'not-found');
}

/** Answers `/livez` and `/readyz`. Returns whether it was one of them. */
export function answerHealth(path: string, res: ServerResponse, { unready }: Pick<Parts, 'unready'>): boolean {
  if (path === '/livez') answerText(res, 200, 'alive');
  else if (path === '/readyz') {
    const not = unready();
    answerText(res, not === undefined ? 200 : 503, not ?? 'ready');
  } else return false;
  return true;
}

/** Listens, and gives the address that the kernel has assigned. */
export async function listenOn(server: Server, { port, host }: ListenAddress): Promise<ListenAddress> {
  await new Promise<void>((resolve, reject) => {
    const closed = () =>
      reject(new ActionlogError('closed', 'the streaming server was closed while it began to listen'));
    server.once('error', reject);
    server.once('close', closed);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      server.off('close', closed);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  return { port: address.port, host: address.address };
}
