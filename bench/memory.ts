import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Context } from './support/bench.ts';
import type { ApiOf, Child } from './support/child.ts';
import { withOpenFiles } from './support/open-files.ts';
import type { Metrics } from './support/rounds.ts';

type ServerApi = ApiOf<typeof import('./children/stream-server.ts')>;
type BroadcasterApi = ApiOf<typeof import('./children/broadcaster.ts')>;
type PagesApi = ApiOf<typeof import('./children/raw-pages.ts')>;
type UsageApi = Pick<ServerApi, 'usage' | 'connections'>;

const moduleOf = (name: string) => new URL(`./children/${name}.ts`, import.meta.url);

const ours = 'streaming server';
const ways = {
  [ours]: { way: undefined, wire: 'actionlog' },
  ws: { way: 'buffer', wire: 'plain' },
  'Socket.IO': { way: 'socket.io', wire: 'socket.io' },
} as const;

/** Starts a server and pages anew, and measures what the server's memory has grown by; then both end. */
async function measure(
  { child, secret }: Context,
  name: keyof typeof ways,
  count: number,
  arrived: Map<string, number>,
): Promise<Metrics> {
  const { way, wire } = ways[name];
  const options = {
    prefix: withOpenFiles(count + 200),
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
  };
  const pages = await child<PagesApi>(moduleOf('raw-pages'), options);
  let server: Child<UsageApi>;
  let url: string;
  if (way) {
    const peer = await child<BroadcasterApi>(moduleOf('broadcaster'), options);
    url = await peer.call('start', way);
    server = peer;
  } else {
    const own = await child<ServerApi>(moduleOf('stream-server'), options);
    url = await own.call('start', { secrets: [secret] });
    server = own;
  }
  const open = (number: number) =>
    pages.call('open', {
      port: Number(new URL(url).port),
      wire,
      count: number,
      tenants: { first: 1, count: 1 },
      secret,
    });
  const first = Math.min(1_000, count / 4); // what is made for the first ones alone is no part of each
  await open(first);
  const settled = async () => {
    await sleep(500);
    return await server.call('usage');
  };
  const before = await settled();
  await open(count - first);
  const after = await settled();
  arrived.set(name, (arrived.get(name) ?? 0) + (await server.call('connections')));
  const { lost } = await pages.call('counts', 0);
  if (lost.length > 0) throw new Error(`${name}: pages were lost: ${lost.join('; ')}`);
  await pages.close();
  await server.close();
  const each = (bytes: number) => bytes / (count - first) / 1024;
  return {
    kib: each(after.rssBytes - before.rssBytes),
    heapKib: each(after.heapBytes + after.externalBytes - before.heapBytes - before.externalBytes),
  };
}

export const bench: Bench = {
  name: 'memory',
  title: 'memory of an idle connection at the server, against ws and Socket.IO',
  limitMinutes: { full: 6, quick: 3 },
  async run(context) {
    const { alternate, findings, quick } = context;
    const count = quick ? 1_000 : 10_000;
    findings.options('createStreamServer', {});
    const arrived = new Map<string, number>();
    const names = Object.keys(ways) as (keyof typeof ways)[];
    const variants = Object.fromEntries(names.map((name) => [name, () => measure(context, name, count, arrived)]));
    const rounds = quick ? 1 : 3;
    const measured = await alternate(`${count} pages`, variants, { rounds, warmUps: 0 });
    for (const [name, pages] of arrived) findings.arrived(`pages of ${name} that are connected`, count * rounds, pages);
    for (const metric of ['kib', 'heapKib'] as const) {
      const isTarget = metric === 'kib';
      findings.ratio(measured, metric, ours, 'ws', isTarget ? 'memory-ws' : undefined);
      findings.ratio(measured, metric, ours, 'Socket.IO', isTarget ? 'memory-socketio' : undefined);
    }
    findings.bars('memory', 'Memory of an idle connection', 'KiB', 'kib', [measured]);
    findings.note(
      'kib: by what the process has grown as the system sees it, after garbage was collected and given back; heapKib: what of ' +
        'it lives in the JavaScript heap, or is counted as belonging to it. The buffers of the kernel come on top, the same for all.',
    );
  },
};
