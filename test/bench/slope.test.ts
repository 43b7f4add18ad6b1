import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFlat, slopeOf } from '../../bench/support/slope.ts';

/** Noise that is the same in each run. */
const noise = (at: number) => Math.sin(at * 12.9898) * 5;
const samples = (value: (at: number) => number) => Array.from({ length: 100 }, (_, at) => value(at));

test('a straight line is found to the digit', () => {
  const { gained, error, begin } = slopeOf(samples((at) => 50 + 2 * at));
  assert.ok(Math.abs(gained - 198) < 1e-9 && error < 1e-9 && Math.abs(begin - 50) < 1e-9);
});

test('noise is flat, a leak under the same noise is not, unless it is too little to matter', () => {
  assert.equal(isFlat(slopeOf(samples((at) => 1000 + noise(at))), 0), true);
  const leak = slopeOf(samples((at) => 1000 + noise(at) + at));
  assert.equal(isFlat(leak, 0), false);
  assert.equal(isFlat(leak, 20), false);
  assert.equal(isFlat(leak, 200), true);
});

test('what goes down is flat', () => {
  assert.equal(isFlat(slopeOf(samples((at) => 1000 - at)), 0), true);
});
