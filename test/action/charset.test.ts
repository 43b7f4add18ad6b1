import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { charsetOf, holdsAll, isKnownCharset, singleByteCharset } from '../../lib/action/charset.ts';
import { readCharsets } from '../../lib/action/mysql-charsets.ts';
import { linkMysql } from '../../lib/action/mysql-database.ts';
import { createDatabase } from '../support/mariadb.ts';

const points = [...Array.from({ length: 0xffff }, (_, index) => index + 1), 0x1f600, 0x10ffff].filter(
  (point) => point < 0xd800 || point > 0xdfff,
);

describe('the character sets of a server', () => {
  it('are told such that the server refuses no character which counts as held, and their bytes are right', async (t) => {
    await using database = await createDatabase();
    const link = linkMysql(database.url, true);
    t.after(() => link.close());
    const all = await database.query<{ name: string; bytes: number }>(
      "SELECT character_set_name AS name, maxlen AS bytes FROM information_schema.character_sets WHERE character_set_name NOT IN ('binary', 'swe7')",
    );
    assert.ok(all.length > 20);
    const charsets = await readCharsets(link, new Set(all.map(({ name }) => name)));
    for (const { name, bytes } of all) {
      const charset = charsets.get(name) ?? assert.fail(name);
      const text = points
        .filter((point) => charset.holds(point))
        .map((point) => String.fromCodePoint(point))
        .join('');
      if (bytes === 1 && name !== 'ascii') assert.ok(text.length > 160, `${name}: ${text}`);
      await database.query(`CREATE TABLE t_${name} (c longtext CHARACTER SET ${name})`);
      await database.query(`INSERT INTO t_${name} VALUES (?)`, [text]); // strict: refuses what the column cannot hold
      const [row] = await database.query<{ c: string; bytes: number }>(
        `SELECT CONVERT(c USING utf8mb4) AS c, LENGTH(c) AS bytes FROM t_${name}`,
      );
      assert.ok(row?.c === text, name);
      if (isKnownCharset(name) || bytes === 1) {
        const expected = [...text].reduce((sum, char) => sum + charset.bytes(char.codePointAt(0) ?? 0), 0);
        assert.equal(row?.bytes, expected, name);
        assert.ok(expected <= charset.widening * Buffer.byteLength(text), name);
      }
    }
  });

  it('include latin1 as Windows knows it', async (t) => {
    await using database = await createDatabase();
    const link = linkMysql(database.url, true);
    t.after(() => link.close());
    const latin1 = (await readCharsets(link, new Set(['latin1', "x' OR 1"]))).get('latin1') ?? assert.fail();
    assert.ok(holdsAll(latin1, 'café € … “ ” ™'));
    assert.ok(!holdsAll(latin1, 'Ω'));
    assert.ok(!holdsAll(latin1, '\ufffd'));
  });
});

describe('charsetOf', () => {
  it('knows the sets of Unicode', () => {
    assert.ok(holdsAll(charsetOf('utf8mb4'), '😀\0'));
    assert.ok(holdsAll(charsetOf('utf8mb3'), '漢\ufffd'));
    assert.ok(!holdsAll(charsetOf('utf8mb3'), '😀'));
    assert.ok(!holdsAll(charsetOf('sqlite'), 'a\0'));
  });

  it('takes a set that it does not know for ASCII', () => {
    assert.ok(holdsAll(charsetOf('eucjpms'), 'abc'));
    assert.ok(!holdsAll(charsetOf('eucjpms'), 'é'));
    assert.ok(holdsAll(singleByteCharset('x', 'é'), 'aé'));
  });
});
