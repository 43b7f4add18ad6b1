import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { prune } from '../../../lib/action/prune/prune.ts';
import { sideBatches } from '../../../lib/action/prune/side-batches.ts';
import { archivedLines, archiveFolder, dayMs, oldEntries } from './old-entries.ts';

test('entries are shared out by their rows in the side table', () => {
  const counts = (...rows: number[]) => rows.map((count, index) => [String(index), count] as const);
  assert.deepEqual(sideBatches(counts()), []);
  assert.deepEqual(sideBatches(counts(1, 1, 1)), [['0', '1', '2']]);
  assert.deepEqual(sideBatches(counts(3000, 3000, 2000, 9000, 1)), [['0'], ['1', '2'], ['3'], ['4']]);
});

test('changed columns go with their entries, into the archive and out of the table, few at a time', async (t) => {
  await using database = await oldEntries(40);
  await database.query(`INSERT INTO actionlog_trace (alogid, gsid, rectype, recid, field, logdate, newnum, newtext)
    SELECT alogid, gsid, 'product', recid, CONCAT('c', seq), logdate, seq, seq FROM actionlog, seq_1_to_400`);
  const connection = await createConnection(database.url);
  t.after(() => connection.end());
  const deletes: string[] = [];
  const watching = {
    query: (sql: string) => {
      if (sql.startsWith('DELETE FROM `actionlog_trace`')) deletes.push(sql);
      return connection.query(sql);
    },
    execute: (sql: string, params: (string | number | null)[]) => connection.execute(sql, params),
  };
  const archive = await archiveFolder(t);
  const { deleted } = await prune({ database: watching, olderThanMs: 400 * dayMs, archive });
  assert.deepEqual([deleted, deletes.length], [40, 4], '16,000 rows by 5,000 at most');
  const lines = await archivedLines(archive);
  const [traced] = lines.map((line) => line['_trace'] as Record<string, unknown>[]);
  assert.deepEqual([lines.length, traced?.length, traced?.[0]?.['field']], [40, 400, 'c1']);
  assert.equal((await database.query('SELECT 1 FROM actionlog_trace')).length, 4 * 400);
});
