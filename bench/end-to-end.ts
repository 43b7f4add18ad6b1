/*
 * From the call to a page, at 50 actions a second: the row, the event on its way, the push. Each way has a caller, a server
 * and a page, in processes of their own; the peers insert the row plainly and await it, as we do.
 */
import type { CallerWay } from './children/paced-caller.ts';
import type { Bench, Context } from './support/bench.ts';
import type { ApiOf, Child } from './support/child.ts';
import type { Database } from './support/database.ts';
import { quantile } from './support/load.ts';
import type { Metrics } from './support/rounds.ts';
import { pageTokens } from './support/tokens.ts';

type Caller = ApiOf<typeof import('./children/paced-caller.ts')>;
type Listeners = ApiOf<typeof import('./children/listeners.ts')>;
type StreamServer = ApiOf<typeof import('./children/stream-server.ts')>;
type Broadcaster = ApiOf<typeof import('./children/broadcaster.ts')>;
type RedisBroadcaster = ApiOf<typeof import('./children/redis-broadcaster.ts')>;

const perSecond = 50;
const arriveMs = 10_000;
const moduleOf = (name: string) => new URL(`./children/${name}.ts`, import.meta.url);

/** Starts a way's server, opens a page there, and says where the events go. */
type Opened = (context: Context, page: Child<Listeners>) => Promise<CallerWay>;

const ways: Record<string, Opened> = {
  async logaction({ child, secret, findings }, page) {
    const server = await child<StreamServer>(moduleOf('stream-server'));
    const url = await server.call('start', { secrets: [secret] });
    await page.call('open', url, await pageTokens(secret, { gsid: 3, count: 1 }));
    findings.options('createActionlog', { stream: {} });
    findings.options('createStreamServer', {});
    return { way: 'logaction', stream: { url, secrets: [secret] } };
  },
  async 'insert, Redis PUBLISH'({ child, redis }, page) {
    const server = await child<RedisBroadcaster>(moduleOf('redis-broadcaster'));
    await page.call('openPlain', await server.call('start', 'publish', await redis()));
    return { way: 'publish', redis: await redis() };
  },
  async 'insert, undici POST'({ child }, page) {
    const server = await child<Broadcaster>(moduleOf('broadcaster'));
    const url = await server.call('start', 'buffer');
    await page.call('openPlain', url);
    return { way: 'post', url };
  },
  async 'insert, Socket.IO emitter'({ child, redis }, page) {
    const server = await child<RedisBroadcaster>(moduleOf('redis-broadcaster'));
    await page.call('openSocketIo', await server.call('start', 'emitter', await redis()));
    return { way: 'emitter', redis: await redis() };
  },
};

/** One way, with what it takes to measure a round of it, and to count what came of it. */
async function prepare(context: Context, open: Opened) {
  const { child, database, roundMs } = context;
  const table: Database = await database();
  const page = await child<Listeners>(moduleOf('listeners'));
  const caller = await child<Caller>(moduleOf('paced-caller'));
  await caller.call('start', table.url, await open(context, page));
  const counts = { sent: 0, received: 0 };
  const measure = async (): Promise<Metrics> => {
    const calledAt = Object.entries(await caller.call('run', { perSecond, durationMs: 2 * roundMs }));
    await page.call('until', calledAt.length, arriveMs);
    const arrivedAt = await page.call('take');
    const times = calledAt.flatMap(([record, at]) => {
      const arrived = arrivedAt[record];
      return arrived === undefined ? [] : [arrived - at];
    });
    counts.sent += calledAt.length;
    counts.received += times.length;
    return { p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
  };
  return { table, counts, measure };
}

export const bench: Bench = {
  name: 'end-to-end',
  title: `From the call to a page, at ${perSecond} actions a second`,
  limitMinutes: { full: 5, quick: 2 },
  async run(context) {
    const { findings, alternate } = context;
    const prepared = new Map<string, Awaited<ReturnType<typeof prepare>>>();
    for (const [name, open] of Object.entries(ways)) prepared.set(name, await prepare(context, open));
    const variants = Object.fromEntries([...prepared].map(([name, { measure }]) => [name, measure]));
    const rounds = await alternate(`${perSecond}/s`, variants);
    findings.ratio(rounds, 'p50Ms', 'logaction', 'insert, Redis PUBLISH', 'end-to-end-publish');
    findings.ratio(rounds, 'p50Ms', 'logaction', 'insert, undici POST');
    findings.ratio(rounds, 'p50Ms', 'logaction', 'insert, Socket.IO emitter');
    findings.ratio(rounds, 'p99Ms', 'logaction', 'insert, Redis PUBLISH');
    findings.bars(
      'end-to-end',
      'From the call to a page',
      `milliseconds (p50), ${perSecond} actions a second`,
      'p50Ms',
      [rounds],
    );
    for (const [name, { table, counts }] of prepared) {
      const { rows, waiting } = await table.settled(arriveMs);
      findings.arrived(`rows, ${name}`, counts.sent, rows - waiting);
      findings.arrived(`events at the page, ${name}`, counts.sent, counts.received);
    }
  },
};
