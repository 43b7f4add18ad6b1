import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { prune } from '../../../lib/action/prune/prune.ts';
import { dayMs, oldEntries, standing } from './old-entries.ts';

test('no writer ever waits for a lock of prune for a second, and nothing new is deleted', async (t) => {
  await using database = await oldEntries(50_000);
  const before = (await standing(database)).length;
  const writers = await Promise.all(Array.from({ length: 4 }, () => createConnection(database.url)));
  t.after(() => Promise.all(writers.map((writer) => writer.end())));
  let pruning = true;
  const written = writers.map(async (writer) => {
    await writer.query('SET SESSION innodb_lock_wait_timeout = 1');
    let count = 0;
    while (pruning) {
      await writer.query("INSERT INTO actionlog (gsid, userid, logdate, rectype) VALUES (2, 1, UNIX_TIMESTAMP(), 'x')");
      await writer.query('UPDATE actionlog SET wssdone = 1 WHERE alogid = LAST_INSERT_ID()');
      count += 1;
    }
    return count;
  });
  const pruned = prune({ database: database.url, olderThanMs: 400 * dayMs }).finally(() => {
    pruning = false;
  });
  const counts = await Promise.all(written);
  assert.equal((await pruned).deleted, 50_000);
  assert.ok(counts.every((count) => count > 0));
  const added = counts.reduce((sum, count) => sum + count, 0);
  assert.equal((await standing(database)).length, before - 50_000 + added);
  assert.equal((await standing(database, "rectype = 'x' AND wssdone = 1")).length, added);
});
