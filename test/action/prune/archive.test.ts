import assert from 'node:assert/strict';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { migrate } from '../../../lib/action/migrate.ts';
import { prune } from '../../../lib/action/prune/prune.ts';
import { createDatabase } from '../../support/mariadb.ts';
import { gyroscopeTable } from '../tables.ts';
import { archivedIds, archivedLines, archiveFolder, dayMs, oldEntries, standing } from './old-entries.ts';

const olderThanMs = 400 * dayMs;

describe('prune with an archive', () => {
  it('writes files of so many entries, named after the first and the last, then deletes these', async (t) => {
    await using database = await oldEntries(1000);
    const archive = await archiveFolder(t);
    const old = await standing(database, 'logdate < UNIX_TIMESTAMP() - 86400');
    const young = await standing(database, 'logdate >= UNIX_TIMESTAMP() - 86400');
    const result = await prune({ database: database.url, olderThanMs, archive, archiveRows: 400 });
    assert.equal(result.archived, 1000);
    assert.equal(result.deleted, 1000);
    const names = ['1-400', '401-800', '801-1000'].map((range) => `actionlog-${range}.jsonl.gz`);
    assert.deepEqual((await readdir(archive)).sort(), names);
    assert.deepEqual(
      result.files,
      names.map((name) => join(archive, name)),
    );
    assert.deepEqual(await archivedIds(archive), old);
    assert.deepEqual(await standing(database), young);
  });

  it('keeps every column as it stands: large numbers, nulls, line ends, bytes, old character sets', async (t) => {
    await using database = await createDatabase();
    await database.query(gyroscopeTable('latin1'));
    await migrate({ database: database.url });
    await database.query(`ALTER TABLE actionlog ADD COLUMN own varbinary(20), ADD COLUMN amount decimal(30,10),
      ADD COLUMN size float, ADD COLUMN at datetime(6), ADD COLUMN flags bit(3), ADD COLUMN greek varchar(9) CHARACTER SET greek`);
    await database.query(
      'CREATE OR REPLACE TABLE actionlog_trace (alogid bigint unsigned, place int, trace text, KEY alogid (alogid))',
    );
    const text = 'é "x"\\ \u2028 \n\r\0 😀';
    await database.query(
      `INSERT INTO actionlog (gsid, userid, logname, logmessage, rawobj, logdate, recref, own, amount, size, at, flags, greek)
      VALUES (18446744073709551615, 9007199254740993, 'é', NULL, '{}', 1, ?, X'00FF0A', 12345678901234567890.0123456789, 0.1,
      '2020-01-02 03:04:05.678901', b'101', 'αβγ')`,
      [text],
    );
    await database.query("INSERT INTO actionlog_trace VALUES (1, 1, 'app.js:3'), (1, 2, 'lib.js:7'), (2, 1, 'other')");
    const archive = await archiveFolder(t);
    await prune({ database: database.url, olderThanMs, archive });
    const [line, ...others] = await archivedLines(archive);
    assert.deepEqual(others, []);
    assert.deepEqual(line, {
      ...{ alogid: '1', gsid: '18446744073709551615', userid: '9007199254740993', logname: 'é', logmessage: null },
      ...{ rawobj: '{}', logdate: '1', sid: '0', rectype: '', recid: '0', wssdone: '0', bulldozed: '0', recref: text },
      ...{
        extra: null,
        ctxid: null,
        announcedat: null,
        correlation: null,
        own: { base64: 'AP8K' },
        amount: '12345678901234567890.0123456789',
      },
      ...{ size: '0.10000000149011612', at: '2020-01-02 03:04:05.678901', flags: { base64: 'BQ==' }, greek: 'αβγ' },
      _trace: [
        { alogid: '1', place: '1', trace: 'app.js:3' },
        { alogid: '1', place: '2', trace: 'lib.js:7' },
      ],
    });
    assert.equal((await database.query('SELECT * FROM actionlog_trace')).length, 1);
  });

  it('drops what was left half-written, and leaves the files of others alone', async (t) => {
    await using database = await oldEntries(10);
    const archive = await archiveFolder(t);
    const others = ['other-1-2.jsonl.gz.part', 'actionlog-x.jsonl.gz.part', 'actionlog-1-2.jsonl.gz.part.old'];
    for (const name of ['actionlog-1-9.jsonl.gz.part', ...others]) await writeFile(join(archive, name), 'x');
    await prune({ database: database.url, olderThanMs, archive });
    assert.deepEqual((await readdir(archive)).sort(), ['actionlog-1-10.jsonl.gz', ...others].sort());
  });

  it('deletes nothing on the word of a broken archive', async (t) => {
    await using database = await oldEntries(500);
    const archive = await archiveFolder(t);
    await copyOf(database, () => prune({ database: database.url, olderThanMs, archive }));
    const file = join(archive, 'actionlog-1-500.jsonl.gz');
    await truncate(file, (await readFile(file)).length - 20);
    await assert.rejects(prune({ database: database.url, olderThanMs, archive }), { code: 'archive-failed' });
    assert.equal((await standing(database)).length, 550);
  });

  it('does not take other entries under the same numbers for archived ones', async (t) => {
    await using database = await oldEntries(500);
    const archive = await archiveFolder(t);
    await copyOf(database, () => prune({ database: database.url, olderThanMs, archive }));
    await database.query(
      "UPDATE actionlog SET logmessage = 'another', logdate = UNIX_TIMESTAMP() WHERE alogid BETWEEN 400 AND 450",
    );
    const { archived, deleted } = await prune({ database: database.url, olderThanMs, archive });
    assert.deepEqual({ archived, deleted }, { archived: 0, deleted: 449 });
    assert.equal((await standing(database, "logmessage = 'another'")).length, 51);
  });

  it('says what is wrong with the directory, and deletes nothing', async (t) => {
    await using database = await oldEntries(10);
    const archive = await archiveFolder(t);
    await writeFile(join(archive, 'file'), '');
    const run = prune({ database: database.url, olderThanMs, archive: join(archive, 'file') });
    await assert.rejects(run, { code: 'archive-failed' });
    assert.equal((await standing(database)).length, 11);
  });
});

/** Has the table afterwards as it was before. */
async function copyOf(database: Awaited<ReturnType<typeof oldEntries>>, work: () => Promise<unknown>): Promise<void> {
  await database.query('CREATE TABLE kept LIKE actionlog');
  await database.query('INSERT INTO kept SELECT * FROM actionlog');
  await work();
  await database.query('DELETE FROM actionlog');
  await database.query('INSERT INTO actionlog SELECT * FROM kept');
}
