/*
 * What a dead streaming server costs a request: `logaction` with streaming off, with a streaming server whose port is
 * closed, and with one that takes connections and never answers. One caller, who awaits each row. It fails where a row is
 * lost, or where one that was never announced is marked.
 */
import type { Bench } from './support/bench.ts';
import type { ApiOf } from './support/child.ts';

type Logaction = ApiOf<typeof import('./children/logaction.ts')>;
type DeadServers = ApiOf<typeof import('./children/dead-servers.ts')>;

export const bench: Bench = {
  name: 'dead-server',
  title: 'What a dead streaming server costs a request',
  limitMinutes: { full: 3, quick: 1 },
  async run({ roundMs, secret, findings, database, child, alternate }) {
    const table = await database();
    const dead = await child<DeadServers>(new URL('./children/dead-servers.ts', import.meta.url));
    const { closed, silent } = await dead.call('start');
    findings.options('createActionlog', { stream: {} });
    const calls = new Map<string, number>();
    const start = async (name: string, url?: string) => {
      const app = await child<Logaction>(new URL('./children/logaction.ts', import.meta.url));
      const stream = url === undefined ? {} : { stream: { url, secrets: [secret] } };
      await app.call('start', { database: table.url, ...stream }, name);
      const measure = async () => {
        const load = await app.call('load', { concurrency: 1, durationMs: roundMs });
        calls.set(name, (calls.get(name) ?? 0) + load.calls);
        return load;
      };
      return { app, measure };
    };
    const ways = {
      'streaming off': await start('streaming off'),
      'port closed': await start('port closed', closed),
      'never answers': await start('never answers', silent),
    };
    const variants = Object.fromEntries(Object.entries(ways).map(([name, { measure }]) => [name, measure]));
    const rounds = await alternate('c=1', variants);
    for (const name of ['port closed', 'never answers']) {
      findings.ratio(rounds, 'p50Ms', name, 'streaming off');
      findings.ratio(rounds, 'perSecond', name, 'streaming off');
    }
    findings.bars('dead-server', 'With a dead streaming server', 'milliseconds until the row stands (p50)', 'p50Ms', [
      rounds,
    ]);
    for (const [name, { app }] of Object.entries(ways)) {
      const { rows, waiting } = await table.count('logname = ?', [name]);
      const expected = calls.get(name) ?? 0;
      findings.arrived(`rows, ${name}`, expected, rows);
      if (name !== 'streaming off') findings.arrived(`rows that wait for the sweep, ${name}`, expected, waiting);
      const { errors } = await app.call('told');
      const told = Object.entries(errors).map(([code, count]) => `${code} ${count} times`);
      if (told.length > 0) findings.note(`${name}: onError was told ${told.join(', ')}`);
    }
  },
};
