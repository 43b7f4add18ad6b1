/* The near end of one of the peers' relays: sends events in a closed loop. */
import { rawNetCaller } from '../peers/raw-net-relay.ts';
import { publishCaller } from '../peers/redis-relay.ts';
import type { RelayCaller } from '../peers/relay-peer.ts';
import { keepAliveCaller, upgradeCaller } from '../peers/undici-relay.ts';
import { wsCaller } from '../peers/ws-relay.ts';
import { closedLoop, type Load, quantile } from '../support/load.ts';
import { serve } from '../support/serve.ts';

const ways = { net: rawNetCaller, post: keepAliveCaller, upgrade: upgradeCaller, ws: wsCaller };

let caller: RelayCaller | undefined;
let sent = 0;

async function send(): Promise<void> {
  sent += 1;
  const event = { type: 'update', sid: 0, gsid: '1', userid: '42', rectype: 'product', recid: String(sent) };
  await caller?.send(JSON.stringify(event));
}

interface UntilCliff {
  concurrency: number;
  mostSeconds: number;
  secondsAfter: number;
}

/** Whether the last second that is over brought less than a quarter of the best one; the first second warms up. */
function hasCollapsed(times: number[][]): boolean {
  const counts = times.slice(0, -1).map(({ length }) => length);
  return counts.length > 2 && (counts.at(-1) ?? 0) < Math.max(...counts) / 4;
}

export const api = serve({
  /** @param to the port, or the address of Redis */
  async start(way: keyof typeof ways | 'redis', to: number | string): Promise<void> {
    caller = way === 'redis' ? await publishCaller(String(to)) : ways[way](Number(to));
  },
  load: (how: { concurrency: number; durationMs: number }): Promise<Load> => closedLoop(how, send),
  /**
   * As `load`, second by second, until it has collapsed to a quarter of its best second, and some seconds more; what fails
   * is counted.
   */
  async untilCliff({ concurrency, mostSeconds, secondsAfter }: UntilCliff) {
    const times: number[][] = [];
    let failed = 0;
    let ends = mostSeconds;
    const begin = performance.now();
    const one = async () => {
      for (;;) {
        const before = performance.now();
        if (before - begin >= ends * 1000) return;
        const through = await send().then(
          () => true,
          () => false,
        );
        if (!through) failed += 1;
        const now = performance.now();
        const second = Math.floor((now - begin) / 1000);
        while (times.length <= second) times.push([]);
        times[second]?.push(now - before);
        if (ends === mostSeconds && hasCollapsed(times)) ends = Math.min(mostSeconds, times.length + secondsAfter);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, one));
    const whole = times.slice(0, ends);
    return { counts: whole.map(({ length }) => length), p99Ms: whole.map((list) => quantile(list, 0.99)), failed };
  },
  sent: () => sent,
  async close() {
    await caller?.close();
  },
});
