import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UpdateEvent } from '../../lib/stream/protocol.ts';
import type { Row } from './database.ts';
import type { FaultPage } from './page.ts';
import { faultsOf, reconcile } from './reconcile.ts';
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
