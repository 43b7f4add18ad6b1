import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type ClientOptions, WebSocket } from 'ws';
import { createStreamServer, type StreamServer, type StreamServerOptions } from '../../lib/server/index.ts';
import { StreamKeys } from '../../lib/stream/keys.ts';

export const secret = 'the secret that these tests share with their server';
export const keys = new StreamKeys([secret]);

/** A server on a port of its own, and what it logged. */
export interface RunningServer {
  server: StreamServer;
  port: number;
  logged: { info: string[]; warn: string[]; error: unknown[] };
  [Symbol.asyncDispose](): Promise<void>;
}

export function silentLogger() {
  const logged: RunningServer['logged'] = { info: [], warn: [], error: [] };
  const logger = {
    info: (line: string) => logged.info.push(line),
    warn: (line: string) => logged.warn.push(line),
    error: (line: string, error: unknown) => logged.error.push([line, error]),
  };
  return { logger, logged };
}

export async function startServer(options: StreamServerOptions = { secrets: [secret] }): Promise<RunningServer> {
  const { logger, logged } = silentLogger();
  const server = createStreamServer({ logger, ...options });
  const { port } = await server.listen();
  return { server, port, logged, [Symbol.asyncDispose]: () => server.close({ timeoutMs: 500 }) };
}

export function updateOf(fields: Record<string, unknown> = {}) {
  return { type: 'update', sid: 0, gsid: '1', userid: '7', rectype: 'product', recid: '5', ...fields };
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer of any shape, which the test then asserts
  json: any;
}

/** One HTTP request on a connection of its own. */
export async function http(
  port: number,
  { method = 'GET', path = '/', headers = {}, body = '' as string | Buffer } = {},
): Promise<Answer> {
  const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
  outgoing.end(body);
  const [answer] = await once(outgoing, 'response');
  let text = '';
  for await (const chunk of answer) text += chunk;
  const json = String(answer.headers['content-type']).startsWith('application/json') ? JSON.parse(text) : undefined;
  return { status: answer.statusCode, headers: answer.headers, text, json };
}

export interface RelayChanges {
  id?: string;
  /** Seconds from now. */
  age?: number;
  signer?: StreamKeys;
  path?: string;
  headers?: Record<string, string>;
}

/** The headers of a relay, signed. */
export function relayHeaders(body: string | Buffer, { id, age = 0, signer = keys }: RelayChanges = {}) {
  const relay = { id: id ?? `msg_${randomUUID()}`, timestamp: String(Math.floor(Date.now() / 1000) - age), body };
  return {
    'webhook-id': relay.id,
    'webhook-timestamp': relay.timestamp,
    'webhook-signature': signer.signRelay(relay),
  };
}

/** Relays a body, or events, on the default wire. */
export async function relay(port: number, content: unknown[] | string | Buffer, changes: RelayChanges = {}) {
  const body = Array.isArray(content) ? JSON.stringify({ events: content }) : content;
  const headers = { ...relayHeaders(body, changes), ...changes.headers };
  return await http(port, { method: 'POST', path: changes.path ?? '/relay', headers, body });
}

/** A page: what it was sent, in order, and how it was closed. */
export interface PageClient {
  socket: WebSocket;
  /** The next message that was not asked for yet. */
  // biome-ignore lint/suspicious/noExplicitAny: a message of any shape, which the test then asserts
  next(): Promise<any>;
  /** The same, as it came. */
  nextText(): Promise<string>;
  closed: Promise<{ code: number; reason: string }>;
}

/** Opens a web socket; rejects with the answer's status where it is refused. */
export async function openSocket(url: string, protocols: string[], options: ClientOptions = {}): Promise<PageClient> {
  const socket = new WebSocket(url, protocols, options);
  const arrived: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.on('message', (data) => {
    const wanted = waiting.shift();
    if (wanted) wanted(String(data));
    else arrived.push(String(data));
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', async (_request, response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      reject(Object.assign(new Error(`refused with ${response.statusCode}`), { status: response.statusCode, text }));
    });
  });
  socket.on('error', () => undefined); // told by `closed`
  const nextText = async () => {
    const text = arrived.shift() ?? (await new Promise<string>((resolve) => waiting.push(resolve)));
    return text;
  };
  return { socket, closed, nextText, next: async () => JSON.parse(await nextText()) };
}

export interface PageChanges {
  token?: string;
  protocols?: string[];
  path?: string;
  options?: ClientOptions;
}

/** Opens a page on the default wire, and reads its greeting. */
export async function openPage(port: number, gsid = '1', userid = '7', changes: PageChanges = {}) {
  const token = changes.token ?? (await keys.issueToken({ gsid, userid, login: `user ${userid}` }));
  const protocols = ['actionlog', `bearer.${token}`, ...(changes.protocols ?? [])];
  const url = `ws://127.0.0.1:${port}${changes.path ?? '/'}`;
  const page = await openSocket(url, protocols, changes.options);
  const greeting = await page.next();
  return { ...page, greeting, sid: greeting.sid as number };
}

/** A bare connection, and what came of it. */
export interface RawClient {
  socket: Socket;
  /** What has come so far. */
  text(): string;
  /** How it ended: `end` by the server's FIN, `reset` by an RST. */
  ended: Promise<'end' | 'reset'>;
}

/** Opens a bare connection and sends the pieces, each in a packet of its own. */
export async function openRaw(port: number, pieces: (string | Buffer)[] = []): Promise<RawClient> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
  await once(socket, 'connect');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const ended = new Promise<'end' | 'reset'>((resolve) => {
    socket.once('end', () => resolve('end'));
    socket.once('error', () => resolve('reset'));
  });
  for (const piece of pieces) {
    if (socket.destroyed) break;
    await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
  }
  return { socket, text: () => Buffer.concat(chunks).toString(), ended };
}

/** The same, to its end; asserts nothing. */
export async function exchange(port: number, pieces: (string | Buffer)[]) {
  const { socket, text, ended } = await openRaw(port, pieces);
  const how = await ended;
  socket.destroy();
  return { text: text(), how };
}
