import { ActionlogError } from '../errors.ts';
import { charsetOf } from './charset.ts';
import { leaseTableOf, leaseTableSql } from './lease.ts';
import type { MigrationStep } from './migration-step.ts';
import { revokedTableOf, revokedTableSql } from './revoked.ts';
import { columnDefinition, schemaSql } from './schema.ts';
import { checkColumns } from './shape-check.ts';
import { quoteName } from './sql.ts';
import type { SqliteLink } from './sqlite-database.ts';
import type { StoreNeeds } from './store.ts';
import { addedColumns, type IdColumn, type TableShape } from './table-shape.ts';
import { traceTableOf, traceTableSql } from './trace-table.ts';

/** A table in a SQLite file, under the names that the options give. */
export interface SqliteTable {
  table: string;
  tenantColumn: string;
}

interface SqliteColumn {
  name: string;
  type: string;
  notNull: boolean;
  hasDefault: boolean;
  key: boolean;
}

async function readColumns(link: SqliteLink, table: string): Promise<SqliteColumn[]> {
  const rows = await link.all(`PRAGMA table_info(${quoteName(table, 'table')})`);
  return rows.map((row) => ({
    name: String(row['name']),
    type: String(row['type']),
    notNull: Number(row['notnull']) === 1,
    hasDefault: row['dflt_value'] !== null,
    key: Number(row['pk']) > 0,
  }));
}

/** What there is to do for a table of ours: all of it, or the columns that Gyroscope's SQLite table has not. */
export async function sqliteSteps(link: SqliteLink, table: SqliteTable): Promise<MigrationStep[]> {
  const lease = leaseTableOf(table.table);
  const hasLease = (await readColumns(link, lease)).length > 0;
  const leaseStep = { what: `create table ${lease}`, sql: leaseTableSql(quoteName(lease, 'table')) };
  const revoked = revokedTableOf(table.table);
  const hasRevoked = (await readColumns(link, revoked)).length > 0;
  const revokedSql = revokedTableSql(quoteName(revoked, 'table'), 'blob');
  const trace = traceTableOf(table.table);
  const hasTrace = (await readColumns(link, trace)).length > 0;
  const [traceSql = '', ...traceIndexes] = traceTableSql(quoteName(trace, 'table'), 'sqlite');
  const traceSteps = [
    { what: `create table ${trace}`, sql: traceSql },
    ...traceIndexes.map((sql) => ({ what: `index table ${trace}`, sql })),
  ];
  return [
    ...(await logSteps(link, table)),
    ...(hasLease ? [] : [leaseStep]),
    ...(hasRevoked ? [] : [{ what: `create table ${revoked}`, sql: revokedSql }]),
    ...(hasTrace ? [] : traceSteps),
  ];
}

async function logSteps(link: SqliteLink, names: SqliteTable): Promise<MigrationStep[]> {
  const { table, tenantColumn } = names;
  const columns = await readColumns(link, table);
  const quoted = quoteName(table, 'table');
  if (columns.length === 0) {
    const index = (column: string) =>
      `CREATE INDEX IF NOT EXISTS ${quoteName(`${table.slice(0, 40)}_${column === tenantColumn ? 'gsid' : column}`, 'table')} ON ${quoted} (${quoteName(column, 'tenantColumn')})`;
    return [
      { what: `create table ${table}`, sql: schemaSql('sqlite', quoted, tenantColumn) },
      ...['logdate', 'userid', 'wssdone', 'bulldozed', tenantColumn, 'recid', 'recref'].map((column) => ({
        what: `create the index on ${column}`,
        sql: index(column),
      })),
      ...(await announcedIndexSteps(link, names)),
    ];
  }
  const known = new Set(columns.map(({ name }) => name.toLowerCase()));
  const missing = ['bulldozed', ...addedColumns].filter((name) => !known.has(name));
  return [
    ...missing.map((name) => ({
      what: `add column ${name} to table ${table}`,
      sql: `ALTER TABLE ${quoted} ADD COLUMN ${columnDefinition('sqlite', name)}`,
    })),
    // a table without that column is none of ours: whoever opens it is told so
    ...(known.has(tenantColumn.toLowerCase()) ? await announcedIndexSteps(link, names) : []),
  ];
}

/** The index by which a page finds what it missed. */
async function announcedIndexSteps(link: SqliteLink, { table, tenantColumn }: SqliteTable): Promise<MigrationStep[]> {
  const name = `${table.slice(0, 40)}_announced`;
  const found = await link.all("SELECT name FROM sqlite_master WHERE type = 'index' AND name = ?", [name]);
  if (found.length > 0) return [];
  const columns = `${quoteName(tenantColumn, 'tenantColumn')}, announcedat`;
  const sql = `CREATE INDEX IF NOT EXISTS ${quoteName(name, 'table')} ON ${quoteName(table, 'table')} (${columns})`;
  return [{ what: `create the index on ${tenantColumn} with announcedat`, sql }];
}

/** Does the steps; one that another process was faster with counts as done. */
export async function doSqliteSteps(link: SqliteLink, steps: readonly MigrationStep[]): Promise<void> {
  for (const { sql } of steps) {
    try {
      await link.run(sql);
    } catch (error) {
      if (!/duplicate column name/i.test(String((error as Error).message))) throw error;
    }
  }
}

/**
 * What the store can do with the table.
 *
 * @throws ActionlogError `table-missing` or `table-unfit`
 */
export async function sqliteShape(
  link: SqliteLink,
  { table, tenantColumn }: SqliteTable,
  needs: StoreNeeds,
): Promise<TableShape> {
  const columns = await readColumns(link, table);
  const byName = new Map(columns.map((column) => [column.name.toLowerCase(), column]));
  return checkColumns({
    table,
    tenantColumn,
    needs,
    found: columns.length > 0,
    columns: (name) => {
      const column = byName.get(name.toLowerCase());
      if (!column) return undefined;
      return {
        type: column.type || 'without a type',
        nullable: !column.notNull,
        exact: true, // SQLite compares bytes, but where a column says COLLATE, which no edition of the table does
        fit: fitOf(column.type, name),
      };
    },
    numbersRows: (name) => byName.get(name)?.key === true && /^integer$/i.test(byName.get(name)?.type ?? ''),
    fills: columns.filter((column) => column.notNull && !column.hasDefault && !column.key).map(({ name }) => name),
  });
}

/**
 * A column by SQLite's rules of affinity. Texts have the limits of the MySQL schema, though SQLite has none: so what was
 * written during development reads the same as in production.
 */
function fitOf(type: string, name: string): IdColumn | undefined {
  if (/int/i.test(type)) return { kind: 'integer', type, min: -(2n ** 63n), max: 2n ** 63n - 1n };
  if (!/char|clob|text/i.test(type)) return undefined;
  const long = name === 'rawobj' || name === 'extra';
  const most = long ? 65_535 : name === 'correlation' ? 64 : 255;
  return {
    kind: 'text',
    type,
    maxChars: most,
    maxBytes: long ? most : 4 * most,
    charset: charsetOf('sqlite'),
    trims: false,
  };
}

/** Refuses what names a server: libsql would open a connection to it. */
export function refuseRemoteFile(file: string): void {
  if (file === '' || /^[a-z]+:\/\//i.test(file) || file.includes('\0')) {
    throw new TypeError('file: expected the path of a file, or ":memory:"');
  }
}

/** Wraps what a statement on a SQLite file threw. */
export function sqliteFailure(cause: unknown, what: string): ActionlogError {
  if (cause instanceof ActionlogError) return cause;
  return new ActionlogError('database-unreachable', `${what}; see the cause`, { cause });
}
