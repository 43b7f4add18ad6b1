import { leaseTableSql, mysqlLeaseTable } from './lease.ts';
import type { MigrationStep } from './migration-step.ts';
import type { MysqlLink } from './mysql-database.ts';
import { type MysqlColumn, mysqlShape, readColumns } from './mysql-shape.ts';
import { type TableName, textLiteral } from './mysql-sql.ts';
import { mysqlRevokedTable, revokedTableSql } from './revoked.ts';
import { columnDefinition, type IdType, idDefinitions, schemaSql } from './schema.ts';
import { quoteName } from './sql.ts';
import { addedColumns } from './table-shape.ts';
import { mysqlTraceTable, traceTableSql } from './trace-table.ts';

/** What {@link mysqlSteps} is told. */
export interface MysqlMigration {
  table: TableName;
  tenantColumn: string;
  ids: IdType;
}

/** What there is to do for the table of leases, which stands beside the log's. */
export async function mysqlLeaseSteps(link: MysqlLink, table: TableName): Promise<MigrationStep[]> {
  const { name, quoted, ...rest } = mysqlLeaseTable(table);
  const found = await readColumns(link, { name, quoted, ...rest });
  return found.length > 0 ? [] : [{ what: `create table ${name}`, sql: leaseTableSql(quoted) }];
}

/** What there is to do for the table of revocations, which stands beside the log's. */
export async function mysqlRevokedSteps(link: MysqlLink, table: TableName): Promise<MigrationStep[]> {
  const revoked = mysqlRevokedTable(table);
  const found = await readColumns(link, revoked);
  const sql = revokedTableSql(revoked.quoted, 'varbinary(764)');
  return found.length > 0 ? [] : [{ what: `create table ${revoked.name}`, sql }];
}

/** What there is to do for the table of changed columns, which stands beside the log's. */
export async function mysqlTraceSteps(link: MysqlLink, table: TableName): Promise<MigrationStep[]> {
  const trace = mysqlTraceTable(table);
  const found = await readColumns(link, trace);
  if (found.length > 0) return [];
  return traceTableSql(trace.quoted, 'mysql').map((sql) => ({ what: `create table ${trace.name}`, sql }));
}

/**
 * What there is to do for a table of ours: all of it, or what a live Gyroscope table lacks. Columns are added at the end
 * and may be null, which a server that can does without touching a row.
 *
 * @throws ActionlogError `database-unreachable`; `table-unfit` where the table is to be left alone
 */
export async function mysqlSteps(
  link: MysqlLink,
  { table, tenantColumn, ids }: MysqlMigration,
): Promise<MigrationStep[]> {
  const columns = await readColumns(link, table);
  if (columns.length === 0) {
    const sql = schemaSql('mysql', table.quoted, tenantColumn, ids);
    return [{ what: `create table ${table.name}`, sql }];
  }
  const toText = ids === 'text' ? columns.filter((column) => isInexactId(column, tenantColumn)) : [];
  const afterwards = columns.map((column) =>
    toText.includes(column) ? { ...column, collation: 'utf8mb4_bin' } : column,
  );
  mysqlShape(afterwards, table.name, tenantColumn, { rawobjStyle: 'json', rebuildsEvents: false });
  const has = (name: string) => columns.some((column) => column.name.toLowerCase() === name);
  const steps: MigrationStep[] = ['bulldozed', ...addedColumns]
    .filter((name) => !has(name))
    .map((name) => ({
      what: `add column ${name} to table ${table.name}`,
      sql: `ALTER TABLE ${table.quoted} ADD COLUMN ${columnDefinition('mysql', name)}`,
    }));
  const wanted = [
    ...(has('bulldozed') ? [] : ['bulldozed']),
    ...((await isIndexed(link, table, 'recref')) ? [] : ['recref']),
  ];
  for (const name of wanted) {
    const key = name === 'recref' ? 'recref(64)' : name;
    steps.push({
      what: `index column ${name} of table ${table.name}`,
      sql: `ALTER TABLE ${table.quoted} ADD INDEX ${name} (${key})`,
    });
  }
  if (!(await isIndexed(link, table, 'announcedat', 2))) {
    steps.push({
      what: `index column announcedat of table ${table.name}, within each tenant`,
      sql: `ALTER TABLE ${table.quoted} ADD INDEX announced (${quoteName(tenantColumn, 'tenantColumn')}, announcedat)`,
    });
  }
  if (toText.length > 0) {
    const names = toText.map(({ name }) => name).join(', ');
    steps.push({
      what: `make ${names} of table ${table.name} text, keeping the values`,
      sql: `ALTER TABLE ${table.quoted} ${toText.map(asText).join(', ')}`,
    });
  }
  return steps;
}

/** By which the server says that another process was faster. */
const doneBefore = new Set([
  'ER_DUP_FIELDNAME',
  'ER_DUP_KEYNAME',
  'ER_TABLE_EXISTS_ERROR',
  'ER_CANT_DROP_FIELD_OR_KEY',
]);

/** Does the steps; one that another process was faster with counts as done. */
export async function doMysqlSteps(link: MysqlLink, steps: readonly MigrationStep[]): Promise<void> {
  for (const { sql } of steps) {
    try {
      await link.query(sql);
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (!doneBefore.has(String(code))) throw error;
    }
  }
}

/** Whether an index has the column at that place, from 1. */
async function isIndexed(
  link: MysqlLink,
  { schema, table }: TableName,
  column: string,
  place: 1 | 2 = 1,
): Promise<boolean> {
  const rows = await link.query(`SELECT index_name AS name FROM information_schema.statistics
WHERE table_schema = ${schema === undefined ? 'DATABASE()' : textLiteral(schema)} AND table_name = ${textLiteral(table)}
  AND column_name = ${textLiteral(column)} AND seq_in_index = ${place}`);
  return rows.length > 0;
}

/** Whether it is an id's column that has numbers, or texts that are not compared character by character. */
function isInexactId({ name, dataType, collation }: MysqlColumn, tenantColumn: string): boolean {
  const id = [tenantColumn.toLowerCase(), 'userid', 'recid'].includes(name.toLowerCase());
  return id && (dataType.endsWith('int') || (collation !== '' && !collation.endsWith('bin')));
}

/** The same column with text in it; its being null and its default stay. */
function asText({ name, nullable, defaultText }: MysqlColumn): string {
  const column = quoteName(name, 'tenantColumn');
  const number = defaultText?.match(/^'?(-?\d+)'?$/)?.[1];
  const fallback = number === undefined ? '' : ` DEFAULT '${number}'`;
  return `MODIFY COLUMN ${column} ${idDefinitions.text} ${nullable ? 'NULL' : 'NOT NULL'}${fallback}`;
}
