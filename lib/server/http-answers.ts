import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { endGently } from './gentle-end.ts';

/** Every refusal over HTTP, by its code: the status, and what is said where nothing more exact is known. */
export const httpRefusals = {
  'bad-request': { status: 400, message: 'this is no HTTP request that a streaming server takes' },
  'handshake-malformed': { status: 400, message: 'no web socket handshake as RFC 6455 has it' },
  'protocol-missing': { status: 400, message: 'the web socket must offer the subprotocol "actionlog"' },
  'body-malformed': { status: 400, message: 'expected a JSON object {"events":[…]}' },
  'too-many-events': { status: 400, message: 'too many events in one relay' },
  'headers-missing': {
    status: 401,
    message: 'expected the headers webhook-id, webhook-timestamp (Unix time in seconds) and webhook-signature',
  },
  'signature-wrong': {
    status: 401,
    message: 'no signature is right: both sides need the same secret, and the body must arrive as it was signed',
  },
  'stamp-too-old': { status: 401, message: 'the stamp is too old' },
  'stamp-too-new': { status: 401, message: 'the stamp lies in the future' },
  'token-missing': { status: 401, message: 'the web socket must offer a subprotocol "bearer.<token>"' },
  'token-invalid': {
    status: 401,
    message: 'the token is too old or not ours: both sides need the same secret, and clocks that are together',
  },
  'token-revoked': { status: 401, message: 'the session of this token was revoked: its user signs in again' },
  'key-wrong': {
    status: 403,
    message: 'the key is wrong: both sides need the same wssecret and time zone, and clocks that are together',
  },
  'key-revoked': { status: 403, message: 'the sessions of this user were revoked in the hour of this key' },
  'origin-refused': { status: 403, message: 'pages of this origin may not connect' },
  'not-found': { status: 404, message: 'nothing here' },
  'wire-closed': { status: 404, message: 'this streaming server does not speak this wire' },
  'too-slow': { status: 408, message: 'the request did not arrive in time' },
  'body-too-large': { status: 413, message: 'the relay is too large' },
  'head-too-large': { status: 431, message: 'the headers are too large' },
  'too-many-attempts': { status: 429, message: 'this user connects too often' },
  'too-many-of-user': { status: 429, message: 'this user has as many connections as he may' },
  'too-many-relays': { status: 429, message: 'relays come too fast' },
  'server-failed': { status: 500, message: 'the streaming server failed; it has reported why' },
  'shutting-down': { status: 503, message: 'the streaming server is shutting down' },
  'too-many-connections': { status: 503, message: 'the streaming server has as many connections as it may' },
  'too-many-of-tenant': { status: 503, message: 'this tenant has as many connections as it may' },
  'engine-away': { status: 503, message: 'the streaming server cannot reach its Redis at the moment' },
  'relays-pile-up': { status: 503, message: 'more of relays is under way than the streaming server may hold' },
  'memory-full': { status: 503, message: 'the streaming server remembers as many relays as it may' },
} as const satisfies Record<string, { status: number; message: string }>;

export type HttpRefusal = keyof typeof httpRefusals;

/** A refusal, and where more exact is known than the code says, what is said with it. */
export interface Refusal {
  code: HttpRefusal;
  message?: string | undefined;
  /** When to try again, in milliseconds from now: told in whole seconds as `Retry-After`. */
  retryAfterMs?: number | undefined;
}

const seconds = (ms: number) => String(Math.max(1, Math.ceil(ms / 1_000)));

const json = 'application/json; charset=utf-8';

function refusalBody(code: HttpRefusal, message: string): string {
  return JSON.stringify({ error: { code, message } });
}

/** Emitted at a socket that is refused, with the code: whoever has handed it over may count it. */
export const refusedEvent = Symbol('refused');

/** Refuses over a bare socket, as after an upgrade request. The connection is ended. */
export function refuseSocket(socket: Duplex, code: HttpRefusal, message?: string, retryAfterMs?: number): void {
  const { status, message: usual } = httpRefusals[code];
  const wait = retryAfterMs === undefined ? '' : `Retry-After: ${seconds(retryAfterMs)}\r\n`;
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${json}\r\n${wait}Connection: close\r\n\r\n`;
  socket.emit(refusedEvent, code);
  endGently(socket, head + refusalBody(code, message ?? usual));
}

/** Refuses a request. The connection is ended. */
export function refuse(
  req: IncomingMessage,
  res: ServerResponse,
  code: HttpRefusal,
  message?: string,
  retryAfterMs?: number,
): void {
  const { status, message: usual } = httpRefusals[code];
  if (retryAfterMs !== undefined) res.setHeader('Retry-After', seconds(retryAfterMs));
  answerAndEnd(req, res, status, refusalBody(code, message ?? usual));
}

/**
 * Answers in JSON and ends the connection first, so that the sender keeps no port in TIME_WAIT. The body has neither a
 * length nor chunks: the end of the connection is its end, and the sender cannot close before it.
 */
export function answerAndEnd(req: IncomingMessage, res: ServerResponse, status: number, body: string): void {
  const { socket } = req;
  req.resume();
  // Node would close the socket at once, and so reset a peer that still sends.
  socket.destroySoon = () => endGently(socket);
  res.useChunkedEncodingByDefault = false;
  res.removeHeader('transfer-encoding');
  res.removeHeader('content-length');
  res.writeHead(status, { 'Content-Type': json, Connection: 'close' });
  res.end(body);
}

/** Answers in JSON on a connection that stays for another request, for at most `idleMs` until it begins. */
export function answerAndStay(req: IncomingMessage, res: ServerResponse, body: string, idleMs: number): void {
  const length = Buffer.byteLength(body);
  const timeout = `timeout=${Math.ceil(idleMs / 1_000)}`;
  res.writeHead(202, {
    'Content-Type': json,
    'Content-Length': length,
    Connection: 'keep-alive',
    'Keep-Alive': timeout,
  });
  // Node sets the time of its own server's option first, at the same event.
  res.once('finish', () => req.socket.setTimeout(idleMs));
  res.end(body);
}

/** Answers in plain text, on a connection that may stay. */
export function answerText(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  res.end(`${text}\n`);
}
