import { relayAuth, tenantKey } from '../../lib/stream/gyroscope-keys.ts';
import { openSocket, startServer } from './clients.ts';

export const internalKey = 'an internal key that both sides of these tests have';
export const wssecret = 'a wssecret that both sides of these tests share now';
export const clock = { timeZone: 'UTC' };

/** A server that takes both wires of Gyroscope, and none of the default ones. */
export const startGyroscope = (options: Record<string, unknown> = {}) =>
  startServer({ compatibility: 'gyroscope', internalKey, wssecret, ...options });

/** The upgrade request of Gyroscope's application server, as recorded. */
export const handshakeOf = (gsid: string | number, key = tenantKey(wssecret, gsid, clock)) =>
  `GET /?WSS${key}= HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nOrigin: http://localhost/\r\nHost: 127.0.0.1\r\n\r\n`;

export function relayOf(fields: Record<string, unknown> = {}) {
  return { sid: 0, userid: 7, gsid: 1, type: 'update', rectype: 'product', recid: 5, ...fields };
}

/** The text behind the handshake. */
export function messageOf(fields: Record<string, unknown> = {}, auth?: string): string {
  const relay = relayOf(fields);
  return JSON.stringify({
    type: 'relay',
    auth: auth ?? relayAuth(internalKey, relay as Parameters<typeof relayAuth>[1], clock),
    relay,
  });
}

/** Opens a browser on Gyroscope's wire. */
export const openBrowser = (port: number, key: string, path = '/') =>
  openSocket(`ws://127.0.0.1:${port}${path}?WSS${key}=`, []);
