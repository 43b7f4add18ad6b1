/* Pages of one server, each on a bare socket: they count what they are sent. */
import { StreamKeys } from '../../lib/stream/keys.ts';
import { bearerPrefix, subprotocol } from '../../lib/stream/protocol.ts';
import { type PageWire, RawPage } from '../peers/raw-page.ts';
import { monotonicMs } from '../support/load.ts';
import { serve } from '../support/serve.ts';
import { usageOf } from './usage.ts';

/** Which pages to open. */
export interface PagesWanted {
  port: number;
  wire: 'actionlog' | 'plain' | 'socket.io';
  count: number;
  /** Their tenants: the pages are dealt out to so many, from this one on. */
  tenants: { first: number; count: number };
  /** Shared with the streaming server. */
  secret: string;
  /** How many events were sent before: these pages are not to have them. Default 0. */
  sentBefore?: number;
  /** Whether to look for gaps in the offsets, on the package's own wire. Default: no. */
  placed?: boolean;
}

/** What the pages were sent. */
export interface PagesCounts {
  pages: number;
  /** Messages that count, of all pages. */
  total: number;
  /** How many pages have counted more or fewer than were sent while they were there. */
  wrong: number;
  /** How many pages, those that have left as well, have a gap in the offsets of their messages. */
  gaps: number;
  /** The length of the last message in bytes. */
  length: number;
  /** Why pages are not connected any more. */
  lost: string[];
}

const atOnce = 64;
const pages: { page: RawPage; sentBefore: number }[] = [];
let total = 0;
let wanted: { total: number; resolve: (atMs: number) => void } | undefined;
let user = 0;
let gapsOfThoseWhoLeft = 0;

function counted(count: number): void {
  total += count;
  if (wanted === undefined || total < wanted.total) return;
  wanted.resolve(monotonicMs());
  wanted = undefined;
}

async function open({
  port,
  wire,
  count,
  tenants,
  secret,
  sentBefore = 0,
  placed = false,
}: PagesWanted): Promise<void> {
  const keys = new StreamKeys([secret]);
  let begun = 0;
  const opener = async () => {
    while (begun < count) {
      const gsid = String(tenants.first + (begun % tenants.count));
      begun += 1;
      user += 1;
      const identity = { gsid, userid: String(process.pid * 1_000_000 + user), login: `user ${user}` };
      const token = () => keys.issueToken(identity);
      pages.push({ page: await RawPage.open(port, { ...wireOf(wire, token), placed }, counted), sentBefore });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, opener));
}

function wireOf(wire: PagesWanted['wire'], token: () => Promise<string>): PageWire {
  const update = { at: 9, character: 'u' }; // {"type":"update"
  if (wire === 'plain') return { path: '/', mark: update };
  if (wire === 'actionlog') {
    const protocols = async () => `${subprotocol}, ${bearerPrefix}${await token()}`;
    return { path: '/', protocols, mark: update, ready: { at: 9, character: 'g' } };
  }
  return {
    path: '/socket.io/?EIO=4&transport=websocket',
    ...{ greeting: '40', ready: { at: 1, character: '0' }, mark: { at: 1, character: '2' } },
    ping: { message: '2', answer: '3' },
  };
}

function counts(sent: number): PagesCounts {
  return {
    pages: pages.length,
    total,
    wrong: pages.filter(({ page, sentBefore }) => page.frames.counted !== sent - sentBefore).length,
    gaps: gapsOfThoseWhoLeft + pages.filter(({ page }) => page.hasGap).length,
    length: pages[0]?.page.frames.length ?? 0,
    lost: pages.flatMap(({ page }) => page.lost ?? []).slice(0, 10),
  };
}

export const api = serve({
  open,
  /** @param sent how many events have been sent to the pages' tenants */
  counts,
  usage: usageOf,
  /** Resolves with the time (`monotonicMs`) at which all pages together had counted so many. */
  until: (count: number) =>
    new Promise<number>((resolve) => {
      wanted = { total: count, resolve };
      counted(0);
    }),
  /** Closes the oldest pages; resolves with how many messages they had counted. */
  leave(count: number): number {
    const left = pages.splice(0, count);
    for (const { page } of left) {
      if (page.hasGap) gapsOfThoseWhoLeft += 1;
      page.close();
    }
    return left.reduce((sum, { page }) => sum + page.frames.counted, 0);
  },
  close() {
    for (const { page } of pages) page.close();
  },
});
