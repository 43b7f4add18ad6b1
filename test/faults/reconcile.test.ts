import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { UpdateEvent } from '../../lib/stream/protocol.ts';
import type { Row } from './database.ts';
import { faultsOfRun, leaveLine, readLines, totalOf } from './joint-table.ts';
import type { FaultPage } from './page.ts';
import { faultsOf, reconcile } from './reconcile.ts';
import { scenarios, scenariosOf } from './scenarios.ts';
import type { Written } from './writer.ts';

const row = (recid: string, more: Partial<Row> = {}): Row => ({
  ...{ alogid: `10${recid}`, gsid: '1', recid, wssdone: 1, expired: false },
  ...more,
});
const written = (recid: string, outcome: Written['outcome'] = 'acknowledged'): Written => ({
  ...{ recid, gsid: '1', outcome, at: 100 },
});
const raw = (recid: string, alogid = `10${recid}`): FaultPage['raw'][number] => {
  const event: UpdateEvent = { type: 'update', sid: 0, gsid: '1', userid: '7', rectype: 'item', recid, alogid };
  return { event, way: 'socket' };
};
const page = (seen: [recid: string, at: number][], more: Partial<FaultPage> = {}): FaultPage => ({
  ...{ gsid: '1', userid: '7', client: { status: 'open', on: () => () => {}, connect() {}, close() {} } },
  ...{ seen: new Map(seen.map(([recid, at]) => [recid, { way: 'socket' as const, at }])) },
  ...{ raw: seen.map(([recid]) => raw(recid)), caughtUp: [], greetings: [], ...more },
});
const faults = (rows: Row[], pages: FaultPage[], users: Written[]) =>
  faultsOf(reconcile('a run', rows, pages, users, 0));

test('a run in which each page saw each entry of its tenant, and nothing else, has no fault', () => {
  const other = row('2', { gsid: '2' });
  assert.deepEqual(faults([row('1'), other], [page([['1', 1]])], [written('1'), written('3', 'rolled back')]), []);
});

test('each kind of fault is told', () => {
  const seen = page([['1', 1]]);
  const cases: [string, string[]][] = [
    ['nothing was committed', faults([], [], [])],
    ['sightings are missing', faults([row('1'), row('2')], [seen], [written('1'), written('2')])],
    ['lost', faults([row('1')], [seen], [written('1'), written('2')])],
    ['unmarked', faults([row('1', { wssdone: 0 })], [seen], [written('1')])],
    ['expired', faults([row('1'), row('2', { expired: true })], [seen], [written('1')])],
    ['not committed', faults([row('1')], [page([['1', 1]], { raw: [raw('9')] })], [written('1')])],
    ['not committed', faults([row('1')], [page([['1', 1]], { raw: [raw('1', '55')] })], [written('1')])],
    ['not committed', faults([row('1')], [seen], [written('1', 'rolled back')])],
    ['foreign', faults([row('1'), row('2', { gsid: '2' })], [page([['1', 1]], { raw: [raw('2')] })], [written('1')])],
  ];
  for (const [fault, told] of cases) assert.match(told.join(), new RegExp(fault));
});

test('what a page should have got by catching up, and got later, is told to be the sweep’s work', () => {
  const caughtUp = [{ askedAt: 200, at: 300 }];
  assert.deepEqual(faults([row('1')], [page([['1', 250]], { caughtUp })], [written('1')]), []);
  assert.deepEqual(faults([row('1')], [page([['1', 400]], { caughtUp })], [written('1')]), ['left to the sweep: 1']);
});

const good = (scenario: string) => reconcile(scenario, [row('1')], [page([['1', 1]])], [written('1')], 2);

test('the lines that scenarios leave are read back, and summed up', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'actionlog-lines-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'lines');
  assert.deepEqual(readLines(file), []);
  for (const name of ['a', 'b']) leaveLine(good(name), file);
  assert.deepEqual(readLines(file), [good('a'), good('b')]);
  const { scenario, committed, delivered, swept } = totalOf(readLines(file));
  assert.deepEqual([scenario, committed, delivered, swept], ['all', 2, 2, 4]);
});

test('a run has a fault where a line has one, and where lines and scenarios are not the same', () => {
  assert.deepEqual(faultsOfRun([good('a'), good('b')], ['a', 'b']), []);
  assert.deepEqual(faultsOfRun([good('a'), { ...good('b'), unmarked: 1 }], ['a', 'b']), ['b: unmarked: 1']);
  assert.deepEqual(faultsOfRun([good('a')], ['a', 'b']), ['b: left no line']);
  assert.deepEqual(faultsOfRun([good('a')], []), ['a: is no scenario of this run']);
});

test('each test file of the suite says its scenarios', () => {
  const files = readdirSync('test/faults').filter((file) => file.endsWith('.test.ts') && file !== 'reconcile.test.ts');
  assert.deepEqual(files.map((file) => file.replace('.test.ts', '')).sort(), Object.keys(scenarios).sort());
  const all = scenariosOf(files.map((file) => `test/faults/${file}`));
  assert.equal(new Set(all).size, Object.values(scenarios).flat().length);
  assert.deepEqual(scenariosOf(['test/faults/rollback.test.ts', 'test/session/id.test.ts']), ['rollbacks']);
});
