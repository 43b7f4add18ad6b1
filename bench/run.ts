/*
 * The benchmarks: `npm run bench` builds the package and runs all of them, `npm run bench -- write relay` some.
 *
 *   --quick        a short form of each: shows that it works, gives no figure to rely on, and keeps no results
 *   --minutes 60   how long the soak is to take, instead of ten minutes
 *   --out folder   keeps results and charts there instead of in bench/results and docs/charts
 *   --profile dir  writes a CPU profile of each child process
 *   --list         says which there are
 *
 * Ends with 1 where a benchmark failed or something did not arrive. A missed target is printed, and fails nothing.
 */
import { parseArgs } from 'node:util';
import type { Bench } from './support/bench.ts';
import { keepResults, places } from './support/results.ts';
import { runBench } from './support/run-bench.ts';
import { Services } from './support/services.ts';

const { values: flags, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    list: { type: 'boolean', default: false },
    out: { type: 'string' },
    profile: { type: 'string' },
  },
});

/** In the order of the table of targets; what else stands beside this file are scripts of their own. */
const names = [
  'write',
  'durable',
  'relay',
  'time-wait',
  'fan-out',
  'memory',
  'end-to-end',
  'session',
  'route',
  'tenants',
  'growth',
  'dead-server',
  'soak',
];
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${names.join(', ')}`);
  process.exit(1);
}
const benches: Bench[] = [];
for (const name of wanted.length === 0 ? names : wanted) {
  const { bench } = (await import(`./${name}.ts`)) as { bench: Bench };
  benches.push(bench);
}
if (flags.list) {
  for (const { name, title } of benches) console.log(`${name.padEnd(12)} ${title}`);
  process.exit(0);
}

const minutes = flags.minutes === undefined ? undefined : Number(flags.minutes);
if (minutes !== undefined && !(minutes > 0)) throw new TypeError('--minutes: expected a number above 0');

const services = new Services();
const failed: string[] = [];
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort(new Error(signal)));
try {
  for (const bench of benches) {
    if (stopped.signal.aborted) break;
    const { quick, profile } = flags;
    const results = await runBench(bench, { services, quick, minutes, profile, signal: stopped.signal });
    if (!results.passed) failed.push(bench.name);
    const place = places(flags);
    if (place && results.found) keepResults(results.found, place);
  }
} finally {
  await services.stop();
}
if (failed.length > 0) console.error(`\nfailed: ${failed.join(', ')}`);
process.exit(failed.length > 0 || stopped.signal.aborted ? 1 : 0);
