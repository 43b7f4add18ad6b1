import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { prune } from '../../../lib/action/prune/prune.ts';
import { SqliteLink } from '../../../lib/action/sqlite-database.ts';
import { sqliteStore } from '../../../lib/action/sqlite-store.ts';
import { newEntry } from '../entries.ts';
import { archivedIds, archivedLines, archiveFolder, dayMs } from './old-entries.ts';

/** A file with that many old entries of two tenants, and two young ones. */
async function sqliteFile(t: TestContext, old: number): Promise<{ file: string; link: SqliteLink }> {
  const folder = await mkdtemp(join(tmpdir(), 'actionlog-prune-'));
  const file = join(folder, 'actionlog.db');
  const store = sqliteStore({ file });
  await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
  await store.write(newEntry({ logdate: Math.floor(Date.now() / 1000) }));
  await store.close();
  const link = await SqliteLink.open(file);
  const seq = `WITH RECURSIVE seq(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM seq WHERE n < ${old})`;
  const columns = 'gsid, userid, logname, rawobj, logdate';
  await link.run(
    `INSERT INTO actionlog (${columns}) ${seq} SELECT CAST(n % 2 AS TEXT), '9007199254740993', CAST(X'C3A90061' AS TEXT), '{}', 1 FROM seq`,
  );
  await link.run(`INSERT INTO actionlog (${columns}) VALUES ('1', '1', 'ann', '{}', strftime('%s', 'now'))`);
  t.after(async () => {
    link.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { file, link };
}

const ids = async (link: SqliteLink) =>
  (await link.all('SELECT alogid FROM actionlog ORDER BY alogid')).map(({ alogid }) => Number(alogid));

describe('prune in SQLite', () => {
  it('archives and deletes what is old, tenant by tenant, with every digit and every byte', async (t) => {
    const { file, link } = await sqliteFile(t, 1000);
    await link.run('DROP TABLE IF EXISTS actionlog_trace');
    await link.run('CREATE TABLE actionlog_trace (alogid integer, trace blob)');
    await link.run("INSERT INTO actionlog_trace SELECT alogid, X'00FF' FROM actionlog");
    const archive = await archiveFolder(t);
    const options = { database: `sqlite:${file}`, olderThanMs: 400 * dayMs, archive, archiveRows: 300 };
    assert.equal((await prune({ ...options, gsid: 1 })).deleted, 500);
    assert.equal((await prune({ ...options, dryRun: true })).found, 500);
    const { deleted, archived } = await prune(options);
    assert.deepEqual({ deleted, archived }, { deleted: 500, archived: 500 });
    assert.deepEqual(await ids(link), [1, 1002]);
    assert.equal((await link.all('SELECT * FROM actionlog_trace')).length, 2);
    assert.deepEqual(
      (await archivedIds(archive)).map(Number),
      Array.from({ length: 1000 }, (_, index) => index + 2),
    );
    assert.equal((await readdir(archive)).length, 4);
    const [line] = await archivedLines(archive);
    assert.equal(line?.['userid'], '9007199254740993');
    assert.equal(line?.['logname'], 'é\0a');
    assert.equal(line?.['logmessage'], null);
    assert.deepEqual(line?.['_trace'], [{ alogid: line?.['alogid'], trace: { base64: 'AP8=' } }]);
  });

  it('deletes what an archive has, and does not archive it again', async (t) => {
    const { file, link } = await sqliteFile(t, 700);
    const archive = await archiveFolder(t);
    await link.run('CREATE TABLE kept AS SELECT * FROM actionlog');
    const options = { database: `sqlite:${file}`, olderThanMs: 400 * dayMs, archive };
    await prune(options);
    await link.run('INSERT INTO actionlog SELECT * FROM kept WHERE alogid BETWEEN 400 AND 701');
    const { deleted, archived } = await prune(options);
    assert.deepEqual({ deleted, archived }, { deleted: 302, archived: 0 });
    assert.deepEqual(await ids(link), [1, 702]);
  });

  it('does not make a file where there is none', async (t) => {
    const archive = await archiveFolder(t);
    const run = prune({ database: `sqlite:${join(archive, 'none.db')}`, olderThanMs: 400 * dayMs });
    await assert.rejects(run, { code: 'database-unreachable' });
    assert.deepEqual(await readdir(archive), []);
  });
});
