import { createConnection } from 'mysql2/promise';
import { migrate } from '../../lib/action/migrate.ts';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import type { WriterBounds } from '../../lib/action/writer-bounds.ts';
import { createDatabase } from '../support/mariadb.ts';
import type { Subject } from './store-contract.ts';

/** A MySQL store on an address, over the table that the statement creates. */
export async function mysqlSubject(createTable: string, writer?: WriterBounds): Promise<Subject> {
  const database = await createDatabase();
  await database.query(createTable);
  await migrate({ database: database.url, only: 'lease' });
  const store = mysqlStore({ database: database.url, writer });
  return {
    store,
    rows: async () => {
      const rows = await database.query('SELECT * FROM actionlog ORDER BY alogid');
      return rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])),
      );
    },
    refuses: async (logmessage) => {
      await database.query(`CREATE TRIGGER refuses BEFORE INSERT ON actionlog FOR EACH ROW
        IF NEW.logmessage = '${logmessage}' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused'; END IF`);
    },
    rolledBack: async (write) => {
      const connection = await createConnection(database.url);
      try {
        await connection.beginTransaction();
        const entry = await write(connection);
        await connection.rollback();
        return entry;
      } finally {
        await connection.end();
      }
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}
