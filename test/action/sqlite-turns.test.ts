import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqliteStore } from '../../lib/action/sqlite-store.ts';

test('a transaction that never ends lets the next ones go, and those after it begin once it has', async (t) => {
  const store = sqliteStore({ file: ':memory:' });
  t.after(() => store.close());
  await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
  t.mock.timers.enable({ apis: ['setInterval'] });
  const first = await store.begin();
  const waiting = Promise.allSettled([store.begin(), store.begin()]);
  await new Promise((resolve) => setImmediate(resolve));
  t.mock.timers.tick(16_000);
  for (const outcome of await waiting) {
    assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'database-unreachable');
  }
  const last = store.begin();
  await first.commit();
  await (await last).commit();
});
