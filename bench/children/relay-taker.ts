/* The far end of one of the peers' relays: takes events, and counts them. */
import { takeRawNet } from '../peers/raw-net-relay.ts';
import { takePublished } from '../peers/redis-relay.ts';
import type { RelayTaker } from '../peers/relay-peer.ts';
import { takeHttp } from '../peers/undici-relay.ts';
import { takeWebSockets } from '../peers/ws-relay.ts';
import { serve } from '../support/serve.ts';

const takers = { net: takeRawNet, http: takeHttp, ws: takeWebSockets, redis: takePublished };

let taker: RelayTaker | undefined;

export const api = serve({
  /** Resolves with the port. @param redis the address of Redis, where it is the way */
  async start(way: keyof typeof takers, redis: string): Promise<number> {
    taker = await takers[way](redis);
    return taker.port;
  },
  taken: () => taker?.taken ?? 0,
  async close() {
    await taker?.close();
  },
});
