import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Context } from './support/bench.ts';
import type { ApiOf, Child } from './support/child.ts';
import { eventsTaken } from './support/greeting.ts';
import { isFlat, slopeOf } from './support/slope.ts';

type AppApi = ApiOf<typeof import('./children/soak-app.ts')>;
type ServerApi = ApiOf<typeof import('./children/stream-server.ts')>;
type PagesApi = ApiOf<typeof import('./children/raw-pages.ts')>;
type Usage = Awaited<ReturnType<ServerApi['usage']>>;

const moduleOf = (name: string) => new URL(`./children/${name}.ts`, import.meta.url);
const tenants = 5;
const perSecond = 200;
/** Pages that stay all the time, and pages that come and go: so many leave in each period, and as many come. */
const pagesThatStay = 50;
const pagesThatGo = 50;
const goingAtOnce = 10;
const periodMs = 5_000;
/** What fills at first, such as the memory of relay ids, is full after this part of the time, or after three minutes. */
const warmUpPart = 0.3;
const warmUpMostMinutes = 3;
/** A shorter run cannot tell noise from a slope. */
const leastJudgedMinutes = 4;

/** What is to stay flat: by how much it may go up without mattering. */
const judged = {
  heapBytes: { name: 'heap', unit: 'KiB', factor: 1 / 1024, tolerated: (level: number) => level * 0.02 },
  handles: { name: 'handles', unit: '', factor: 1, tolerated: () => 2 },
  sockets: { name: 'sockets', unit: '', factor: 1, tolerated: () => 2 },
} as const;

/** One period of load, with pages coming and going in the middle of it. */
async function period(app: Child<AppApi>, goers: Child<PagesApi>, comers: () => Promise<void>): Promise<void> {
  const load = app.call('run', { perSecond, durationMs: periodMs });
  load.catch(() => undefined); // awaited below
  await sleep(periodMs / 3);
  await goers.call('leave', goingAtOnce);
  await sleep(periodMs / 3);
  await comers();
  await load;
}

/** Whether each of a process's figures is flat; tells the findings of all. */
function judge({ findings }: Context, process: string, samples: readonly Usage[], minutes: number): string[] {
  const rising: string[] = [];
  for (const [key, { name, unit, factor, tolerated }] of Object.entries(judged)) {
    const slope = slopeOf(samples.map((sample) => sample[key as keyof typeof judged] * factor));
    findings.value(`${process}: ${name}, first`, unit, slope.begin);
    findings.value(`${process}: ${name}, gained in ${minutes.toFixed(1)} minutes`, unit, slope.gained);
    findings.value(`${process}: ${name}, standard error of that`, unit, slope.error);
    if (!isFlat(slope, tolerated(slope.begin))) rising.push(`${name} of the ${process}`);
  }
  return rising;
}

/** Everything that was done stands in the table, came to the server, and to the pages that were there. */
async function check(
  context: Context,
  stand: { app: Child<AppApi>; url: string; rows: { rows: number; waiting: number } },
) {
  const { findings, secret } = context;
  const { rows, events, outcomes, told } = await stand.app.call('done');
  const sent = events.reduce((sum, count) => sum + count, 0);
  findings.arrived('rows in the table', rows, stand.rows.rows);
  findings.arrived('rows that still wait to be announced', 0, stand.rows.waiting);
  findings.arrived('announcements acknowledged', sent, outcomes['sent'] ?? 0);
  let taken = 0;
  for (let gsid = 1; gsid <= tenants; gsid += 1) taken += await eventsTaken(stand.url, secret, gsid);
  findings.arrived('events at the server', sent, taken);
  if (Object.keys(told).length > 0) findings.note(`onError was told ${JSON.stringify(told)}.`);
}

