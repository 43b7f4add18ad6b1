import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRepeats } from '../../lib/browser/repeats.ts';

test('An entry is a repeat where its number is among the last 1,000, not where it is smaller than the last', () => {
  const isFirst = createRepeats();
  assert.equal(isFirst('5000'), true);
  assert.equal(isFirst('7'), true);
  assert.equal(isFirst('5000'), false);
  for (let number = 10_001; number <= 10_998; number += 1) assert.equal(isFirst(String(number)), true);
  assert.equal(isFirst('5000'), false, 'the oldest of 1,000');
  assert.equal(isFirst('10999'), true);
  assert.equal(isFirst('5000'), true, 'forgotten');
  assert.equal(isFirst('10998'), false);
});
