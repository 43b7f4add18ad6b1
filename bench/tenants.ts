import type { Bench, Context } from './support/bench.ts';
import type { ApiOf } from './support/child.ts';
import { eventsTaken } from './support/greeting.ts';
import { withOpenFiles } from './support/open-files.ts';

type AppApi = ApiOf<typeof import('./children/relay-app.ts')>;
type ServerApi = ApiOf<typeof import('./children/stream-server.ts')>;
type PagesApi = ApiOf<typeof import('./children/raw-pages.ts')>;

const moduleOf = (name: string) => new URL(`./children/${name}.ts`, import.meta.url);

/** Pages of the tenant whose actions are timed, and of each other one. */
const ownPages = 10;
const pagesOfATenant = 10;
/** The server's own default would not let the last ten in. */
const serverOptions = { maxConnections: 20_000 };

/** A streaming server with pages of one tenant and of others, and an application server of the one. */
async function standOf({ child, secret }: Context, others: number, database: string) {
  const prefix = withOpenFiles(others + 200);
  const server = await child<ServerApi>(moduleOf('stream-server'), { prefix });
  const url = await server.call('start', { secrets: [secret], ...serverOptions });
  const port = Number(new URL(url).port);
  const own = await child<PagesApi>(moduleOf('raw-pages'));
  await own.call('open', { port, wire: 'actionlog', count: ownPages, tenants: { first: 1, count: 1 }, secret });
  const strangers = await child<PagesApi>(moduleOf('raw-pages'), { prefix });
  const tenants = { first: 2, count: others / pagesOfATenant };
  await strangers.call('open', { port, wire: 'actionlog', count: others, tenants, secret });
  const app = await child<AppApi>(moduleOf('relay-app'));
  await app.call('start', { url, secret, database });
  return {
    /** One action after the other, each acknowledged and with all its pages before the round is over. */
    async round(durationMs: number) {
      const cpu = await server.call('cpuMs');
      const { calls, perSecond, p50Ms, p99Ms } = await app.call('load', { concurrency: 1, durationMs });
      await own.call('until', (await app.call('sent')) * ownPages);
      const cpuUs = (((await server.call('cpuMs')) - cpu) * 1000) / calls;
      return { usPerAction: 1e6 / perSecond, p50Ms, p99Ms, cpuUs };
    },
    async check(what: string, { findings }: Context) {
      const sent = await app.call('sent');
      const [mine, theirs] = [await own.call('counts', sent), await strangers.call('counts', 0)];
      const lost = [...mine.lost, ...theirs.lost];
      if (lost.length > 0) throw new Error(`${what}: pages were lost: ${lost.join('; ')}`);
      findings.arrived(`${what}: events at the server`, sent, await eventsTaken(url, secret, 1));
      findings.arrived(`${what}: pages of the tenant that have each event once`, ownPages, ownPages - mine.wrong);
      findings.arrived(`${what}: events that pages of other tenants have got`, 0, theirs.total);
    },
  };
}

export const bench: Bench = {
  name: 'tenants',
  title: 'what an action costs while other tenants have 10,000 pages connected, against 10',
  limitMinutes: { full: 5, quick: 3 },
  async run(context) {
    const { alternate, database, findings, quick, roundMs } = context;
    const sizes = quick ? [10, 1_000] : [10, 10_000];
    const { url } = await database();
    findings.options('createStreamServer', serverOptions);
    findings.options('createActionlog', {});
    const stands = new Map<string, Awaited<ReturnType<typeof standOf>>>();
    const nameOf = (others: number) => `${others} other pages`;
    for (const others of sizes) stands.set(nameOf(others), await standOf(context, others, url));
    const variants = Object.fromEntries([...stands].map(([name, { round }]) => [name, () => round(roundMs)]));
    const measured = await alternate(`c=1, ${ownPages} own pages`, variants, { rounds: quick ? 3 : 9 });
    const [few = 0, many = 0] = sizes;
    findings.ratio(measured, 'usPerAction', nameOf(many), nameOf(few), 'tenants-time');
    findings.ratio(measured, 'p50Ms', nameOf(many), nameOf(few));
    findings.ratio(measured, 'cpuUs', nameOf(many), nameOf(few));
    for (const [name, { check }] of stands) await check(name, context);
    findings.bars('tenants', 'An action beside the pages of other tenants', 'µs', 'usPerAction', [measured]);
    findings.note(
      'usPerAction: from one call of streamaction to the next, each acknowledged; cpuUs: processor time of the streaming ' +
        'server for each. The heartbeats to all pages, every 25 s, are part of both.',
    );
  },
};
