import type { Bench, Context } from './support/bench.ts';
import type { ApiOf, Child } from './support/child.ts';
import type { Database } from './support/database.ts';
import { fillTable } from './support/filled-table.ts';
import { type Rounds, seriesOf, spreadOf, type Variants } from './support/rounds.ts';

type GrowingApi = ApiOf<typeof import('./children/growing.ts')>;

interface Stand {
  context: Context;
  growing: Child<GrowingApi>;
  database: Database;
}

/** With an address from outside, its settings are left alone. */
const isOwnServer = process.env['TEST_MYSQL_URL'] === undefined;
const poolBytes = 1_073_741_824;
const concurrency = 64;

async function settle(database: Database): Promise<number> {
  if (isOwnServer) await database.query(`SET GLOBAL innodb_buffer_pool_size = ${poolBytes}`);
  const [row] = await database.query<{ bytes: string }>('SELECT @@innodb_buffer_pool_size AS bytes');
  return Number(row?.bytes);
}

/** Fills a table, opens it, and says how long filling took. */
async function makeTable({ context, growing, database }: Stand, table: string, rows: number, pending = 0) {
  const begin = performance.now();
  await fillTable(database, { table, rows, pending });
  const seconds = Math.round((performance.now() - begin) / 1000);
  context.say(`${table}: ${(rows + pending).toLocaleString('en')} rows in ${seconds} s`);
  await growing.call('open', database.url, table);
}

/** Every row that was written stands in the table. */
async function checkRows({ context, growing, database }: Stand, tables: ReadonlyMap<string, number>): Promise<void> {
  for (const [table, before] of tables) {
    const [counted] = await database.query<{ n: string }>(`SELECT COUNT(*) AS n FROM ${table}`);
    context.findings.arrived(`rows of ${table}`, before + (await growing.call('written', table)), Number(counted?.n));
  }
}

/** Each variant against the smallest, in each metric. */
function ratios({ findings }: Context, rounds: Rounds, metrics: readonly string[]): void {
  const [smallest = '', ...larger] = rounds.measured.keys();
  for (const metric of metrics) {
    for (const name of larger) findings.ratio(rounds, metric, name, smallest);
  }
}

function lines(
  { findings }: Context,
  name: string,
  title: string,
  rounds: Rounds,
  metrics: Record<string, string>,
): void {
  const medians = (metric: string) =>
    [...rounds.measured.keys()].map((variant) => spreadOf(seriesOf(rounds, variant, metric)).median);
  const against = (values: number[]) => values.map((value) => value / (values[0] ?? Number.NaN));
  findings.chart({
    ...{ name, title, unit: 'times the smallest', kind: 'lines', x: [...rounds.measured.keys()] },
    series: Object.entries(metrics).map(([metric, label]) => ({ name: label, values: against(medians(metric)) })),
  });
}

const reads = {
  lookMs: 'a look of the sweep',
  historyMs: 'history page',
  recordMs: 'history of a record',
  missedMs: 'missed',
};

/** One round on one table: as many rows written on each, so that what is new is the same on all. */
async function measure({ growing, context: { quick } }: Stand, table: string, pending: number, times: number) {
  const load = { concurrency, calls: quick ? 300 : 3_000, rawBytes: 100 };
  const { perSecond, p50Ms } = await growing.call('write', table, load);
  const { ms: lookMs, entries } = await growing.call('look', table, times);
  if (entries !== pending) throw new Error(`${table}: a look has seen ${entries} of ${pending} entries that wait`);
  const { tenantMs: historyMs, recordMs } = await growing.call('history', table, times);
  const missedMs = await growing.call('missed', table, times);
  return { perSecond, p50Ms, lookMs, historyMs, recordMs, missedMs };
}

/** The table grows; nothing is pending. */
async function byRows(stand: Stand, sizes: readonly number[]): Promise<void> {
  const { context, growing } = stand;
  const tables = new Map(sizes.map((rows) => [`log_${rows}`, rows]));
  for (const [table, rows] of tables) await makeTable(stand, table, rows);
  for (const [table, rows] of tables) {
    context.findings.value(
      `first look of a sweep, ${rows.toLocaleString('en')} rows`,
      'ms',
      await growing.call('firstLook', table),
    );
  }
  const entries = [...tables].map(([table, rows]) => [
    `${rows.toLocaleString('en')} rows`,
    () => measure(stand, table, 0, context.quick ? 3 : 20),
  ]);
  const rounds = await context.alternate('rows of the table', Object.fromEntries(entries) as Variants, { rounds: 3 });
  ratios(context, rounds, ['perSecond', ...Object.keys(reads)]);
  lines(context, 'growth-rows', 'A table that grows', rounds, { perSecond: 'rows written a second', ...reads });
  await checkRows(stand, tables);
}

