import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryTable } from '../../lib/action/history-table.ts';
import { lastBefore } from '../../lib/action/waiting.ts';
import { migrate, mysqlStore } from '../../lib/index.ts';
import { createDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';

test('an entry that is committed while the last one before it is looked for stays above it', async () => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  const store = mysqlStore({ database: database.url });
  await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
  const now = 1_772_800_000;
  const table = { quoted: '`actionlog`', dialect: { readNumber: (column: string) => column } } as HistoryTable;
  const span = { from: (now - 3600) * 1000, until: now * 1000 };
  let before = '0';
  for (const young of [false, true]) {
    const transaction = await store.begin();
    const late = await store.write(newEntry({ logdate: now }), transaction.connection);
    if (young) await store.write(newEntry({ logdate: now }));
    let statements = 0;
    const found = await lastBefore(span, async (sqlOf) => {
      const rows = await database.query<{ alogid: unknown }>(sqlOf(table));
      statements += 1;
      if (statements === 1) await transaction.commit();
      return rows.map(({ alogid }) => ({ alogid: String(alogid) }));
    });
    assert.deepEqual([found, statements], [before, 2]);
    assert.ok(BigInt(late.alogid) > BigInt(found));
    await database.query('UPDATE actionlog SET logdate = logdate - 7200');
    [before] = (await database.query<{ alogid: unknown }>('SELECT MAX(alogid) AS alogid FROM actionlog')).map(
      ({ alogid }) => String(alogid),
    ) as [string];
  }
  await store.close();
});
