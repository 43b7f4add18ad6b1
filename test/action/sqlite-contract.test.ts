import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteLink } from '../../lib/action/sqlite-database.ts';
import { sqliteStore } from '../../lib/action/sqlite-store.ts';
import type { CallerConnection } from '../../lib/action/store.ts';
import type { WriterBounds } from '../../lib/action/writer-bounds.ts';
import { storeContract } from './store-contract.ts';
import { type TogetherSubject, togetherContract } from './together-contract.ts';

async function sqliteSubject(writer?: WriterBounds): Promise<TogetherSubject> {
  const folder = await mkdtemp(join(tmpdir(), 'actionlog-sqlite-'));
  const file = join(folder, 'actionlog.db');
  const store = sqliteStore({ file, writer });
  const beside = await SqliteLink.open(file);
  const rowsOf = async (table: string) =>
    (await beside.all(`SELECT * FROM ${table} ORDER BY rowid`)).map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])),
    );
  const trigger = (table: string, condition: string) =>
    beside.run(
      `CREATE TRIGGER refuses_${table} BEFORE INSERT ON ${table} WHEN ${condition} BEGIN SELECT RAISE(ABORT, 'refused'); END`,
    );
  return {
    store,
    rows: () => rowsOf('actionlog'),
    traces: () => rowsOf('actionlog_trace'),
    refuses: (logmessage) => trigger('actionlog', `NEW.logmessage = '${logmessage}'`),
    refusesTrace: (field) => trigger('actionlog_trace', `NEW.field = '${field}'`),
    dropTrace: () => beside.run('DROP TABLE actionlog_trace'),
    rolledBack: async (write) => {
      const connection: CallerConnection = async (sql, params) => ({ insertId: await beside.insert(sql, params) });
      await beside.run('BEGIN');
      const entry = await write(connection);
      await beside.run('ROLLBACK');
      return entry;
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      beside.close();
      await rm(folder, { recursive: true });
    },
  };
}

storeContract('sqliteStore', sqliteSubject, { ids: 'text', added: true, style: 'json' });

togetherContract('sqliteStore', sqliteSubject);
