import { createConnection } from 'mysql2/promise';
import { migrate } from '../../lib/action/migrate.ts';
import { type MysqlDatabase, mysqlStore } from '../../lib/action/mysql-store.ts';
import type { WriterBounds } from '../../lib/action/writer-bounds.ts';
import { createDatabase, type TestDatabase } from '../support/mariadb.ts';
import type { Subject } from './store-contract.ts';
import type { TogetherSubject } from './together-contract.ts';

/** A MySQL store on an address, over the table that the statement creates. */
export async function mysqlSubject(createTable: string, writer?: WriterBounds): Promise<Subject> {
  const database = await createDatabase();
  await database.query(createTable);
  await migrate({ database: database.url, only: 'lease' });
  const store = mysqlStore({ database: database.url, writer });
  return {
    store,
    rows: () => rowsOf(database, 'actionlog', 'alogid'),
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

/** The same on our own table as `migrate` makes it, with all that stands beside it. */
export async function migratedSubject(database: TestDatabase, given: string | MysqlDatabase): Promise<TogetherSubject> {
  await migrate({ database: database.url, ids: 'text' });
  const store = mysqlStore({ database: given });
  const trigger = (table: string, condition: string) =>
    database.query(`CREATE TRIGGER refuses_${table} BEFORE INSERT ON ${table} FOR EACH ROW
      IF ${condition} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused'; END IF`);
  return {
    store,
    rows: () => rowsOf(database, 'actionlog', 'alogid'),
    traces: () => rowsOf(database, 'actionlog_trace', 'traceid'),
    refuses: async (logmessage) => {
      await trigger('actionlog', `NEW.logmessage = '${logmessage}'`);
    },
    refusesTrace: async (field) => {
      await trigger('actionlog_trace', `NEW.field = '${field}'`);
    },
    dropTrace: async () => {
      await database.query('DROP TABLE actionlog_trace');
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

/** All rows of a table, every value as text or null. */
async function rowsOf(database: TestDatabase, table: string, order: string) {
  const rows = await database.query(`SELECT * FROM ${table} ORDER BY ${order}`);
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])),
  );
}
