import assert from 'node:assert/strict';
import { it } from 'node:test';
import { passed, systemClock } from '../lib/clock.ts';

it('calls back once the time has passed, unless it is stopped before; by the mocks that a test has set', (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 5000 });
  const called: string[] = [];
  systemClock.after(10, () => called.push('due'));
  systemClock.after(10, () => called.push('stopped'))();
  t.mock.timers.tick(9);
  assert.deepEqual(called, []);
  t.mock.timers.tick(1);
  assert.deepEqual(called, ['due']);
  assert.equal(systemClock.now(), 5010);
});

it('resolves once the time has passed, or the signal is given, also before', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const due = passed(systemClock, 10);
  t.mock.timers.tick(10);
  await due;
  const signal = new AbortController();
  const aborted = passed(systemClock, 10, signal.signal);
  signal.abort();
  await aborted;
  await passed(systemClock, 10, signal.signal);
});
