import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Action, type EntryRules, entryOf, hasRecord, keepsRow } from '../../lib/action/entry.ts';
import { vouchFor } from '../../lib/session/actor.ts';

const actor = vouchFor({ userid: 42, gsid: 3n, login: 'ann' });
const claim = { wssid: 77, conflicted: false };
const none = { message: null, rawobj: undefined, record: undefined, ctxid: undefined, extra: undefined };
const product: Action = { ...none, message: 'updated', record: { rectype: 'product', recid: 12 } };
const rules: EntryRules = { announcing: 'relay', delivery: 'at-least-once', gyroscope: false };

const columns = (action: Action, changes: Partial<EntryRules> = {}, announceable = true) => {
  const { wssdone, sid, rectype, recid } = entryOf(actor, claim, action, { ...rules, ...changes }, announceable);
  return { wssdone, sid, rectype, recid };
};
const record = { rectype: 'product', recid: '12' };

test('at least once: a record waits with the claimed connection id until it is announced', () => {
  assert.deepEqual(columns(product), { wssdone: 0, sid: 77, ...record });
});

test('at most once: it counts as announced from the start', () => {
  assert.deepEqual(columns(product, { delivery: 'at-most-once' }), { wssdone: 1, sid: 0, ...record });
});

test('poll and legacy mode: it waits, whatever the delivery', () => {
  for (const delivery of ['at-least-once', 'at-most-once'] as const) {
    for (const gyroscope of [true, false]) {
      assert.deepEqual(columns(product, { announcing: 'poll', delivery, gyroscope }), {
        wssdone: 0,
        sid: 77,
        ...record,
      });
    }
  }
});

test('where nobody announces, nothing waits', () => {
  assert.equal(columns(product, { announcing: 'off' }).wssdone, 1);
});

test('without a record nothing waits, but for rows in the manner of PHP', () => {
  const action = { ...none, message: 'changed settings' };
  assert.deepEqual(columns(action), { wssdone: 1, sid: 0, rectype: '', recid: '0' });
  assert.equal(columns(action, { gyroscope: true, delivery: 'at-most-once' }).wssdone, 0);
});

test('a reserved rectype is kept and never waits to be announced', () => {
  assert.equal(columns({ ...product, record: { rectype: 'gsidmap', recid: 0 } }, {}, false).wssdone, 1);
});

test("only Gyroscope's streaming mode keeps no row of a record without a message", () => {
  const silent = { ...product, message: null };
  assert.ok(keepsRow(silent, rules));
  assert.ok(keepsRow(silent, { ...rules, delivery: 'at-most-once' }));
  assert.ok(!keepsRow(silent, { ...rules, delivery: 'at-most-once', gyroscope: true }));
  assert.ok(keepsRow(silent, { announcing: 'poll', delivery: 'at-most-once', gyroscope: true }));
  assert.ok(keepsRow({ ...none, message: null }, { ...rules, delivery: 'at-most-once', gyroscope: true }));
});

test('tenant, user and login are the actor’s', () => {
  const entry = entryOf(actor, claim, { ...product, rawobj: { userid: 1, gsid: 1 } }, rules, true);
  assert.deepEqual([entry.gsid, entry.userid, entry.logname], ['3', '42', 'ann']);
});

test('whatever a caller without types gives becomes an entry', () => {
  const odd = [
    Symbol('x'),
    {
      toString: () => {
        throw new Error('no');
      },
    },
    Object.create(null),
    1e21,
    2n ** 70n,
    Number.NaN,
    [],
  ];
  for (const value of odd) {
    const action = { ...none, message: value, record: { rectype: 'x', recid: value } } as unknown as Action;
    assert.ok(hasRecord(action));
    const entry = entryOf(actor, claim, action, rules, true);
    assert.equal(typeof entry.logmessage, 'string');
    assert.equal(typeof entry.recid, 'string');
  }
  assert.equal(
    entryOf(actor, claim, { ...product, record: { rectype: 'x', recid: 1e21 } }, rules, true).recid,
    '1000000000000000000000',
  );
  assert.ok(!hasRecord({ ...none, record: 'product' as never }));
});
