import type { Bench, Context } from './support/bench.ts';
import type { ApiOf } from './support/child.ts';
import { eventsTaken } from './support/greeting.ts';
import type { Variants } from './support/rounds.ts';

type AppApi = ApiOf<typeof import('./children/relay-app.ts')>;
type ServerApi = ApiOf<typeof import('./children/stream-server.ts')>;
type CallerApi = ApiOf<typeof import('./children/relay-caller.ts')>;
type TakerApi = ApiOf<typeof import('./children/relay-taker.ts')>;

type Load = (how: { concurrency: number; durationMs: number }) => Promise<Record<string, number>>;

/** One way of relaying: two processes, and what was sent and has arrived between them. */
interface Way {
  load: Load;
  sent(): Promise<number>;
  arrived(): Promise<number>;
}

const ours = 'streamaction';
const peers = {
  'raw net': { caller: 'net', taker: 'net' },
  'undici POST': { caller: 'post', taker: 'http' },
  'undici upgrade': { caller: 'upgrade', taker: 'http' },
  'ws client': { caller: 'ws', taker: 'ws' },
  'Redis PUBLISH': { caller: 'redis', taker: 'redis' },
} as const;

const moduleOf = (name: string) => new URL(`./children/${name}.ts`, import.meta.url);

async function ourWay({ secret, child, database, findings }: Context): Promise<Way> {
  const server = await child<ServerApi>(moduleOf('stream-server'));
  const url = await server.call('start', { secrets: [secret] });
  const app = await child<AppApi>(moduleOf('relay-app'));
  const { url: databaseUrl } = await database();
  await app.call('start', { url, secret, database: databaseUrl });
  findings.options('createActionlog', {});
  findings.options('createStreamServer', {});
  return {
    load: (how) => app.call('load', how),
    sent: () => app.call('sent'),
    arrived: () => eventsTaken(url, secret, 1),
  };
}

async function peersWay(
  { child, redis }: Context,
  { caller, taker }: (typeof peers)[keyof typeof peers],
): Promise<Way> {
  const far = await child<TakerApi>(moduleOf('relay-taker'));
  const near = await child<CallerApi>(moduleOf('relay-caller'));
  const address = taker === 'redis' ? await redis() : '';
  const port = await far.call('start', taker, address);
  await near.call('start', caller, caller === 'redis' ? address : port);
  return {
    load: (how) => near.call('load', how),
    sent: () => near.call('sent'),
    arrived: () => far.call('taken'),
  };
}

export const bench: Bench = {
  name: 'relay',
  title: 'handing an event to the streaming server, against other ways to tell another process',
  limitMinutes: { full: 5, quick: 2 },
  async run(context) {
    const { alternate, findings, quick, roundMs } = context;
    const ways = new Map<string, Way>([[ours, await ourWay(context)]]);
    for (const [name, ends] of Object.entries(peers)) ways.set(name, await peersWay(context, ends));

    const settings = [];
    for (const concurrency of [1, 64]) {
      const variants: Variants = Object.fromEntries(
        [...ways].map(([name, { load }]) => [
          name,
          () => load({ concurrency, durationMs: quick ? roundMs : roundMs / 2 }),
        ]),
      );
      settings.push(await alternate(`c=${concurrency}`, variants, { rounds: quick ? 3 : 5 }));
    }
    const [one, many] = settings;
    if (!one || !many) return;
    findings.ratio(many, 'perSecond', ours, 'raw net', 'relay-rate-64-net');
    findings.ratio(many, 'perSecond', ours, 'undici POST', 'relay-rate-64-post');
    findings.ratio(many, 'perSecond', ours, 'undici upgrade');
    findings.ratio(many, 'perSecond', ours, 'ws client');
    findings.ratio(many, 'perSecond', ours, 'Redis PUBLISH');
    findings.ratio(one, 'perSecond', ours, 'undici upgrade', 'relay-rate-1-upgrade');
    findings.ratio(one, 'perSecond', ours, 'ws client', 'relay-rate-1-ws');
    findings.ratio(one, 'perSecond', ours, 'raw net');
    findings.ratio(one, 'perSecond', ours, 'undici POST');
    findings.ratio(one, 'perSecond', ours, 'Redis PUBLISH');
    findings.bars('relay', 'Handing an event to the streaming server', 'events a second', 'perSecond', settings);
    for (const [name, { sent, arrived }] of ways) findings.arrived(`events by ${name}`, await sent(), await arrived());
    findings.note(
      'streamaction signs each relay and resolves once the server has acknowledged its event; the peers sign nothing.',
    );
  },
};
