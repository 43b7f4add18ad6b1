/*
 * A whole route as a user of the application meets it: session, row and event, against the route as one would write it
 * without this package. A round is over when the last answer has come and the server has taken the last event. Beside them
 * the same route with the session alone, which writes and relays nothing: what Express and the session leave of the time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Context } from './support/bench.ts';
import type { ApiOf } from './support/child.ts';
import { eventsTaken } from './support/greeting.ts';
import { signIn } from './support/listen.ts';
import { monotonicMs } from './support/load.ts';
import type { Metrics } from './support/rounds.ts';

type App = ApiOf<typeof import('./children/route-app.ts')>;
type HttpLoad = ApiOf<typeof import('./children/http-load.ts')>;
type Server = ApiOf<typeof import('./children/stream-server.ts')>;
type Taker = ApiOf<typeof import('./children/relay-taker.ts')>;

const concurrency = 64;
const arriveMs = 30_000;
const moduleOf = (name: string) => new URL(`./children/${name}.ts`, import.meta.url);

/** One application with a database of its own. */
interface Way {
  url: string;
  cookie: string;
  path: string;
  /** Resolves once so many events have arrived in all, with the time of the last; gives up after a while. */
  arrived(events: number): Promise<{ events: number; lastAt: number }>;
  rows(): Promise<{ rows: number; waiting: number }>;
  errors(): Promise<Record<string, number>>;
}

async function logactionWay({ child, database, secret }: Context): Promise<Way> {
  const table = await database();
  const server = await child<Server>(moduleOf('stream-server'));
  const streamUrl = await server.call('start', { secrets: [secret] });
  const app = await child<App>(moduleOf('route-app'));
  const url = await app.call('start', { way: 'logaction', database: table.url, secret, url: streamUrl });
  return {
    ...{
      url,
      path: '/products/7',
      cookie: await signIn(`${url}/sign-in`),
      rows: () => table.settled(arriveMs),
      errors: () => app.call('errors'),
    },
    async arrived(count) {
      const end = monotonicMs() + arriveMs;
      for (;;) {
        const events = await eventsTaken(streamUrl, secret, 3);
        if (events >= count || monotonicMs() > end) return { events, lastAt: await app.call('acknowledgedAt') };
        await sleep(2);
      }
    },
  };
}

async function naiveWay({ child, database, secret }: Context): Promise<Way> {
  const table = await database();
  const taker = await child<Taker>(moduleOf('relay-taker'));
  const port = await taker.call('start', 'net', '');
  const app = await child<App>(moduleOf('route-app'));
  const url = await app.call('start', {
    ...{ way: 'naive', database: table.url, secret },
    url: `http://127.0.0.1:${port}`,
  });
  return {
    ...{ url, path: '/products/7', cookie: await signIn(`${url}/sign-in`) },
    ...{ rows: () => table.settled(arriveMs), errors: async () => ({}) },
    // awaited by the route before it answers
    arrived: async () => ({ events: await taker.call('taken'), lastAt: 0 }),
  };
}

/** The same application, asked for what it neither writes nor relays. */
function aloneWay({ url, cookie }: Way): Way {
  const nothing = async () => ({ rows: 0, waiting: 0 });
  return {
    ...{ url, cookie, rows: nothing, errors: async () => ({}), path: '/nothing' },
    arrived: async (events) => ({ events, lastAt: 0 }),
  };
}

export const bench: Bench = {
  name: 'route',
  title: 'A whole route: session, row and event, against awaited insert and raw connection',
  limitMinutes: { full: 4, quick: 2 },
  async run(context) {
    const { roundMs, findings, child, alternate } = context;
    const logaction = await logactionWay(context);
    const ways = { naive: await naiveWay(context), logaction, alone: aloneWay(logaction) };
    const generator = await child<HttpLoad>(moduleOf('http-load'));
    findings.options('createActionlog', { session: 'signedSession({ secrets })', stream: {} });
    findings.options('createStreamServer', {});

    const sent = { naive: 0, logaction: 0, alone: 0 };
    /** Requests of a round: as many as fill its time, going by the round before; so none is cut off under way. */
    const amounts = { naive: 500, logaction: 500, alone: 500 };
    const bads = { naive: 0, logaction: 0, alone: 0 };
    const load = async (name: keyof typeof ways): Promise<Metrics> => {
      const { url, cookie, path, arrived } = ways[name];
      const { bad, begunAt, endedAt, ...loaded } = await generator.call('load', {
        ...{ url, connections: concurrency, expectBody: '{"saved":true}' },
        until: { requests: amounts[name] },
        requests: [{ method: 'POST', path, headers: { cookie } }],
      });
      sent[name] += loaded.calls;
      bads[name] += bad;
      amounts[name] = Math.max(500, Math.round((loaded.perSecond * roundMs) / 1000));
      const { lastAt } = await arrived(sent[name]);
      return { ...loaded, perSecond: (loaded.calls * 1000) / (Math.max(endedAt, lastAt) - begunAt) };
    };
    const variants = {
      naive: () => load('naive'),
      logaction: () => load('logaction'),
      'session alone': () => load('alone'),
    };
    const rounds = await alternate(`c=${concurrency}`, variants, { warmUps: 2 });
    findings.ratio(rounds, 'perSecond', 'logaction', 'naive', 'route-rate-64');
    findings.ratio(rounds, 'perSecond', 'session alone', 'naive');
    findings.ratio(rounds, 'perSecond', 'logaction', 'session alone');
    findings.ratio(rounds, 'p50Ms', 'logaction', 'naive');
    findings.ratio(rounds, 'p99Ms', 'logaction', 'naive');
    findings.bars('route', 'A whole route', 'requests a second, until the last event has arrived', 'perSecond', [
      rounds,
    ]);
    for (const name of ['naive', 'logaction'] as const) {
      const { rows, waiting } = await ways[name].rows();
      findings.arrived(`good answers of ${name}`, sent[name], sent[name] - bads[name]);
      findings.arrived(`rows of ${name}, announced`, sent[name], rows - waiting);
      findings.arrived(`events of ${name}`, sent[name], (await ways[name].arrived(sent[name])).events);
    }
    findings.arrived('good answers of session alone', sent.alone, sent.alone - bads.alone);
    for (const [code, count] of Object.entries(await ways.logaction.errors())) {
      findings.note(`onError was told ${code}, ${count} times`);
    }
  },
};
