import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { charsetOf, singleByteCharset } from '../../lib/action/charset.ts';
import { fitEntry, placeRecid } from '../../lib/action/fit.ts';
import { fitText } from '../../lib/action/fit-text.ts';
import type { Columns, IntegerColumn, TextColumn } from '../../lib/action/table-shape.ts';
import { newEntry } from './entries.ts';

const text = (maxChars: number, charset = 'utf8mb4', given: Partial<TextColumn> = {}): TextColumn => ({
  kind: 'text',
  type: `varchar(${maxChars})`,
  maxChars,
  maxBytes: 4 * maxChars,
  charset: charset === 'latin1' ? singleByteCharset(charset, 'é…') : charsetOf(charset),
  trims: false,
  ...given,
});
const integer = (max: bigint, min = 0n): IntegerColumn => ({ kind: 'integer', type: 'int', min, max });
const big = integer(2n ** 64n - 1n);
const plain: Columns = {
  ...{
    gsid: big,
    userid: big,
    recid: big,
    logdate: integer(2n ** 63n - 1n, -(2n ** 63n)),
    sid: integer(2n ** 32n - 1n),
  },
  ...{ logname: text(255), logmessage: text(255), rectype: text(255), wssdone: integer(255n) },
  rawobj: text(65_535, 'utf8mb4', { maxBytes: 65_535 }),
};

describe('fitText', () => {
  const cases: [string, string, TextColumn, string, boolean][] = [
    ['leaves what fits', 'abc', text(3), 'abc', true],
    ['cuts to the last character with a mark', 'abcd', text(3), 'ab…', false],
    ['counts characters, not units', '😀😀😀', text(3), '😀😀😀', true],
    ['does not split a character', '😀😀😀😀', text(3), '😀😀…', false],
    ['cuts to bytes', 'ééé', text(10, 'utf8mb4', { maxBytes: 5 }), 'é…', false],
    ['writes dots where the character set has no mark', 'abcde', text(4, 'ascii'), 'a...', false],
    ['leaves the mark out where it has no room', 'abcd', text(2, 'ascii'), 'ab', false],
    ['replaces what the character set has not', 'a😀b', text(9, 'utf8mb3'), 'a\ufffdb', false],
    ['replaces by ? where it has no sign for that', 'a😀b', text(9, 'latin1'), 'a?b', false],
    ['repairs halves of characters, with nothing lost', 'a\ud800', text(9), 'a\ufffd', true],
    ['loses spaces where the column does', 'a ', text(9, 'utf8mb4', { trims: true }), 'a', false],
  ];
  for (const [title, given, column, expected, whole] of cases) {
    it(title, () => assert.deepEqual(fitText(given, column), { text: expected, whole }));
  }
});

describe('placeRecid', () => {
  const recref = text(255);
  const cases: [string, Pick<Columns, 'recid' | 'recref'>, string, string | null, boolean][] = [
    ['12', { recid: big, recref }, '12', null, true],
    ['18446744073709551615', { recid: big, recref }, '18446744073709551615', null, true],
    ['18446744073709551616', { recid: big, recref }, '0', '18446744073709551616', true],
    ['007', { recid: big, recref }, '0', '007', true],
    ['-5', { recid: big, recref }, '0', '-5', true],
    ['-5', { recid: integer(2n ** 63n - 1n, -(2n ** 63n)), recref }, '-5', null, true],
    ['abc', { recid: big, recref }, '0', 'abc', true],
    ['', { recid: big, recref }, '0', null, true],
    ['r'.repeat(256), { recid: big, recref }, '0', `${'r'.repeat(254)}…`, false],
    ['007', { recid: big }, '7', null, true],
    ['000', { recid: big }, '0', null, true],
    ['abc', { recid: big }, '0', null, false],
    ['-5', { recid: big }, '0', null, false],
    ['018446744073709551616', { recid: big }, '0', null, false],
    ['007', { recid: text(191), recref }, '007', null, true],
    ['r'.repeat(192), { recid: text(191), recref }, '0', 'r'.repeat(192), true],
    ['abcd', { recid: text(3) }, 'ab…', null, false],
  ];
  for (const [given, columns, recid, ref, whole] of cases) {
    const where = `${columns.recid.kind} column${columns.recref ? ' with recref' : ''}`;
    it(`puts ${JSON.stringify(given.slice(0, 24))} into a ${where}`, () => {
      assert.deepEqual(placeRecid(given, columns), { recid, recref: ref, whole });
    });
  }
});

