import { type MysqlDatabase, mysqlStore } from './mysql-store.ts';
import { sqliteStore } from './sqlite-store.ts';
import type { ActionStore } from './store.ts';
import type { WriterBounds } from './writer-bounds.ts';

/** What a store that is opened here is told. */
export interface StoreSettings {
  table?: string | undefined;
  tenantColumn?: string | undefined;
  writer?: WriterBounds | undefined;
}

/**
 * The store of a `database` option: an address, a mysql2 pool or connection, or a store as it is.
 *
 * @throws TypeError where it is none of these; never with an address's password in it
 */
export function storeFrom(database: string | MysqlDatabase | ActionStore, settings: StoreSettings = {}): ActionStore {
  const { table, tenantColumn, writer } = settings;
  if (isStore(database)) return database;
  const file = sqliteFile(database);
  if (file !== undefined) return sqliteStore({ file, table, tenantColumn, writer });
  const scheme = typeof database === 'string' ? /^(mysql|mariadb):/i.test(database) : isMysql(database);
  if (scheme) return mysqlStore({ database, table, tenantColumn, writer });
  throw new TypeError(
    'database: expected an address such as "mysql://app@127.0.0.1/erp" or "sqlite:./actionlog.db", a mysql2 pool or connection, or a store',
  );
}

/** The file of an address such as `sqlite:./actionlog.db`, `sqlite:///srv/actionlog.db` or `sqlite::memory:`. */
export function sqliteFile(database: unknown): string | undefined {
  if (typeof database !== 'string' || !/^sqlite:/i.test(database)) return undefined;
  return database.slice('sqlite:'.length).replace(/^\/\//, '');
}

function isStore(value: unknown): value is ActionStore {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['write', 'markAnnounced'].every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  );
}

function isMysql(value: unknown): value is MysqlDatabase {
  return typeof value === 'object' && value !== null && typeof (value as { execute?: unknown }).execute === 'function';
}
