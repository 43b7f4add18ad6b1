import { type Generated, Kysely, MysqlDialect, SqliteDialect } from 'kysely';
import Libsql from 'libsql';
import { createPool } from 'mysql2';
import type { Config } from './config.ts';
import { seed } from './seed.ts';

export interface UserTable {
  id: Generated<number>;
  gsid: number;
  login: string;
  dispname: string;
  /** As `hashPassword` made it. */
  password: string;
  /** Names joined by `|`. */
  groupnames: string;
}

export interface ProductTable {
  id: Generated<number>;
  gsid: number;
  name: string;
  /** In cents. */
  price: number;
  stock: number;
  notes: string;
  /** Grows by one with each change; a form that names an older one is in conflict. */
  version: number;
}

export interface Tables {
  sample_users: UserTable;
  sample_products: ProductTable;
}

export type Database = Kysely<Tables>;

/** Opens the app's own tables, and makes and fills them where they are missing. The caller ends it with `destroy()`. */
export async function openDatabase(config: Config['database']): Promise<Database> {
  const db = new Kysely<Tables>({ dialect: dialectOf(config) });
  try {
    await createTables(db);
    await seed(db);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

function dialectOf(config: Config['database']): SqliteDialect | MysqlDialect {
  if (config.kind === 'mysql') return new MysqlDialect({ pool: createPool({ uri: config.url, connectionLimit: 10 }) });
  const database = new Libsql(config.file);
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA busy_timeout = 2000');
  return new SqliteDialect({ database });
}

async function createTables(db: Database): Promise<void> {
  await db.schema
    .createTable('sample_users')
    .ifNotExists()
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('gsid', 'integer', (column) => column.notNull())
    .addColumn('login', 'varchar(64)', (column) => column.notNull().unique())
    .addColumn('dispname', 'varchar(100)', (column) => column.notNull())
    .addColumn('password', 'varchar(255)', (column) => column.notNull())
    .addColumn('groupnames', 'varchar(255)', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('sample_products')
    .ifNotExists()
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('gsid', 'integer', (column) => column.notNull())
    .addColumn('name', 'varchar(100)', (column) => column.notNull())
    .addColumn('price', 'integer', (column) => column.notNull())
    .addColumn('stock', 'integer', (column) => column.notNull())
    .addColumn('notes', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute();
}
