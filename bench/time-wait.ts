import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate } from 'express-actionlog';
import type { Bench, Context } from './support/bench.ts';
import type { ApiOf, Child } from './support/child.ts';

type AppApi = ApiOf<typeof import('./children/relay-app.ts')>;
type ServerApi = ApiOf<typeof import('./children/stream-server.ts')>;
type CallerApi = ApiOf<typeof import('./children/relay-caller.ts')>;
type TakerApi = ApiOf<typeof import('./children/relay-taker.ts')>;
type InsideApi = ApiOf<typeof import('./children/inside.ts')>;

const moduleOf = (name: string) => new URL(`./children/${name}.ts`, import.meta.url);
const setUp = 'ip link set lo up && echo 0 > /proc/sys/net/ipv4/tcp_tw_reuse && exec "$@"';
const ownNetwork = ['unshare', '--net', 'sh', '-c', setUp, 'sh'];

/** Says so where this machine cannot do it, before anything is measured. */
function requireNamespaces(): void {
  try {
    const [command = '', ...args] = [...ownNetwork, 'nsenter', '--version'];
    execFileSync(command, args, { stdio: 'pipe', encoding: 'utf8' });
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(
      'this benchmark needs a network namespace of its own: Linux, root (CAP_SYS_ADMIN and CAP_NET_ADMIN), and the ' +
        `commands unshare, nsenter and ip: ${stderr?.trim() || message}`,
    );
  }
}

/** Watches how many sockets are in TIME_WAIT, once a second. */
function watch(counter: Child<InsideApi>, ports: number[]) {
  const most = { client: 0, server: 0 };
  let ended = false;
  const watching = (async () => {
    while (!ended) {
      const { client, server } = await counter.call('count', ports);
      most.client = Math.max(most.client, client);
      most.server = Math.max(most.server, server);
      await sleep(1_000);
    }
  })();
  watching.catch(() => undefined); // thrown where it is awaited, below
  return async () => {
    ended = true;
    await watching;
    return most;
  };
}

async function measure(context: Context, database: string): Promise<void> {
  const { child, findings, quick, say, secret } = context;
  const server = await child<ServerApi>(moduleOf('stream-server'), { prefix: ownNetwork });
  const inside = { prefix: ['nsenter', `--net=/proc/${server.pid}/ns/net`] };
  const counter = await child<InsideApi>(moduleOf('inside'), inside);
  const { reuse, ports } = await counter.call('settings');
  if (reuse !== '0') throw new Error(`tcp_tw_reuse is ${reuse} in the namespace, not 0`);

  const url = await server.call('start', { secrets: [secret] });
  const port = Number(new URL(url).port);
  const app = await child<AppApi>(moduleOf('relay-app'), inside);
  await app.call('start', { url, secret, database });
  findings.options('createActionlog', {});
  findings.options('createStreamServer', {});

  const perSecond = 20_000;
  const seconds = quick ? 5 : 60;
  say(`${seconds} s at ${perSecond.toLocaleString('en')} actions a second`);
  const warm = await app.call('offered', { perSecond: perSecond / 4, seconds: 2 });
  const stop = watch(counter, [port]);
  const { load, lost, told, counts, p99Ms, cpuMs } = await app.call('offered', { perSecond, seconds });
  const held = await stop();
  const sent = await app.call('sent');
  const taken = await counter.call('taken', url, secret, 1);
  if (sent !== load.calls + warm.load.calls) throw new Error(`${sent} were sent, ${load.calls} are through`);
  if (told !== '') findings.note(`onError was told ${told}.`);
  findings.arrived('events by streamaction', sent, taken);
  findings.value('actions a second, through', '/s', (load.perSecond * (load.calls - lost)) / load.calls);
  findings.value('actions lost', '', Math.max(lost + warm.lost, sent - taken), 'time-wait-lost');
  findings.value('p50', 'ms', load.p50Ms);
  findings.value('p99', 'ms', load.p99Ms, 'time-wait-p99');
  findings.value('sockets in TIME_WAIT on the client, most', 'sockets', held.client, 'time-wait-sockets');
  findings.value('sockets in TIME_WAIT on the server, most', 'sockets', held.server);
  findings.value('processor time of the application server', 'µs an action', (cpuMs * 1000) / load.calls);

  say('one raw connection for each action, 64 at a time, until it collapses');
  const taker = await child<TakerApi>(moduleOf('relay-taker'), inside);
  const caller = await child<CallerApi>(moduleOf('relay-caller'), inside);
  const peerPort = await taker.call('start', 'net', '');
  await caller.call('start', 'net', peerPort);
  const stopPeer = watch(counter, [peerPort]);
  const peer = await caller.call('untilCliff', {
    ...{ concurrency: 64, mostSeconds: quick ? 12 : 40, secondsAfter: quick ? 2 : 5 },
  });
  const peerHeld = await stopPeer();
  findings.arrived(
    'events by raw net, less those that failed',
    (await caller.call('sent')) - peer.failed,
    await taker.call('taken'),
  );
  findings.value('raw net: actions a second in its best second', '/s', Math.max(...peer.counts));
  findings.value('raw net: actions a second in its last second', '/s', peer.counts.at(-1) ?? 0);
  findings.value('raw net: p99 in its last second', 'ms', peer.p99Ms.at(-1) ?? Number.NaN);
  findings.value('raw net: sockets in TIME_WAIT on the client, most', 'sockets', peerHeld.client);
  findings.value('raw net: calls that failed', '', peer.failed);
  findings.note(
    `In a network namespace of its own: tcp_tw_reuse=0, ports ${ports}; both processes are inside, so that each pair's ` +
      'TIME_WAIT is counted on the side that holds it.',
  );
  const x = Array.from({ length: peer.counts.length }, (_, second) => second + 1);
  const chart = (name: string, title: string, unit: string, of: number[], peers: number[]) =>
    findings.chart({
      ...{ name, title, unit, kind: 'lines', x },
      series: [
        { name: 'streamaction, 20,000/s offered', values: of.slice(0, peer.counts.length) },
        { name: 'raw net, as many as it can', values: peers },
      ],
    });
  chart('time-wait', 'Without port reuse: the first seconds', 'actions a second', counts, peer.counts);
  chart('time-wait-p99', 'Without port reuse: p99 of each second', 'ms', p99Ms, peer.p99Ms);
}

export const bench: Bench = {
  name: 'time-wait',
  title: '20,000 actions a second where the system reuses no port, beside one raw connection each',
  limitMinutes: { full: 4, quick: 2 },
  async run(context) {
    requireNamespaces();
    // a file: the run's MariaDB cannot be reached by TCP from inside
    const folder = mkdtempSync(join(tmpdir(), 'actionlog-bench-'));
    try {
      const database = `sqlite:${join(folder, 'log.db')}`;
      await migrate({ database });
      await measure(context, database);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
