import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs } from '../../lib/browser/backoff.ts';

test('A wait is anything from 0 to a bound that doubles, and never more than the longest', (t) => {
  const random = t.mock.method(Math, 'random', () => 1);
  const bounds = [0, 1, 2, 5, 6, 10_000].map((tries) => backoffMs(tries, 500, 30_000));
  assert.deepEqual(bounds, [500, 1_000, 2_000, 16_000, 30_000, 30_000]);
  random.mock.mockImplementation(() => 0);
  assert.equal(backoffMs(3, 500, 30_000), 0);
  random.mock.mockImplementation(() => 0.5);
  assert.equal(backoffMs(3, 500, 30_000), 2_000);
});
