import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryEngine, type Wanted } from '../../lib/server/engine.ts';
import type { HistoryBounds } from '../../lib/server/history.ts';
import type { UpdateEvent } from '../../lib/stream/protocol.ts';

const event = (gsid: string, fields: Partial<UpdateEvent> = {}): UpdateEvent => ({
  ...{ type: 'update', sid: 0, gsid, userid: '7', rectype: 'product', recid: '5' },
  ...fields,
});

const start = 1_772_701_631_000;
const engineOf = (bounds: Partial<HistoryBounds> = {}) =>
  new MemoryEngine({ maxEvents: 100, maxBytes: 1e6, maxTotalBytes: 1e7, maxAgeMs: 300_000, ...bounds });
const recids = (engine: MemoryEngine, gsid: string, wanted: Wanted) => {
  const { recovered, missed } = engine.begin(gsid, wanted);
  return recovered ? missed.map(({ recid }) => recid) : recovered;
};
/** Appends events named from..to. */
const fill = (engine: MemoryEngine, gsid: string, from: number, to: number) => {
  for (let recid = from; recid <= to; recid += 1) engine.append(event(gsid, { recid: `${recid}` }));
};

test('each tenant has a sequence of its own, tenant 0 as well', () => {
  const engine = engineOf();
  const offsets = ['1', '1', '2', '0', '1'].map((gsid) => engine.append(event(gsid)).offset);
  assert.deepEqual(offsets, [1, 2, 1, 1, 3]);
  const places = ['1', '2', '3'].map((gsid) => engine.begin(gsid).newest);
  assert.deepEqual(
    places.map(({ offset, offset0 }) => [offset, offset0]),
    [
      [3, 1],
      [1, 1],
      [0, 1],
    ],
  );
  assert.equal(new Set(places.map(({ epoch }) => epoch)).size, 3, 'one tenant’s place says nothing about another’s');
});

test('an event that claims a place gets the right one', () => {
  const engine = engineOf();
  const given: UpdateEvent = { ...event('1'), epoch: 'mine', offset: 99 };
  const { epoch, offset } = engine.append(given);
  assert.deepEqual({ epoch, offset, offset0: 0 }, engine.begin('1').newest);
});

test('a page that names no place gets nothing of the past', () => {
  const engine = engineOf();
  fill(engine, '1', 1, 3);
  const { from, newest, recovered, missed } = engine.begin('1');
  assert.deepEqual([from, recovered, missed], [newest, undefined, []]);
});

test('a page that names its last place gets exactly what came after it, of its tenant and of tenant 0, in order', () => {
  const engine = engineOf();
  fill(engine, '1', 1, 2);
  const { newest } = engine.begin('1');
  engine.append(event('1', { recid: 'a' }));
  engine.append(event('2', { recid: 'of another tenant' }));
  engine.append(event('0', { recid: 'b' }));
  engine.append(event('1', { recid: 'c' }));
  assert.deepEqual(recids(engine, '1', newest), ['a', 'b', 'c']);
  assert.deepEqual(engine.begin('1', newest).from, newest);
  assert.deepEqual(recids(engine, '1', { ...newest, offset: 3, offset0: 1 }), ['c']);
  assert.deepEqual(recids(engine, '1', { ...newest, offset: 4, offset0: 1 }), []);
});

test('it works before the first event', () => {
  const engine = engineOf();
  const { newest } = engine.begin('1');
  assert.equal(newest.offset, 0);
  assert.deepEqual(recids(engine, '1', newest), []);
  fill(engine, '1', 1, 2);
  assert.deepEqual(recids(engine, '1', newest), ['1', '2']);
});

test('a place of another life, of another tenant, or one that was never reached is not caught up with', () => {
  const engine = engineOf();
  fill(engine, '1', 1, 3);
  const { newest } = engine.begin('1');
  const strangers: Wanted[] = [
    engineOf().begin('1').newest,
    { ...engine.begin('2').newest, offset: 1 },
    { ...newest, offset: 4 },
    { ...newest, offset0: 1 },
    { ...newest, offset: Number.NaN },
    { since: Number.NaN },
  ];
  for (const wanted of strangers) {
    const { from, recovered, missed } = engine.begin('1', wanted);
    assert.deepEqual([from, recovered, missed], [newest, false, []]);
  }
});

