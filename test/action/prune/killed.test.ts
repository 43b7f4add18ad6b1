import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { prune } from '../../../lib/action/prune/prune.ts';
import type { TestDatabase } from '../../support/mariadb.ts';
import { archivedIds, archivedLines, archiveFolder, dayMs, oldEntries, standing } from './old-entries.ts';

const points = [
  { where: 'in the middle of the first archive', at: '^SELECT CAST.e.alogid', turn: 1, archives: 0, after: true },
  { where: 'in the middle of the second archive', at: '^SELECT CAST.e.alogid', turn: 7, archives: 1 },
  { where: 'between an archive and its first deletion', at: '^DELETE FROM `actionlog`', turn: 11, archives: 2 },
  { where: 'between the side table and the log', at: '^DELETE FROM `actionlog`', turn: 15, archives: 2 },
  { where: 'after a deletion', at: '^DELETE FROM `actionlog`', turn: 15, archives: 2, after: true },
  { where: 'after the last deletion', at: '^DELETE FROM `actionlog`', turn: 30, archives: 3, after: true },
];

describe('prune, killed by SIGKILL and run again', () => {
  for (const { where, at, turn, archives, after } of points) {
    it(`${where}: nothing is lost, nothing archived twice`, async (t) => {
      await using database = await oldEntries(3000);
      await database.query(
        'CREATE OR REPLACE TABLE actionlog_trace (alogid bigint unsigned, trace text, KEY alogid (alogid))',
      );
      await database.query("INSERT INTO actionlog_trace SELECT alogid, 'one' FROM actionlog");
      const archive = await archiveFolder(t);
      const all = await standing(database);
      const young = await standing(database, 'logdate >= UNIX_TIMESTAMP() - 86400');

      await killedRun(database, archive, { at, turn, after });
      assert.equal((await readdir(archive)).filter((name) => name.endsWith('.gz')).length, archives);
      const archived = await archivedIds(archive);
      assert.deepEqual(union(archived, await standing(database)), all, 'what is deleted is in a complete archive');
      assert.equal(new Set(archived).size, archived.length);

      const result = await prune({
        database: database.url,
        ...{ olderThanMs: 400 * dayMs, archive, archiveRows: 1000, batch: 100, leaseMs: 1000 },
      });
      assert.equal(result.archived, 3000 - archived.length);
      assert.deepEqual(await archivedIds(archive), all.slice(0, 3000), 'each is archived once');
      assert.deepEqual(await standing(database), young);
      assert.ok((await archivedLines(archive)).every(({ _trace }) => JSON.stringify(_trace).includes('"one"')));
      assert.equal((await database.query('SELECT 1 FROM actionlog_trace')).length, young.length);
      assert.deepEqual(
        (await readdir(archive)).filter((name) => name.endsWith('.part')),
        [],
      );
    });
  }
});

async function killedRun(
  database: TestDatabase,
  archive: string,
  { at, turn, after }: { at: string; turn: number; after?: boolean | undefined },
): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('./child.ts', import.meta.url))], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      ...{ PRUNE_DATABASE: database.url, PRUNE_ARCHIVE: archive, PRUNE_DIE_AT: at, PRUNE_TURN: String(turn) },
      ...(after ? { PRUNE_DIE: 'after' } : {}),
    },
  });
  const [, signal] = await once(child, 'exit');
  assert.equal(signal, 'SIGKILL');
}

function union(one: readonly string[], other: readonly string[]): string[] {
  return [...new Set([...one, ...other])].sort((a, b) => Number(a) - Number(b));
}
