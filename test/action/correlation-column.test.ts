import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '../../lib/action/migrate.ts';
import { createDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';
import { openStore } from './mysql-pools.ts';

const tables = {
  'without the column': 'ALTER TABLE actionlog DROP COLUMN correlation',
  'with somebody else’s column of that name': 'ALTER TABLE actionlog MODIFY COLUMN correlation int NOT NULL DEFAULT 7',
};

for (const [name, sql] of Object.entries(tables)) {
  test(`a table ${name} is used as ever, and the correlation is left out`, async (t) => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    await database.query(sql);
    const store = await openStore(t, database.url);
    const written = await store.write(newEntry({ correlation: 'req-1' }));
    assert.equal(written.correlation, null);
    assert.deepEqual(await store.history({ gsid: 3 }), [written]);
    const steps = await migrate({ database: database.url });
    assert.equal(steps.length, name.startsWith('without') ? 1 : 0);
  });
}

test('it is kept to the letter, and cut at the end of its column', async (t) => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  const store = await openStore(t, database.url);
  for (const [given, expected] of [
    ['Req-é😀', 'Req-é😀'],
    ['x'.repeat(64), 'x'.repeat(64)],
    ['x'.repeat(65), `${'x'.repeat(63)}…`],
  ]) {
    const written = await store.write(newEntry({ correlation: given ?? null }));
    assert.equal(written.correlation, expected);
    assert.deepEqual((await store.history({ gsid: 3, limit: 1 }))[0], written);
  }
});
