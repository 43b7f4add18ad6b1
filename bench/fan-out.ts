import type { Bench, Context } from './support/bench.ts';
import { Broadcasts } from './support/broadcasts.ts';
import type { ApiOf, Child } from './support/child.ts';
import { loneFeed, relayFeed } from './support/feed.ts';
import { withOpenFiles } from './support/open-files.ts';
import { type Rounds, seriesOf, spreadOf, type Variants } from './support/rounds.ts';

type ServerApi = ApiOf<typeof import('./children/stream-server.ts')>;
type BroadcasterApi = ApiOf<typeof import('./children/broadcaster.ts')>;
type PagesApi = ApiOf<typeof import('./children/raw-pages.ts')>;

const moduleOf = (name: string) => new URL(`./children/${name}.ts`, import.meta.url);

const ours = 'streaming server';
const [buffer, stringify, socketIo] = ['ws.send(Buffer)', 'JSON.stringify each', 'Socket.IO room'];
const peers = {
  [buffer]: { way: 'buffer', wire: 'plain' },
  [stringify]: { way: 'stringify', wire: 'plain' },
  [socketIo]: { way: 'socket.io', wire: 'socket.io' },
} as const;

/** A server with pages, and the same without any: what it costs to be told of an event. */
interface Way {
  withPages: Broadcasts;
  alone: Broadcasts;
  pages: Child<PagesApi>;
  open(count: number): Promise<void>;
}

async function wayOf(name: string, context: Context, mostPages: number): Promise<Way> {
  const { child, secret } = context;
  const prefix = withOpenFiles(mostPages + 200);
  const peer = name === ours ? undefined : peers[name as keyof typeof peers];
  const start = async () => {
    if (!peer) {
      const server = await child<ServerApi>(moduleOf('stream-server'), { prefix });
      const url = await server.call('start', { secrets: [secret] });
      return { server, url, feed: relayFeed(url, secret) };
    }
    const server = await child<BroadcasterApi>(moduleOf('broadcaster'), { prefix });
    const url = await server.call('start', peer.way);
    return { server, url, feed: loneFeed(url) };
  };
  const pages = await child<PagesApi>(moduleOf('raw-pages'), { prefix });
  const [full, empty] = [await start(), await start()];
  const standOf = ({ server, feed }: typeof full) =>
    new Broadcasts({
      feed,
      places: !peer,
      cpuMs: () => (server as Child<{ cpuMs(): number }>).call('cpuMs'),
      until: (total) => pages.call('until', total),
    });
  const withPages = standOf(full);
  return {
    ...{ withPages, alone: standOf(empty), pages },
    open: async (count) => {
      const wire = peer?.wire ?? 'actionlog';
      const port = Number(new URL(full.url).port);
      const sentBefore = withPages.sent;
      await pages.call('open', { port, wire, count, tenants: { first: 1, count: 1 }, secret, sentBefore });
    },
  };
}

/** What a broadcast costs, with all that belongs to it and without what it costs to be told of it. */
function variantsOf(
  ways: Map<string, Way>,
  names: readonly string[],
  how: { pages: number; waiting: number; roundMs: number; alone: Rounds },
): Variants {
  const { pages, waiting, roundMs, alone } = how;
  return Object.fromEntries(
    names.map((name) => [
      name,
      async () => {
        const way = ways.get(name);
        if (!way) throw new TypeError(`no way ${name}`);
        const { broadcasts, elapsedMs, cpuUs } = await way.withPages.round(waiting, pages, roundMs);
        const toldUs = spreadOf(seriesOf(alone, name, 'cpuUs')).median;
        const deliveries = waiting * pages;
        return {
          cpuUs,
          perCpuSecond: (deliveries * 1e6) / cpuUs,
          fanOutPerCpuSecond: (deliveries * 1e6) / (cpuUs - toldUs),
          perSecond: (broadcasts * deliveries * 1000) / elapsedMs,
        };
      },
    ]),
  );
}

export const bench: Bench = {
  name: 'fan-out',
  title: 'sending an event to every page of a tenant, against ws and Socket.IO',
  limitMinutes: { full: 6, quick: 3 },
  async run(context) {
    const { alternate, findings, quick, say } = context;
    const sizes = quick ? [200, 1_000] : [1_000, 5_000];
    const roundMs = quick ? 300 : 800;
    const rounds = { rounds: quick ? 3 : 5 };
    const ways = new Map<string, Way>();
    for (const name of [ours, ...Object.keys(peers)]) ways.set(name, await wayOf(name, context, sizes.at(-1) ?? 0));
    findings.options('createStreamServer', {});

    const alone = new Map<number, Rounds>();
    for (const waiting of [1, 10]) {
      const entries = [...ways].map(([name, way]) => [
        name,
        async () => ({ cpuUs: (await way.alone.round(waiting, 0, roundMs / 2)).cpuUs }),
      ]);
      const variants: Variants = Object.fromEntries(entries);
      alone.set(waiting, await alternate(`no page, ${waiting} waiting`, variants, rounds));
    }
    const settings: Rounds[] = [];
    let opened = 0;
    for (const pages of sizes) {
      say(`${pages} pages on each of ${ways.size} servers`);
      for (const { open } of ways.values()) await open(pages - opened);
      opened = pages;
      for (const waiting of [1, 10]) {
        const told = alone.get(waiting);
        if (!told) continue;
        const names = [...ways.keys()].filter((name) => waiting === 1 || name !== stringify);
        const variants = variantsOf(ways, names, { pages, waiting, roundMs, alone: told });
        const measured = await alternate(`${pages} pages, ${waiting} waiting`, variants, rounds);
        settings.push(measured);
        const targets =
          waiting === 1 ? (['fan-out-1-ws', 'fan-out-1-socketio'] as const) : (['fan-out-10-ws'] as const);
        for (const metric of ['fanOutPerCpuSecond', 'perCpuSecond', 'perSecond'] as const) {
          const isFanOut = metric === 'fanOutPerCpuSecond';
          findings.ratio(measured, metric, ours, buffer, isFanOut ? targets[0] : undefined);
          findings.ratio(measured, metric, ours, socketIo, isFanOut ? targets[1] : undefined);
        }
      }
    }
    for (const [name, { withPages, pages }] of ways) {
      const { total, wrong, lost, length } = await pages.call('counts', withPages.sent);
      if (lost.length > 0) throw new Error(`${name}: pages were lost: ${lost.join('; ')}`);
      findings.arrived(`messages from ${name}`, withPages.expected, total);
      findings.arrived(`pages of ${name} that have each event once`, opened, opened - wrong);
      findings.value(`length of a message from ${name}`, 'bytes', length);
    }
    const unit = 'deliveries for each second of processor time';
    const [single, several] = [0, 1].map((which) => settings.filter((_, index) => index % 2 === which));
    findings.bars('fan-out', 'One event to every page', unit, 'fanOutPerCpuSecond', single ?? []);
    findings.bars('fan-out-waiting', 'Ten events waiting, to every page', unit, 'fanOutPerCpuSecond', several ?? []);
    findings.note(
      'Each server is told of the events by another process, waits for nothing, and sends; the next ones come when every page has them. ' +
        'perCpuSecond: deliveries for each second of processor time that the whole server process took; fanOutPerCpuSecond: ' +
        'less what the same server takes to be told of as many events with no page at all. All are told by a POST on a ' +
        'connection of its own; ours alone checks a signature.',
    );
  },
};
