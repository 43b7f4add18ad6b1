import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Bench, Context } from './bench.ts';
import { type Child, type ChildOptions, startChild } from './child.ts';
import { createBenchDatabase } from './database.ts';
import { readEnvironment } from './environment.ts';
import { Findings, type Results } from './findings.ts';
import { resultsText } from './print.ts';
import { alternate } from './rounds.ts';
import type { Services } from './services.ts';

interface Run {
  services: Services;
  quick: boolean;
  /** How long a benchmark is to take that can take any time. */
  minutes?: number | undefined;
  /** Folder for CPU profiles of the children. */
  profile?: string | undefined;
  signal: AbortSignal;
}

/** Runs one benchmark, prints what it found, and closes what it opened. */
export async function runBench(bench: Bench, run: Run): Promise<{ passed: boolean; found?: Results }> {
  const { services, quick, minutes, profile, signal } = run;
  const findings = new Findings(bench.name, bench.title, quick);
  const opened: { close(): Promise<void> }[] = [];
  const used: { mariadb?: string; redis?: string } = {};
  const say = (text: string) => console.log(`${bench.name}: ${text}`);
  const context: Context = {
    ...{ quick, minutes, findings, say, roundMs: quick ? 400 : 2_000, secret: randomBytes(32).toString('hex') },
    async database() {
      used.mariadb = await services.mariadb();
      const database = await createBenchDatabase();
      opened.push({ close: () => database[Symbol.asyncDispose]() });
      return database;
    },
    async redis() {
      const { url, version } = await services.redis();
      used.redis = version;
      return url;
    },
    async child<Api>(module: URL, options: ChildOptions = {}) {
      const child: Child<Api> = await startChild(
        module,
        withProfile(options, profile && profileFolder(profile, module)),
      );
      opened.push(child);
      return child;
    },
    async alternate(setting, variants, { rounds = quick ? 3 : 7, warmUps = 1 } = {}) {
      const all = await alternate(setting, variants, { rounds, warmUps, onRound: say });
      findings.figures(all);
      return all;
    },
  };
  const profileFolder = (folder: string, module: URL) => {
    const name = basename(module.pathname, '.ts');
    return join(folder, bench.name, `${opened.length}-${name}`);
  };
  let passed = true;
  const begin = performance.now();
  try {
    const limitMinutes = bench.limitMinutes[quick ? 'quick' : 'full'] + (minutes ?? 0);
    await within(limitMinutes * 60_000, bench.run(context), signal);
  } catch (error) {
    passed = false;
    console.error(`${bench.name} failed:`, error);
  }
  for (const one of opened.reverse()) {
    await one.close().catch((error) => {
      passed = false;
      console.error(`${bench.name}: closing:`, error);
    });
  }
  const found: Results = { ...findings.results, environment: readEnvironment(used) };
  console.log(resultsText(found));
  console.log(`  took ${Math.round((performance.now() - begin) / 1000)} s\n`);
  return findings.failures.length > 0 || !passed ? { passed: false } : { passed, found };
}

function withProfile(options: ChildOptions, folder: string | undefined): ChildOptions {
  if (!folder) return options;
  mkdirSync(folder, { recursive: true });
  return { ...options, execArgv: [...(options.execArgv ?? []), '--cpu-prof', `--cpu-prof-dir=${folder}`] };
}

/** Rejects where the work takes longer, or the run is stopped. */
async function within(limitMs: number, work: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = () => {};
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`took longer than ${limitMs / 60_000} minutes`)), limitMs);
    const aborted = () => reject(signal.reason);
    signal.addEventListener('abort', aborted);
    stop = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
    };
  });
  try {
    await Promise.race([work, late]);
  } finally {
    stop();
    work.catch(() => undefined); // told already, or ended with its children
  }
}