describe('fitEntry', () => {
  it('keeps everything that was cut in the raw object, in either style', () => {
    const long = 'x'.repeat(300);
    const entry = newEntry({ logmessage: long, logname: long, rectype: long, recid: 'abc', rawobj: { a: 1 } });
    const kept = { _message: long, _logname: long, _rectype: long, _recid: 'abc' };
    const json = fitEntry(entry, { table: 'actionlog', columns: plain }, 'json');
    assert.deepEqual(JSON.parse(json.row.rawobj), { ...kept, a: 1 });
    const php = fitEntry(entry, { table: 'actionlog', columns: plain }, 'php');
    assert.deepEqual(JSON.parse(php.row.rawobj), { ...kept, a: '1' });
  });

  it('gives nothing for columns that the table has not', () => {
    const entry = newEntry({ extra: 1, ctxid: 1, bulldozed: 1, recid: 'abc' });
    const few = fitEntry(entry, { table: 'actionlog', columns: plain }, 'json');
    const { extra, ctxid, bulldozed } = few.row;
    assert.deepEqual([extra, ctxid, bulldozed, few.recref], [null, null, 0, null]);
    const more = { recref: text(255), extra: text(9000), ctxid: integer(9n), bulldozed: integer(1n) };
    const all = fitEntry(entry, { table: 'actionlog', columns: { ...plain, ...more } }, 'json');
    assert.deepEqual([all.row.extra, all.row.ctxid, all.row.bulldozed, all.recref], ['1', 1, 1, 'abc']);
  });

  it('keeps additions to the event to 8 KiB, and to the column', () => {
    const extra = { text: 'x'.repeat(100_000), id: 7 };
    for (const [maxChars, most] of [
      [65_535, 8192],
      [100, 100],
    ] as const) {
      const columns: Columns = { ...plain, extra: text(maxChars) };
      const { row } = fitEntry(newEntry({ extra }), { table: 'actionlog', columns }, 'json');
      assert.ok(Buffer.byteLength(row.extra ?? '') <= most);
      assert.equal(JSON.parse(row.extra ?? '').id, 7);
    }
  });

  it('escapes the raw object as ASCII where its character set does not hold all of it', () => {
    const columns: Columns = { ...plain, rawobj: text(1000, 'latin1') };
    const rawobjOf = (rawobj: unknown) =>
      fitEntry(newEntry({ rawobj }), { table: 'actionlog', columns }, 'json').row.rawobj;
    assert.equal(rawobjOf({ a: 'é' }), '{"a":"é"}');
    assert.equal(rawobjOf({ a: 'é😀' }), '{"a":"\\u00e9\\ud83d\\ude00"}');
  });

  it('halves the room for the raw object where a character takes two bytes', () => {
    const columns: Columns = { ...plain, rawobj: text(65_535, 'utf16', { maxBytes: 1000 }) };
    const { row } = fitEntry(newEntry({ rawobj: { a: 'x'.repeat(5000) } }), { table: 'actionlog', columns }, 'json');
    assert.ok(row.rawobj.length <= 500);
  });

  it('takes connection ids that can be one, and 0 for the rest', () => {
    const sids: [number, number][] = [
      [77, 77],
      [0, 0],
      [-4, 0],
      [2 ** 32, 0],
      [2 ** 32 - 1, 2 ** 32 - 1],
      [1.5, 0],
      [Number.NaN, 0],
    ];
    for (const [sid, expected] of sids) {
      assert.equal(fitEntry(newEntry({ sid }), { table: 'actionlog', columns: plain }, 'json').row.sid, expected);
    }
    const columns: Columns = { ...plain, sid: integer(2n ** 31n - 1n) };
    assert.equal(fitEntry(newEntry({ sid: 2 ** 31 }), { table: 'actionlog', columns }, 'json').row.sid, 0);
  });

  it('refuses ids of the tenant and user that the column cannot hold as they are', () => {
    for (const [given, column] of [
      [{ gsid: 'acme' }, 'gsid'],
      [{ userid: '042' }, 'userid'],
      [{ userid: '-1' }, 'userid'],
    ] as const) {
      assert.throws(() => fitEntry(newEntry(given), { table: 'actionlog', columns: plain }, 'json'), {
        code: 'id-unfit',
        fields: { table: 'actionlog', column, type: 'int', id: Object.values(given)[0] },
      });
    }
  });
});
