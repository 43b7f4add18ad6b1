/* How fast a row stands: `logaction` with streaming off, against `pool.execute` for each row on a pool of 10. */
import type { Bench } from './support/bench.ts';
import type { ApiOf } from './support/child.ts';
import type { Load } from './support/load.ts';
import type { TargetId } from './support/targets.ts';

type Logaction = ApiOf<typeof import('./children/logaction.ts')>;
type Plain = ApiOf<typeof import('./children/plain-insert.ts')>;

/** What has a target, by concurrent callers and metric. */
const targeted: Record<number, { perSecond?: TargetId; p50Ms?: TargetId; p99Ms?: TargetId }> = {
  1: { perSecond: 'write-rate-1' },
  64: { perSecond: 'write-rate-64', p50Ms: 'write-p50-64' },
};

export const bench: Bench = {
  name: 'write',
  title: 'Writing the row: logaction with streaming off, against pool.execute on a pool of 10',
  limitMinutes: { full: 4, quick: 1 },
  async run({ roundMs, findings, database, child, alternate }) {
    const table = await database();
    const logaction = await child<Logaction>(new URL('./children/logaction.ts', import.meta.url));
    const plain = await child<Plain>(new URL('./children/plain-insert.ts', import.meta.url));
    await logaction.call('start', { database: table.url }, 'logaction');
    await plain.call('start', table.url, 'pool.execute');
    findings.options('createActionlog', {});
    findings.options('pool.execute', { connectionLimit: 10 });

    let expected = 0;
    let got = 0;
    /** Each round begins with an empty table, so that none has larger indexes than the others. */
    const onEmpty = async (round: Promise<Load>) => {
      const load = await round;
      expected += load.calls;
      got += (await table.count()).rows;
      await table.query('TRUNCATE TABLE actionlog');
      return load;
    };
    const settings = [];
    for (const concurrency of [1, 64, 256]) {
      const load = { concurrency, durationMs: roundMs };
      const rounds = await alternate(`c=${concurrency}`, {
        'pool.execute': () => onEmpty(plain.call('load', load)),
        logaction: () => onEmpty(logaction.call('load', load)),
      });
      settings.push(rounds);
      const at = targeted[concurrency] ?? {};
      for (const metric of ['perSecond', 'p50Ms', 'p99Ms'] as const) {
        findings.ratio(rounds, metric, 'logaction', 'pool.execute', at[metric]);
      }
    }
    findings.arrived('rows', expected, got);
    findings.bars('write', 'Writing the row', 'rows a second, by concurrent callers', 'perSecond', settings);
    findings.bars('write-p50', 'Until the row stands', 'milliseconds (p50), by concurrent callers', 'p50Ms', settings);
  },
};
