import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPool } from 'mysql2/promise';
import { migrate } from '../../lib/action/migrate.ts';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import type { ActionlogError } from '../../lib/errors.ts';
import { createDatabase, type TestDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';
import { type HistoryContractOptions, historyContract } from './history-contract.ts';
import { openStore } from './mysql-pools.ts';
import { gyroscopeTable } from './tables.ts';

function contract(
  title: string,
  prepare: (database: TestDatabase) => Promise<unknown>,
  options: HistoryContractOptions,
  charset?: string,
): void {
  const make = async () => {
    const database = await createDatabase();
    await prepare(database);
    const pool = charset === undefined ? undefined : createPool({ uri: database.url, charset });
    const store = mysqlStore({ database: pool ?? database.url });
    return {
      store,
      async [Symbol.asyncDispose]() {
        await store.close();
        await pool?.end();
        await database[Symbol.asyncDispose]();
      },
    };
  };
  historyContract(title, make, options);
}

const ours = { style: 'json', added: true, unicode: true, traces: true } as const;
contract('mysqlStore on its own table', ({ url }) => migrate({ database: url }), ours);
contract('mysqlStore with text ids', ({ url }) => migrate({ database: url, ids: 'text' }), ours);
contract('mysqlStore on a pool that speaks latin1', ({ url }) => migrate({ database: url }), ours, 'latin1_swedish_ci');
contract(
  'mysqlStore with a full-text index',
  async ({ url }) => {
    await migrate({ database: url });
    await migrate({ database: url, indexes: 'text' });
  },
  ours,
);

const theirs = { added: false, traces: false } as const;
contract("mysqlStore on Gyroscope's table, as PHP writes", ({ query }) => query(gyroscopeTable()), {
  ...theirs,
  style: 'php',
  unicode: true,
});
contract(
  "mysqlStore on Gyroscope's table in latin1, with a full-text index",
  async ({ query, url }) => {
    await query(gyroscopeTable('latin1'));
    await migrate({ database: url, indexes: 'text' });
  },
  { ...theirs, style: 'json', unicode: false },
);

it('says what to do where there is no table of changed columns, and never asks for it otherwise', async (t) => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  await database.query('DROP TABLE actionlog_trace');
  const store = await openStore(t, database.url);
  await store.write(newEntry());
  assert.equal((await store.history({ gsid: 3, text: 'product', raw: { productid: 12 } })).length, 1);
  const record = { rectype: 'product', recid: '12' };
  for (const asked of [
    () => store.history({ gsid: 3, trace: { field: 'price', below: 10 } }),
    () => store.traced({ gsid: 3, alogids: ['1'] }),
    () => store.traced({ gsid: 3, ...record }),
    () => store.traced({ gsid: 3, ...record, at: 1 }),
  ]) {
    await assert.rejects(asked, (error: ActionlogError) => {
      assert.equal(error.code, 'table-missing');
      assert.match(error.message, /actionlog_trace.*npx express-actionlog migrate/);
      return true;
    });
  }
  await migrate({ database: database.url });
  assert.deepEqual(await store.traced({ gsid: 3, alogids: ['1'] }), []);
});
