import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { charsetOf } from '../../lib/action/charset.ts';
import { fitEntry } from '../../lib/action/fit.ts';
import { InsertForm, mostBytes } from '../../lib/action/insert.ts';
import { rowsSql } from '../../lib/action/mysql-insert.ts';
import type { Columns, IntegerColumn, TextColumn } from '../../lib/action/table-shape.ts';
import { newEntry } from './entries.ts';

const integer: IntegerColumn = { kind: 'integer', type: 'bigint', min: 0n, max: 2n ** 63n - 1n };
const text: TextColumn = {
  ...{ kind: 'text', type: 'text', maxChars: 10_000, maxBytes: 40_000, charset: charsetOf('utf8mb4'), trims: false },
};
const columns: Columns = {
  ...{ gsid: integer, userid: integer, logname: text, logmessage: text, rawobj: text, logdate: integer },
  ...{ sid: integer, rectype: text, recid: integer, wssdone: integer },
};
const added = { bulldozed: integer, recref: text, extra: text, ctxid: integer, announcedat: integer };

describe('InsertForm', () => {
  it('names the columns that the table has, and keeps the place of when an entry is announced', () => {
    const head = (given: Columns) => new InsertForm({ quoted: '`t`', tenantColumn: 'te`n', columns: given }).head;
    assert.equal(
      head(columns),
      'INSERT INTO `t` (`te``n`, `userid`, `logname`, `logmessage`, `rawobj`, `logdate`, `sid`, `rectype`, `recid`, `wssdone`) VALUES ',
    );
    assert.ok(
      head({ ...columns, ...added }).includes('`bulldozed`, `recref`, `extra`, `ctxid`, `announcedat`) VALUES'),
    );
    const form = new InsertForm({ quoted: '`t`', tenantColumn: 'gsid', columns: { ...columns, ...added } });
    const placeOf = (wssdone: 0 | 1) =>
      form.values(fitEntry(newEntry({ wssdone }), { table: 't', columns: { ...columns, ...added } }, 'json')).at(-1);
    assert.deepEqual([placeOf(0), placeOf(1)], [0, null]);
  });
});

describe('the INSERT of several rows', () => {
  const form = new InsertForm({ quoted: '`t`', tenantColumn: 'gsid', columns: { ...columns, ...added } });
  const rowOf = (logmessage: string) =>
    form.values(fitEntry(newEntry({ logmessage }), { table: 't', columns: { ...columns, ...added } }, 'json'));

  it('has plain signs as they are, and all that any mode or character set reads otherwise as digits', () => {
    const sql = rowsSql(form, [rowOf('plain, "quoted" {1}')], true);
    assert.ok(sql.includes(`'plain, "quoted" {1}'`));
    for (const odd of ["it's", 'back\\slash', 'é', 'a\0b', 'a\nb', '\u007f']) {
      const hex = rowsSql(form, [rowOf(odd)], true);
      assert.ok(!hex.includes(odd), odd);
      assert.ok(hex.includes(`_utf8mb4 X'${Buffer.from(odd).toString('hex')}'`), odd);
    }
  });

  it('has no text as it is where the connection is in another character set', () => {
    assert.doesNotMatch(rowsSql(form, [rowOf('plain')], false), /'(plain|admin|product)'/);
  });

  it('is never longer than was reckoned', () => {
    for (const odd of ['', 'x'.repeat(1000), 'é'.repeat(1000), '😀\\'.repeat(1000)]) {
      const values = rowOf(odd);
      for (const utf8 of [true, false]) {
        assert.ok(rowsSql(form, [values], utf8).length - form.head.length <= mostBytes(values) + values.length + 2);
      }
    }
  });
});