test('never a part: one event that is forgotten, and nothing is sent', () => {
  const engine = engineOf({ maxEvents: 3 });
  const { newest } = engine.begin('1');
  fill(engine, '1', 1, 4);
  assert.equal(recids(engine, '1', newest), false);
  assert.deepEqual(recids(engine, '1', { ...newest, offset: 1 }), ['2', '3', '4']);
  for (let n = 0; n < 4; n += 1) engine.append(event('0'));
  assert.equal(recids(engine, '1', { ...newest, offset: 4, offset0: 0 }), false);
});

test('a time: what came then and later, where nothing of it is forgotten', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: start });
  const engine = engineOf({ maxEvents: 2 });
  t.mock.timers.setTime(start + 1_000);
  fill(engine, '1', 1, 1);
  t.mock.timers.setTime(start + 2_000);
  fill(engine, '1', 2, 2);
  engine.append(event('0', { recid: 'all' }));
  assert.deepEqual(recids(engine, '1', { since: start }), ['1', '2', 'all']);
  assert.deepEqual(recids(engine, '1', { since: start + 1_001 }), ['2', 'all']);
  assert.deepEqual(recids(engine, '2', { since: start + 1_001 }), ['all'], 'a tenant that never had an event');
  assert.equal(recids(engine, '1', { since: start - 1 }), false, 'before the engine began');
  assert.equal(recids(engine, '1', { since: start + 2_001 }), false, 'a time to come');
  fill(engine, '1', 3, 3);
  assert.equal(recids(engine, '1', { since: start + 1_000 }), false, 'trimmed');
  assert.deepEqual(recids(engine, '1', { since: start + 1_001 }), ['2', 'all', '3']);
  const { from } = engine.begin('1', { since: start + 1_001 });
  assert.deepEqual([from.offset, from.offset0], [1, 0]);
});

test('events are forgotten by age, and places without anything after them stay good', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: start });
  const engine = engineOf({ maxAgeMs: 60_000 });
  fill(engine, '1', 1, 1);
  const { newest } = engine.begin('1');
  t.mock.timers.setTime(start + 30_000);
  fill(engine, '1', 2, 2);
  t.mock.timers.setTime(start + 60_001);
  assert.deepEqual(recids(engine, '1', newest), ['2']);
  assert.equal(recids(engine, '1', { ...newest, offset: 0 }), false);
  t.mock.timers.setTime(start + 200_000);
  assert.equal(recids(engine, '1', newest), false);
  assert.deepEqual(recids(engine, '1', { ...newest, offset: 2 }), []);
  assert.equal(engine.bytes, 0);
});

test('a noisy tenant costs another one nothing of what is remembered', () => {
  const engine = engineOf({ maxEvents: 10, maxBytes: 10_000 });
  const { newest } = engine.begin('1');
  fill(engine, '1', 1, 5);
  const before = engine.bytes;
  fill(engine, '2', 1, 1_000);
  engine.append(event('2', { extra: 'x'.repeat(50_000) }));
  assert.deepEqual(recids(engine, '1', newest), ['1', '2', '3', '4', '5']);
  assert.ok(engine.bytes - before <= 10_000);
  assert.equal(
    recids(engine, '2', { ...engine.begin('2').newest, offset: 1_000 }),
    false,
    'too large to be remembered',
  );
});

test('memory is bounded over all tenants, of which the idle ones are dropped without a wrong answer', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: start });
  const engine = engineOf({ maxTotalBytes: 100_000 });
  const first = engine.begin('first').newest;
  const quiet = engine.begin('quiet').newest;
  fill(engine, 'first', 1, 2);
  for (let tenant = 0; tenant < 11_000; tenant += 1) {
    if (tenant % 1_000 === 0) engine.begin('quiet'); // its pages come and go
    engine.append(event(`t${tenant}`));
  }
  assert.ok(engine.bytes <= 100_000);
  assert.deepEqual(recids(engine, 'quiet', quiet), []);
  assert.equal(recids(engine, 'first', first), false);
  assert.equal(recids(engine, 'first', { since: start }), false, 'it had events, which are forgotten');
  assert.equal(engine.append(event('first')).offset, 1);
  t.mock.timers.setTime(start + 1);
  assert.deepEqual(recids(engine, 'first', { since: start + 1 }), []);
});
