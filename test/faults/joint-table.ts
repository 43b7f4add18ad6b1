import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { faultsOf, type Line, printTable } from './reconcile.ts';

/** Leaves a scenario's line for the joint table, where the run is to print one. */
export function leaveLine(line: Line, file = process.env['FAULT_LINES']): void {
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
}

/** The lines that the scenarios of a run have left. */
export function readLines(file: string): Line[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Line);
}

/** What is wrong with a run: faults of its lines, scenarios that left none, and lines of scenarios that were not to run. */
export function faultsOfRun(lines: readonly Line[], expected: readonly string[]): string[] {
  const names = lines.map(({ scenario }) => scenario);
  return [
    ...lines.flatMap((line) => faultsOf(line).map((fault) => `${line.scenario}: ${fault}`)),
    ...expected.filter((scenario) => !names.includes(scenario)).map((scenario) => `${scenario}: left no line`),
    ...names
      .filter((scenario) => !expected.includes(scenario))
      .map((scenario) => `${scenario}: is no scenario of this run`),
  ];
}

/** All lines together. */
export function totalOf(lines: readonly Line[]): Line {
  const [first, ...rest] = lines.map(({ scenario, ...counts }) => Object.entries(counts));
  const sums = (first ?? []).map(([name, count], at) => [
    name,
    rest.reduce((sum, line) => sum + (line[at]?.[1] ?? 0), count),
  ]);
  return { scenario: 'all', ...Object.fromEntries(sums) } as Line;
}

/** Prints one table of all lines, and gives whether the run is without a fault. */
export function printRun(lines: readonly Line[], expected: readonly string[]): boolean {
  if (lines.length === 0 && expected.length === 0) return true;
  console.log('\nfault suite: what was committed, and what the pages saw of it');
  if (lines.length > 0) printTable([...lines, totalOf(lines)]);
  const faults = faultsOfRun(lines, expected);
  for (const fault of faults) console.log(`fault: ${fault}`);
  if (faults.length === 0) console.log(`scenarios: ${lines.length}, faults: 0`);
  return faults.length === 0;
}
