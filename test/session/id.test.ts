import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { idText, isPlainNumber } from '../../lib/session/id.ts';

describe('idText', () => {
  it('takes numbers, bigints and text, no digit lost', () => {
    for (const [id, text] of [
      [42, '42'],
      [18446744073709551615n, '18446744073709551615'],
      ['18446744073709551615', '18446744073709551615'],
      ['0b8e0f5c-8a31-4d0f-9a0e-3f0f4b1a2c3d', '0b8e0f5c-8a31-4d0f-9a0e-3f0f4b1a2c3d'],
      ['x'.repeat(191), 'x'.repeat(191)],
      ['a b', 'a b'],
    ] as const) {
      assert.equal(idText(id, 'userid'), text);
    }
  });

  it('refuses what is no id, with the name of the field', () => {
    for (const id of [
      ...[2 ** 53, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '', ' ', 'a ', ' a', '\ta', 'a\0b', '\ud800'],
      ...['x'.repeat(192), null, undefined, true, {}, [1], Symbol('7')],
    ]) {
      assert.throws(() => idText(id, 'recid'), /^TypeError: recid: expected/);
    }
  });
});

describe('isPlainNumber', () => {
  it('tells whole numbers in plain form from anything else', () => {
    for (const text of ['0', '7', '18446744073709551615']) assert.equal(isPlainNumber(text), true, text);
    for (const text of ['', '007', '-1', '+1', '1e3', '1.0', ' 1', '1\n', '٣', '0x1']) {
      assert.equal(isPlainNumber(text), false, text);
    }
  });
});
