import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { destroyOnError, endGently } from './gentle-end.ts';
import { gyroscopeKey } from './gyroscope-wire.ts';
import { refuseSocket } from './http-answers.ts';
import { type AppServer, Interceptor } from './intercept.ts';
import type { Parts, Upgrade } from './parts.ts';
import { answerRelay } from './relay-endpoint.ts';

const requests = new Interceptor<[IncomingMessage, ServerResponse]>('request');
/** Once a server has a listener for upgrades, Node leaves them all to it: one that nobody takes would hang. */
const upgrades = new Interceptor<[IncomingMessage, Duplex, Buffer]>('upgrade', (req, socket) => {
  const isPlain = (req.method === 'GET' || req.method === 'HEAD') && !/websocket/i.test(req.headers.upgrade ?? '');
  if (isPlain && req.socket === socket) answerAsRequest(req);
  else refuseSocket(socket, 'not-found');
});

/**
 * Gives an upgrade that nobody takes, such as curl's to h2c, to the application as the plain request that it would have
 * been without us. What comes after it on the connection is lost to Node's parser: so the connection ends.
 */
function answerAsRequest(req: IncomingMessage): void {
  const { socket } = req;
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket);
  res.once('finish', () => {
    res.detachSocket(socket);
    endGently(socket);
  });
  destroyOnError(socket);
  (socket as { server?: AppServer }).server?.emit('request', req, res);
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
  const stopRequests = requests.add(server, (req, res) => {
    if (req.method !== 'POST' || pathOf(req) !== `${base}/relay`) return false;
    answerRelay(req, res, parts).catch(parts.onError);
    return true;
  });
  const stopUpgrades = upgrades.add(server, (req, socket, head) => {
    // The application may have sockets with a query of its own: only what has the form of a key is ours on any path.
    const isGyroscopes = parts.options.gyroscope !== undefined && /^[0-9a-f]{32}-/.test(gyroscopeKey(req.url) ?? '');
    if (!isGyroscopes && pathOf(req) !== base) return false;
    takeUpgrade({ req, socket, head });
    return true;
  });
  return () => {
    stopRequests();
    stopUpgrades();
  };
}
