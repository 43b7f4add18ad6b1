import assert from 'node:assert/strict';
import { test } from 'node:test';

// by its address: its types are a browser's
const { watchRecord } = await import(new URL('../../lib/browser/watch-record.ts', import.meta.url).href);

/** A client's events, told by hand. */
function events() {
  const listeners = new Map<string, (event: unknown) => void>();
  const on = (type: string, listener: (event: unknown) => void) => {
    listeners.set(type, listener);
    return () => listeners.delete(type);
  };
  const update = (event: object) =>
    listeners.get('update')?.({ type: 'update', rectype: 'product', recid: '1', own: false, ...event });
  return { on, update };
}

test('an event of a list is a change of each record that it names', () => {
  const { on, update } = events();
  const watch = watchRecord(on, 'product', 7);
  update({ recid: '1', extra: { count: 2, recids: ['1', '2'] } });
  update({ recid: '1', rectype: 'order', extra: { count: 2, recids: ['1', '7'] } });
  update({ recid: '1', extra: { recids: '7' } });
  assert.equal(watch.change, undefined);
  update({ recid: '1', extra: { count: 3, recids: ['1', '7', '9'] } });
  assert.equal(watch.change?.certain, true);
  update({ recid: '1', own: true, extra: { count: 3, recids: ['1', '7', '9'] } });
  assert.equal(watch.change, undefined);
});

test('where a list is too long to be named, each record of its rectype may have changed', () => {
  const { on, update } = events();
  const watch = watchRecord(on, 'product', 7);
  update({ recid: '1', own: true, extra: { count: 1000, recids: null } });
  assert.equal(watch.change, undefined);
  update({ recid: '1', extra: { count: 1000, recids: null } });
  assert.deepEqual(watch.change, { certain: false });
  update({ recid: '7' });
  update({ recid: '1', extra: { count: 1000, recids: null } });
  assert.equal(watch.change?.certain, true, 'what is known for certain stays so');
});
