import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { changes, changesOf } from '../../lib/action/changes.ts';
import { migrate } from '../../lib/action/migrate.ts';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import { SqliteLink } from '../../lib/action/sqlite-database.ts';
import { sqliteStore } from '../../lib/action/sqlite-store.ts';
import { createDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';

const names = { table: 'audit', tenantColumn: 'tenant' };
const sides = ['audit_trace', 'audit_revoked', 'audit_lease'];

async function mysql(t: TestContext) {
  const database = await createDatabase();
  await migrate({ database: database.url, ...names });
  const store = mysqlStore({ database: database.url, ...names });
  t.after(async () => {
    await store.close();
    await database[Symbol.asyncDispose]();
  });
  return { store, drop: (table: string) => database.query(`DROP TABLE ${table}`) };
}

async function sqlite(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'actionlog-remedies-'));
  const file = join(folder, 'actionlog.db');
  const store = sqliteStore({ file, ...names });
  const link = await SqliteLink.open(file);
  t.after(async () => {
    link.close();
    await store.close();
    await rm(folder, { recursive: true });
  });
  return { store, drop: (table: string) => link.run(`DROP TABLE ${table}`) };
}

for (const [name, make] of Object.entries({ mysql, sqlite })) {
  test(`${name}: where a table beside the log's is missing, the command names the log's own table`, async (t) => {
    const { store, drop } = await make(t);
    await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    for (const side of sides) await drop(side);
    const message =
      /run: npx express-actionlog migrate --table audit --tenant-column tenant <address of the database>$/;
    const traced = newEntry({ trace: changesOf(changes(null, { price: 12 })) });
    await assert.rejects(store.write(traced), { code: 'table-missing', message });
    await assert.rejects(store.revoked.keep({ gsid: '3', userid: '42', at: 1 }), { code: 'table-missing', message });
    await assert.rejects(store.takeLease('one', 1000), { code: 'lease-missing', message });
    const { connection, rollback } = await store.begin();
    await assert.rejects(store.write(traced, connection), { code: 'table-missing', message });
    await rollback();
  });
}
