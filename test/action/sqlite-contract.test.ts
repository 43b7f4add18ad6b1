import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteLink } from '../../lib/action/sqlite-database.ts';
import { sqliteStore } from '../../lib/action/sqlite-store.ts';
import type { CallerConnection } from '../../lib/action/store.ts';
import type { WriterBounds } from '../../lib/action/writer-bounds.ts';
import { type Subject, storeContract } from './store-contract.ts';

async function sqliteSubject(writer?: WriterBounds): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'actionlog-sqlite-'));
  const file = join(folder, 'actionlog.db');
  const store = sqliteStore({ file, writer });
  const beside = await SqliteLink.open(file);
  return {
    store,
    rows: async () => {
      const rows = await beside.all('SELECT * FROM actionlog ORDER BY alogid');
      return rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])),
      );
    },
    refuses: async (logmessage) => {
      await beside.run(
        `CREATE TRIGGER refuses BEFORE INSERT ON actionlog WHEN NEW.logmessage = '${logmessage}' BEGIN SELECT RAISE(ABORT, 'refused'); END`,
      );
    },
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
