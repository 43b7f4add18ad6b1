import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { migrate } from '../../../lib/action/migrate.ts';
import { createDatabase, type TestDatabase } from '../../support/mariadb.ts';

export const dayMs = 86_400_000;

/** A new table with that many entries of three tenants that are 500 days old, and a tenth as many of today. */
export async function oldEntries(old: number): Promise<TestDatabase> {
  const database = await createDatabase();
  await migrate({ database: database.url });
  const columns = 'gsid, userid, logname, logmessage, rawobj, logdate, rectype, recid, wssdone';
  const values = (days: number) =>
    `1 + seq % 3, 18446744073709551615 - seq, 'ann', CONCAT('message ', seq), '{"n":1}', UNIX_TIMESTAMP() - ${days * 86_400}, 'product', seq, 1`;
  await database.query(`INSERT INTO actionlog (${columns}) SELECT ${values(500)} FROM seq_1_to_${old}`);
  await database.query(`INSERT INTO actionlog (${columns}) SELECT ${values(0)} FROM seq_1_to_${Math.ceil(old / 10)}`);
  return database;
}

/** The numbers of the entries that stand. */
export async function standing(database: TestDatabase, where = '1'): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `SELECT CAST(alogid AS CHAR) AS id FROM actionlog WHERE ${where} ORDER BY alogid`,
  );
  return rows.map(({ id }) => id);
}

/** A directory for archives, gone after the test. */
export async function archiveFolder(t: { after(done: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'actionlog-archive-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Every line of every complete archive. */
export async function archivedLines(folder: string): Promise<Record<string, unknown>[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl.gz'));
  const texts = await Promise.all(names.map(async (name) => gunzipSync(await readFile(join(folder, name))).toString()));
  return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line));
}

export const archivedIds = async (folder: string) =>
  (await archivedLines(folder)).map(({ alogid }) => String(alogid)).sort((a, b) => Number(a) - Number(b));
