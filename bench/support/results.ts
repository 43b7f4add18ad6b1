import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawChart } from './chart.ts';
import { majorOf } from './environment.ts';
import type { Results } from './findings.ts';

/** The folders of results and of charts. */
export interface Places {
  results: string;
  charts: string;
}

const kept: Places = {
  results: fileURLToPath(new URL('../results', import.meta.url)),
  charts: fileURLToPath(new URL('../../docs/charts', import.meta.url)),
};

/** Where a run keeps its results; undefined where it keeps none. */
export function places({ quick, out }: { quick: boolean; out?: string | undefined }): Places | undefined {
  if (out !== undefined) return { results: out, charts: out };
  return quick ? undefined : kept;
}

/** Writes `<bench>-node<major>.json`, and each chart as `<chart>-node<major>.svg`. */
export function keepResults(results: Results, { results: folder, charts }: Places): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${results.bench}-node${majorOf(results.environment)}.json`);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  drawCharts(results, charts);
}

/** Draws the charts of results. */
export function drawCharts(results: Results, folder = kept.charts): void {
  mkdirSync(folder, { recursive: true });
  const node = `node${majorOf(results.environment)}`;
  for (const chart of results.charts) writeFileSync(join(folder, `${chart.name}-${node}.svg`), drawChart(chart));
}

/** Every results file of a folder, in the order of their names; none where there is no folder yet. */
export function readResults(folder = kept.results): Results[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => /-node\d+\.json$/.test(file))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Results);
}