export const bench: Bench = {
  name: 'soak',
  title: 'ten minutes of a steady load: heap, handles and sockets stay where they are',
  limitMinutes: { full: 13, quick: 3 },
  async run(context) {
    const { child, findings, quick, say, secret } = context;
    const minutes = context.minutes ?? (quick ? 0.5 : 10);
    const database = await context.database();
    const options = { execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'] };
    const server = await child<ServerApi>(moduleOf('stream-server'), options);
    const url = await server.call('start', { secrets: [secret] });
    const app = await child<AppApi>(moduleOf('soak-app'), options);
    await app.call('start', { database: database.url, url, secret, tenants });
    findings.options('createStreamServer', {});
    findings.options('createActionlog', {});
    const wanted = { port: Number(new URL(url).port), wire: 'actionlog', secret, placed: true } as const;
    const all = { first: 1, count: tenants };
    const stayers = await child<PagesApi>(moduleOf('raw-pages'));
    await stayers.call('open', { ...wanted, count: pagesThatStay, tenants: all });
    const goers = await child<PagesApi>(moduleOf('raw-pages'));
    const come = (count: number) => goers.call('open', { ...wanted, count, tenants: all });
    await come(pagesThatGo);

    const samples: { app: Usage; server: Usage }[] = [];
    const periods = Math.max(Math.round((minutes * 60_000) / periodMs), 4);
    for (let turn = 1; turn <= periods; turn += 1) {
      await period(app, goers, () => come(goingAtOnce));
      samples.push({ app: await app.call('usage'), server: await server.call('usage') });
      if (turn % 12 === 0) say(`${(turn * periodMs) / 60_000} of ${minutes} minutes`);
    }

    const { events } = await app.call('done');
    const expected = events.reduce((sum, count) => sum + count, 0) * (pagesThatStay / tenants);
    await Promise.race([stayers.call('until', expected), sleep(30_000)]);
    const [stayed, gone] = [await stayers.call('counts', 0), await goers.call('counts', 0)];
    findings.arrived('messages at the pages that stayed', expected, stayed.total);
    findings.arrived('pages with a gap between what they got', 0, stayed.gaps + gone.gaps);
    findings.arrived('pages that were lost', 0, stayed.lost.length + gone.lost.length);
    const settled = async () => {
      const rows = await database.count();
      return rows.waiting === 0 ? rows : undefined;
    };
    let rows = await settled();
    for (let turn = 0; turn < 40 && !rows; turn += 1) {
      await sleep(250); // marks are written in batches, after the announcement
      rows = await settled();
    }
    await check(context, { app, url, rows: rows ?? (await database.count()) });

    const warmUp = Math.floor(Math.min(minutes * warmUpPart, warmUpMostMinutes) / (periodMs / 60_000));
    const measured = samples.slice(warmUp);
    const measuredMinutes = (measured.length * periodMs) / 60_000;
    const rising = (['app', 'server'] as const).flatMap((process) =>
      judge(
        context,
        process === 'app' ? 'application server' : 'streaming server',
        measured.map((one) => one[process]),
        measuredMinutes,
      ),
    );
    const x = samples.map((_, turn) => Number((((turn + 1) * periodMs) / 60_000).toFixed(2)));
    const chart = (name: string, title: string, unit: string, value: (usage: Usage) => number) =>
      findings.chart({
        ...{ name, title, unit, kind: 'lines', x },
        series: [
          { name: 'application server', values: samples.map((sample) => value(sample.app)) },
          { name: 'streaming server', values: samples.map((sample) => value(sample.server)) },
        ],
      });
    chart('soak-heap', 'Heap under a steady load, over minutes', 'MiB', ({ heapBytes }) => heapBytes / 2 ** 20);
    chart('soak-sockets', 'Open sockets under a steady load, over minutes', 'sockets', ({ sockets }) => sockets);
    findings.note(
      `${perSecond} actions a second of ${tenants} tenants (six of ten change a record, two do not, one has no row, one reads ` +
        `the history); ${pagesThatStay} pages stay, ${pagesThatGo} come and go, ${goingAtOnce} every ${periodMs / 1000} s. Sampled after ` +
        `garbage was collected, the first ${((warmUp * periodMs) / 60_000).toFixed(1)} minutes left out.`,
    );
    if (minutes < leastJudgedMinutes) {
      findings.note(
        `${minutes} minutes are too short to tell noise from a slope: nothing was judged but what arrived.`,
      );
    } else if (rising.length > 0) throw new Error(`not flat: ${rising.join(', ')}`);
  },
};
