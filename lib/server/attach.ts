import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { gyroscopeKey } from './gyroscope-wire.ts';
import { refuseSocket } from './http-answers.ts';
import { type AppServer, Interceptor } from './intercept.ts';
import type { Parts, Upgrade } from './parts.ts';
import { answerRelay } from './relay-endpoint.ts';

const requests = new Interceptor<[IncomingMessage, ServerResponse]>('request');
/** Once a server has a listener for upgrades, Node leaves them all to it: one that nobody takes would hang. */
const upgrades = new Interceptor<[IncomingMessage, Duplex, Buffer]>('upgrade', (_req, socket) => {
  refuseSocket(socket, 'not-found');
});

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
    const isGyroscopes = parts.options.gyroscope !== undefined && gyroscopeKey(req.url) !== undefined;
    if (!isGyroscopes && pathOf(req) !== base) return false;
    takeUpgrade({ req, socket, head });
    return true;
  });
  return () => {
    stopRequests();
    stopUpgrades();
  };
}
