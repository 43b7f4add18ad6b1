import { once } from 'node:events';
import { WebSocket } from 'ws';
import { bearerPrefix, subprotocol } from '../../lib/stream/protocol.ts';
import { pageTokens } from './tokens.ts';

/**
 * How many events of a tenant a streaming server has taken since it began: its greeting to a page says so. Asked before
 * and after a load it counts what has arrived, each event once, and costs the load nothing.
 */
export async function eventsTaken(url: string, secret: string, gsid: number): Promise<number> {
  const [token] = await pageTokens(secret, { gsid, count: 1 });
  const socket = new WebSocket(url.replace(/^http/, 'ws'), [subprotocol, `${bearerPrefix}${token}`]);
  try {
    const [data] = (await once(socket, 'message')) as [Buffer];
    const { type, offset } = JSON.parse(String(data)) as { type?: unknown; offset?: unknown };
    if (type !== 'getsid' || typeof offset !== 'number') throw new Error(`no greeting: ${String(data)}`);
    return offset;
  } finally {
    socket.terminate();
  }
}
