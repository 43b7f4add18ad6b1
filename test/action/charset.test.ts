import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { charsetOf, holdsAll, knownCharsets } from '../../lib/action/charset.ts';
import { createDatabase } from '../support/mariadb.ts';

/** Every character that the set claims to hold, the surrogates aside, and a few beyond the basic plane. */
function claimed(name: string): string[] {
  const charset = charsetOf(name);
  const points = [...Array.from({ length: 0xffff }, (_, index) => index + 1), 0x1f600, 0x10ffff];
  return points
    .filter((point) => (point < 0xd800 || point > 0xdfff) && charset.holds(point))
    .map((point) => String.fromCodePoint(point));
}

describe('charsetOf', () => {
  for (const name of knownCharsets.filter((name) => name !== 'sqlite')) {
    it(`claims no character for ${name} that the database refuses, and knows its bytes`, async () => {
      await using database = await createDatabase();
      await database.query(`CREATE TABLE t (c longtext CHARACTER SET ${name})`);
      const charset = charsetOf(name);
      const text = claimed(name).join('');
      assert.ok(text.length > 180);
      await database.query('INSERT INTO t VALUES (?)', [text]); // a strict server refuses what the column cannot hold
      const [row] = await database.query<{ c: string; bytes: number }>('SELECT c, LENGTH(c) AS bytes FROM t');
      assert.ok(row?.c === text);
      const bytes = [...text].reduce((sum, char) => sum + charset.bytes(char.codePointAt(0) ?? 0), 0);
      assert.equal(row?.bytes, bytes);
      assert.ok(bytes <= charset.widening * Buffer.byteLength(text));
    });
  }

  it('knows what latin1 and utf8mb3 do not hold', () => {
    assert.ok(holdsAll(charsetOf('latin1'), 'café € …'));
    assert.ok(!holdsAll(charsetOf('latin1'), 'Ω'));
    assert.ok(!holdsAll(charsetOf('latin1'), '\ufffd'));
    assert.ok(holdsAll(charsetOf('utf8mb3'), '漢\ufffd'));
    assert.ok(!holdsAll(charsetOf('utf8mb3'), '😀'));
    assert.ok(holdsAll(charsetOf('utf8mb4'), '😀\0'));
    assert.ok(!holdsAll(charsetOf('sqlite'), 'a\0'));
  });

  it('takes a set that it does not know for ASCII', () => {
    assert.ok(holdsAll(charsetOf('eucjpms'), 'abc'));
    assert.ok(!holdsAll(charsetOf('eucjpms'), 'é'));
  });
});
