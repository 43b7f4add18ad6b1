/* A server of web sockets that is fed through Redis. */
import { once } from 'node:events';
import { broadcastPublished } from '../peers/redis-publish.ts';
import { portOf } from '../peers/relay-peer.ts';
import { broadcastEmitted } from '../peers/socket-io-emitter.ts';
import { serve } from '../support/serve.ts';

const ways = { publish: broadcastPublished, emitter: broadcastEmitted };

let close: (() => void) | undefined;

export const api = serve({
  /** Resolves with its address: `http://127.0.0.1:<port>`. @param redis address of Redis */
  async start(way: keyof typeof ways, redis: string): Promise<string> {
    const broadcaster = await ways[way](redis);
    broadcaster.server.listen(0, '127.0.0.1');
    await once(broadcaster.server, 'listening');
    close = broadcaster.close;
    return `http://127.0.0.1:${portOf(broadcaster.server)}`;
  },
  close: () => close?.(),
});
