/*
 * The test command: starts private throwaway services on free ports (or takes the addresses from the environment), runs
 * every test file under node:test, and stops what it started.
 *
 *   npm test                          all of them
 *   npm test -- test/session          the files below a folder, or one file
 *   npm run test:faults               the fault suite in its long form, with the shipped timings (`--full`)
 *
 * Where scenarios of the fault suite are among them, their lines are printed as one table at the end.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printRun, readLines } from './faults/joint-table.ts';
import { scenariosOf } from './faults/scenarios.ts';
import { startMariadb, startRedis } from './support/services.ts';

const full = process.argv.includes('--full');
const wanted = process.argv.slice(2).filter((argument) => argument !== '--full');
const all = ['test', 'sample-app/test']
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)))
  .filter((file) => file.endsWith('.test.ts'))
  .sort();
const files = wanted.length === 0 ? all : all.filter((file) => wanted.some((part) => file.startsWith(part)));
if (files.length === 0) {
  console.error(`no test file below ${wanted.join(', ')}`);
  process.exit(1);
}

const services = await Promise.all([startMariadb(process.env), startRedis(process.env)]);
const folder = mkdtempSync(join(tmpdir(), 'actionlog-run-'));
const lines = join(folder, 'fault-lines');
const env = {
  ...process.env,
  FAULT_LINES: lines,
  ...(full ? { FAULTS: 'full' } : {}),
  ...Object.assign({}, ...services.map((service) => service.env)),
};
const args = ['--import', 'tsx', '--test', '--test-reporter', 'spec', '--test-concurrency', full ? '1' : '2'];
const child = spawn(process.execPath, [...args, '--test-timeout', full ? '900000' : '240000', ...files], {
  stdio: 'inherit',
  env,
});
// An interrupted run still stops what it started: the child ends, and this goes on below.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
const code = await new Promise<number>((resolve) => child.on('exit', (status) => resolve(status ?? 1)));
for (const service of services) await service.stop();
const reconciled = printRun(readLines(lines), scenariosOf(files));
rmSync(folder, { recursive: true, force: true });
process.exit(code === 0 && !reconciled ? 1 : code);
