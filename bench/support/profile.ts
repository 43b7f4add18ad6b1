/*
 * Says what CPU profiles were busy with, function by function: `npx tsx bench/support/profile.ts folder-or-file …`, on what
 * `npm run bench -- write --profile folder` has written.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What is read of a `.cpuprofile`. */
interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

const most = 20;
/** What is no work: the process waited, or V8 was looking. */
const idle = new Set(['(idle)', '(program)', '(root)']);

function placeOf(url: string, line: number): string {
  const file = url.replace(/^.*\/(node_modules|dist|bench)\//, '$1/');
  return url === '' ? '' : `${file}:${line + 1}`;
}

/** Own time of each function in milliseconds, the busiest first. */
export function busiest({ nodes, samples, timeDeltas }: CpuProfile): { where: string; ms: number; part: number }[] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName || '(anonymous)'} ${placeOf(url, lineNumber)}`.trim(),
    ]),
  );
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const where = names.get(id) ?? '?';
    if (!idle.has(where)) times.set(where, (times.get(where) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  }
  const all = [...times.values()].reduce((sum, ms) => sum + ms, 0);
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([where, ms]) => ({ where, ms, part: ms / all }));
}

for (const given of process.argv.slice(2)) {
  const names = statSync(given).isDirectory() ? readdirSync(given, { recursive: true, encoding: 'utf8' }) : [''];
  // thread 0 is the program; the others load its modules
  const files = names.map((name) => join(given, name)).filter((file) => /\.0\.\d+\.cpuprofile$/.test(file));
  for (const file of files.sort()) {
    console.log(`\n${file}`);
    const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
    for (const { where, ms, part } of busiest(profile)) {
      console.log(`${(part * 100).toFixed(1).padStart(6)} %  ${ms.toFixed(0).padStart(7)} ms  ${where}`);
    }
  }
}