/** What waits to be announced grows. */
async function byPending(stand: Stand, rows: number, numbers: readonly number[]): Promise<void> {
  const { context, growing } = stand;
  const tables = new Map(numbers.map((pending) => [`pending_${pending}`, pending]));
  for (const [table, pending] of tables) {
    await makeTable(stand, table, rows, pending);
    await growing.call('firstLook', table);
  }
  const entries = [...tables].map(([table, pending]) => [
    `${pending.toLocaleString('en')} pending`,
    async () => {
      const metrics = await measure(stand, table, pending, 3);
      return pending === 0 ? metrics : { ...metrics, usPerPending: (metrics.lookMs * 1000) / pending };
    },
  ]);
  const setting = `pending, in ${rows.toLocaleString('en')} rows`;
  const rounds = await context.alternate(setting, Object.fromEntries(entries) as Variants, { rounds: 3 });
  ratios(context, rounds, ['perSecond', ...Object.keys(reads)]);
  const [, some = '', ...more] = rounds.measured.keys();
  for (const name of more) context.findings.ratio(rounds, 'usPerPending', name, some);
  lines(context, 'growth-pending', 'Entries that wait', rounds, { perSecond: 'rows written a second', ...reads });
  await checkRows(stand, new Map([...tables].map(([table, pending]) => [table, rows + pending])));
}

/** Entries grow. */
async function bySize(stand: Stand, sizes: readonly number[]): Promise<void> {
  const { context, growing } = stand;
  const tables = new Map(sizes.map((bytes) => [`size_${bytes}`, bytes]));
  for (const table of tables.keys()) await makeTable(stand, table, 1_000);
  const entries = [...tables].map(([table, bytes]) => [
    `${bytes.toLocaleString('en')} bytes`,
    async () => {
      const load = { concurrency, calls: context.quick ? 200 : 1_000, rawBytes: bytes };
      const { perSecond, p50Ms } = await growing.call('write', table, load);
      const { tenantMs: historyMs } = await growing.call('history', table, context.quick ? 3 : 20);
      return { perSecond, p50Ms, mbPerSecond: (perSecond * bytes) / 1e6, historyMs };
    },
  ]);
  const rounds = await context.alternate('raw object', Object.fromEntries(entries) as Variants, { rounds: 3 });
  ratios(context, rounds, ['perSecond', 'mbPerSecond', 'historyMs']);
  lines(context, 'growth-size', 'Entries that grow', rounds, {
    perSecond: 'rows written a second',
    mbPerSecond: 'MB written a second',
    historyMs: 'history page',
  });
  await checkRows(stand, new Map([...tables.keys()].map((table) => [table, 1_000])));
}

export const bench: Bench = {
  name: 'growth',
  title: 'writing and reading while the table, what waits in it, and its entries grow',
  limitMinutes: { full: 25, quick: 4 },
  async run(context) {
    const { child, findings, quick } = context;
    const database = await context.database();
    const growing = await child<GrowingApi>(new URL('./children/growing.ts', import.meta.url));
    const stand = { context, growing, database };
    findings.options('createActionlog', {});
    findings.options('MariaDB', { innodb_buffer_pool_size: await settle(database) });
    await byRows(stand, quick ? [1_000, 10_000, 50_000] : [1_000, 10_000, 100_000, 1_000_000, 5_000_000]);
    await byPending(stand, quick ? 10_000 : 100_000, quick ? [0, 500, 2_000] : [0, 1_000, 10_000, 100_000]);
    await bySize(stand, quick ? [100, 60_000] : [100, 1_000, 10_000, 60_000]);
    findings.note(
      `Rows are written by logaction, c=${concurrency}, without a streaming server. A look is one of the sweep's: it reads ` +
        'what waits, page by page, and announces none of it here. History: the newest page of a tenant, and of one record; ' +
        'missed: what a page asks for that was away for five minutes.',
    );
  },
};
