import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionStore } from '../lib/action/store.ts';
import { recordAt } from '../lib/record-at.ts';

/** The columns that are known of a record whose columns were last set by these entries. */
async function known(set: Record<string, number>): Promise<string[]> {
  const traced = async () =>
    Object.entries(set).map(([field, alogid]) => ({
      ...{ field, alogid: String(alogid), logdate: 1, before: null, after: 'x', masked: false },
    }));
  const found = await recordAt({ traced } as unknown as ActionStore, { gsid: 3, rectype: 'p', recid: 1, at: 5 });
  return [...found.keys()];
}

test('a column that was an object and became a plain value, or the other way round, is what it was last', async () => {
  assert.deepEqual(await known({ 'address.city': 9, 'address.zip': 8, address: 10, addressed: 1 }), [
    'address',
    'addressed',
  ]);
  assert.deepEqual(await known({ 'address.city': 11, 'address.zip': 8, address: 10 }), ['address.city']);
  assert.deepEqual(await known({ 'a.b.c': 30, 'a.b': 10, a: 20 }), ['a.b.c']);
  assert.deepEqual(await known({ 'a.b': 1, 'a.c': 2, 'x.y': 7, x: 7 }), ['a.b', 'a.c', 'x', 'x.y']);
});
