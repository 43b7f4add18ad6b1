import { existsSync } from 'node:fs';
import { z } from 'zod';
import { ActionlogError } from '../errors.ts';
import { parseOptions } from '../options.ts';
import { fullTextSteps } from './full-text.ts';
import { type LargeIndexes, largeIndexSteps } from './large-indexes.ts';
import type { MigrationStep } from './migration-step.ts';
import { linkMysql, type MysqlDatabase } from './mysql-database.ts';
import { doMysqlSteps, mysqlLeaseSteps, mysqlRevokedSteps, mysqlSteps, mysqlTraceSteps } from './mysql-migrate.ts';
import { parseTableName } from './mysql-sql.ts';
import { sqliteFile } from './open-store.ts';
import { quoteName } from './sql.ts';
import { SqliteLink } from './sqlite-database.ts';
import {
  doSqliteSteps,
  refuseRemoteFile,
  type SqliteTable,
  sqliteFailure,
  sqliteShape,
  sqliteSteps,
} from './sqlite-table.ts';

export type { MigrationStep } from './migration-step.ts';

/** Options of {@link migrate}. */
export interface MigrateOptions {
  /** `mysql://…`, a mysql2 pool or connection (not closed), or `sqlite:file`. */
  database: string | MysqlDatabase;
  /** Default `actionlog`. */
  table?: string | undefined;
  /** Name of the tenant column. Default `gsid`. */
  tenantColumn?: string | undefined;
  /**
   * Type of the tenant, user and record ids in MySQL: `bigint` (default), or `text` for UUIDs and names. A table that
   * has text stays as it is. SQLite has text always.
   */
  ids?: 'bigint' | 'text' | undefined;
  /**
   * `lease`: only the small table by which servers agree who announces, and the log's table is left as it is: enough for
   * a polling server on a table of Gyroscope's. Default: all that there is to do.
   */
  only?: 'lease' | undefined;
  /**
   * Indexes for a table of millions of entries, in MySQL and MariaDB; the table must be there, and nothing else of it is
   * touched. `large` adds four, `large-only` also drops those of one column that they stand in for (`userid`, `recid`,
   * and `bulldozed`, which nothing here asks for). `text`: a full-text index, for words in `history`, which writers wait
   * for while it is made. Default: the indexes of the schema.
   */
  indexes?: 'large' | 'large-only' | 'text' | undefined;
  /** Only says what there is to do. Default: no. */
  dryRun?: boolean | undefined;
}

const schema = z.strictObject({
  database: z.custom<string | MysqlDatabase>(
    (value) => (typeof value === 'object' && value !== null) || typeof value === 'string',
    'an address such as "mysql://app@127.0.0.1/erp" or "sqlite:./actionlog.db", or a mysql2 pool or connection',
  ),
  table: z.string().default('actionlog'),
  tenantColumn: z.string().default('gsid'),
  ids: z.enum(['bigint', 'text']).default('bigint'),
  only: z.literal('lease').optional(),
  indexes: z.enum(['large', 'large-only', 'text'] satisfies (LargeIndexes | 'text')[]).optional(),
  dryRun: z.boolean().default(false),
});

/**
 * Creates the action log's table, or adds to a live Gyroscope table what it lacks, without touching its rows. Nothing is
 * dropped or narrowed, and a second run finds nothing to do.
 *
 * @returns the steps, in the order in which they were done; none where there was nothing to do
 * @throws TypeError where an option is wrong
 * @throws ActionlogError `database-unreachable`; `table-unfit` where the table is to be left alone; `driver-missing`
 */
export async function migrate(options: MigrateOptions): Promise<MigrationStep[]> {
  const { database, table, tenantColumn, ids, only, indexes, dryRun } = parseOptions(schema, options, 'migrate');
  quoteName(tenantColumn, 'tenantColumn');
  const file = sqliteFile(database);
  if (indexes !== undefined && (file !== undefined || only !== undefined)) {
    throw new TypeError('migrate: option "indexes": expected a database of MySQL or MariaDB, and no option "only"');
  }
  if (file !== undefined) return await migrateSqlite(file, { table, tenantColumn }, dryRun);
  const name = parseTableName(table);
  const link = linkMysql(database, name.schema === undefined);
  try {
    if (indexes !== undefined) {
      const steps =
        indexes === 'text'
          ? await fullTextSteps(link, name, tenantColumn)
          : await largeIndexSteps(link, name, tenantColumn, indexes);
      if (!dryRun) await doMysqlSteps(link, steps);
      return steps;
    }
    const steps = [
      ...(only === 'lease' ? [] : await mysqlSteps(link, { table: name, tenantColumn, ids })),
      ...(await mysqlLeaseSteps(link, name)),
      ...(only === 'lease' ? [] : await mysqlRevokedSteps(link, name)),
      ...(only === 'lease' ? [] : await mysqlTraceSteps(link, name)),
    ];
    if (!dryRun) await doMysqlSteps(link, steps);
    return steps;
  } catch (cause) {
    if (cause instanceof ActionlogError) throw cause;
    const message = `table ${table} could not be changed; what was done before stays done, and a second run goes on; see the cause`;
    throw new ActionlogError('database-unreachable', message, { cause, fields: { table } });
  } finally {
    await link.close();
  }
}

async function migrateSqlite(file: string, table: SqliteTable, dryRun: boolean): Promise<MigrationStep[]> {
  refuseRemoteFile(file);
  quoteName(table.table, 'table');
  // a dry run must not leave a file behind
  const link = await SqliteLink.open(dryRun && !existsSync(file) ? ':memory:' : file);
  try {
    const steps = await sqliteSteps(link, table);
    const creates = steps.some(({ what }) => what === `create table ${table.table}`);
    if (!creates) await sqliteShape(link, table, { rawobjStyle: 'json', rebuildsEvents: false });
    if (!dryRun) await doSqliteSteps(link, steps);
    return steps;
  } catch (cause) {
    throw sqliteFailure(cause, `table ${table.table} could not be changed in the SQLite file ${file}`);
  } finally {
    link.close();
  }
}
