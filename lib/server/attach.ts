import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { gyroscopeKey } from './gyroscope-wire.ts';
import { refuseSocket } from './http-answers.ts';
import type { Parts, Upgrade } from './parts.ts';
import { answerRelay } from './relay-endpoint.ts';

/** An http or https server of the application's. */
export type AppServer = Server | TlsServer;

type Listener = (...args: unknown[]) => void;

/**
 * Puts itself before an event's listeners, which get what it leaves to them.
 *
 * @param take takes what is its own, and says whether it did
 * @returns puts the listeners back
 */
function intercept(server: AppServer, event: string, take: (others: number, ...args: never[]) => boolean): () => void {
  const before = server.rawListeners(event) as Listener[];
  let active = true;
  server.removeAllListeners(event);
  const first = (...args: unknown[]) => {
    const others = before.length + server.listenerCount(event) - 1;
    if (active && take(others, ...(args as never[]))) return;
    for (const listener of before) listener.apply(server, args);
  };
  server.on(event, first);
  return () => {
    active = false;
    const now = server.rawListeners(event) as Listener[];
    if (!now.includes(first)) return; // somebody has put himself before it in turn: it just hands on
    server.removeAllListeners(event);
    for (const listener of now.flatMap((one) => (one === first ? before : [one]))) server.on(event, listener);
  };
}

/**
 * Takes relays and pages on a path of the application's server, and leaves it everything else.
 *
 * @returns detaches
 */
export function attachTo(
  server: AppServer,
  path: string,
  parts: Parts,
  takeUpgrade: (upgrade: Upgrade) => void,
): () => void {
  const base = path.replace(/\/$/, '');
  const pathOf = ({ url = '' }: IncomingMessage) => url.replace(/\?.*$/s, '').replace(/\/$/, '');
  const stopRequests = intercept(server, 'request', (_others, req: IncomingMessage, res: ServerResponse) => {
    if (req.method !== 'POST' || pathOf(req) !== `${base}/relay`) return false;
    answerRelay(req, res, parts).catch(parts.onError);
    return true;
  });
  const stopUpgrades = intercept(server, 'upgrade', (others, req: IncomingMessage, socket: Duplex, head: Buffer) => {
    const isGyroscopes = parts.options.gyroscope !== undefined && gyroscopeKey(req.url) !== undefined;
    if (isGyroscopes || pathOf(req) === base) takeUpgrade({ req, socket, head });
    else if (others === 0) refuseSocket(socket, 'not-found');
    else return false;
    return true;
  });
  return () => {
    stopRequests();
    stopUpgrades();
  };
}
