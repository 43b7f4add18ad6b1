/* Acts so many times a second, on one of the ways from a call to the pages, and says when each call was made. */
import { createActionlog, type StreamOptions } from 'express-actionlog';
import { plainInsert } from '../peers/plain-insert.ts';
import { publisher } from '../peers/redis-publish.ts';
import type { RelayCaller } from '../peers/relay-peer.ts';
import { emitter } from '../peers/socket-io-emitter.ts';
import { plainFeed } from '../support/feed.ts';
import { monotonicMs, openLoop } from '../support/load.ts';
import { serve } from '../support/serve.ts';

/** Where the events go. */
export type CallerWay = { way: 'logaction'; stream: StreamOptions } | PlainWay;

/** The row by `pool.execute`, then the event. */
type PlainWay = { way: 'publish'; redis: string } | { way: 'emitter'; redis: string } | { way: 'post'; url: string };

/** Acts on a record: resolves once this way is through with it. */
type Act = (recid: number) => Promise<unknown>;

let act: Act | undefined;
let close: (() => Promise<unknown>) | undefined;
let recid = 0;
const user = { userid: 42, gsid: 3, login: 'ann' };

async function relayOf(way: PlainWay): Promise<RelayCaller> {
  if (way.way === 'publish') return await publisher(way.redis);
  if (way.way === 'emitter') return await emitter(way.redis);
  const feed = plainFeed(way.url);
  return { send: (text) => feed.send([JSON.parse(text)]), close: () => feed.close() };
}

/** The plain way: the row first, awaited, then the event. */
function insertThen(relay: RelayCaller, insert: ReturnType<typeof plainInsert>): Act {
  return async (recid) => {
    const record = { rectype: 'product', recid };
    const alogid = await insert.write({
      ...user,
      ...record,
      message: 'updated product Lamp',
      rawobj: { name: 'Lamp' },
    });
    const { userid, gsid, login } = user;
    const event = { type: 'update', sid: 0, gsid, userid, ...record, alogid, time: Date.now(), login };
    await relay.send(JSON.stringify(event));
  };
}

export const api = serve({
  async start(database: string, way: CallerWay): Promise<void> {
    if (way.way === 'logaction') {
      const actionlog = createActionlog({ database, session: () => undefined, stream: way.stream });
      await actionlog.ready();
      const { logaction } = actionlog.as(user);
      act = (recid) => logaction('updated product Lamp', { name: 'Lamp' }, { rectype: 'product', recid });
      close = () => actionlog.close();
      return;
    }
    const insert = plainInsert(database);
    const relay = await relayOf(way);
    act = insertThen(relay, insert);
    close = async () => {
      await relay.close();
      await insert.close();
    };
  },
  /** When each record's call was made, on the machine's monotonic clock in milliseconds. */
  async run(pace: { perSecond: number; durationMs: number }): Promise<Record<string, number>> {
    const calledAt: Record<string, number> = {};
    await openLoop(pace, async () => {
      recid += 1;
      calledAt[`product/${recid}`] = monotonicMs();
      await act?.(recid);
    });
    return calledAt;
  },
  close: () => close?.(),
});
