import { ActionlogError } from '../errors.ts';
import { migrateCommand } from './migrate-command.ts';
import type { MigrationStep } from './migration-step.ts';
import type { MysqlLink } from './mysql-database.ts';
import { readColumns } from './mysql-shape.ts';
import { type TableName, textLiteral } from './mysql-sql.ts';
import { quoteName } from './sql.ts';

/**
 * Indexes for a large table. `large`: those by which a tenant's entries of a user, of a record and of a time are found
 * without walking through anybody else's. `large-only`: and without those that they stand in for.
 */
export type LargeIndexes = 'large' | 'large-only';

interface TableIndex {
  name: string;
  columns: string[];
  /** Whether it has the columns whole, not their beginnings, and refuses nothing. */
  plain: boolean;
}

/**
 * What there is to do for them. All that is added is added by one statement, which reads the table once, and the server
 * refuses it rather than lock out writers.
 *
 * @throws ActionlogError `table-missing`
 */
export async function largeIndexSteps(
  link: MysqlLink,
  table: TableName,
  tenantColumn: string,
  indexes: LargeIndexes,
): Promise<MigrationStep[]> {
  const engine = await engineOf(link, table, tenantColumn);
  const online = engine === 'innodb' ? ', ALGORITHM=INPLACE, LOCK=NONE' : '';
  const meanwhile = online === '' ? `; engine ${engine} locks out writers meanwhile` : ', while others write';
  const found = await readIndexes(link, table);
  const correlated = (await readColumns(link, table)).some(({ name }) => name.toLowerCase() === 'correlation');
  // whole columns, so that the entries of an index stand in the order of alogid, and a page of history is read off it
  const wanted = [
    { name: 'tenant_user', columns: [tenantColumn, 'userid'] },
    { name: 'tenant_record', columns: [tenantColumn, 'recid', 'rectype'] },
    { name: 'tenant_time', columns: [tenantColumn, 'logdate'] },
    ...(correlated ? [{ name: 'tenant_correlation', columns: [tenantColumn, 'correlation'] }] : []),
  ].filter(({ columns }) => !found.some((index) => index.plain && isFor(index.columns, columns)));
  const steps: MigrationStep[] = [];
  if (wanted.length > 0) {
    const adds = wanted.map(({ name, columns }) => {
      const free = freeName(name, found);
      return `ADD INDEX ${free} (${columns.map((column) => quoteName(column, 'tenantColumn')).join(', ')})`;
    });
    const what = wanted.map(({ columns }) => `(${columns.join(', ')})`).join(', ');
    steps.push({
      what: `index ${what} of table ${table.name}${meanwhile}`,
      sql: `ALTER TABLE ${table.quoted} ${adds.join(', ')}${online}`,
    });
  }
  const replaced = found.filter(
    ({ columns, plain }) =>
      plain && columns.length === 1 && ['userid', 'recid', 'bulldozed'].includes(columns[0]?.toLowerCase() ?? ''),
  );
  if (indexes === 'large-only' && replaced.length > 0) {
    const names = replaced.map(({ name }) => name);
    steps.push({
      what: `drop index ${names.join(', ')} of table ${table.name}, which nothing of the action log asks for any more`,
      sql: `ALTER TABLE ${table.quoted} ${names.map((name) => `DROP INDEX ${quoteName(name, 'table')}`).join(', ')}${online}`,
    });
  }
  return steps;
}

/** Whether an index has these columns, and no others that would put its entries into another order. */
function isFor(columns: readonly string[], wanted: readonly string[]): boolean {
  const lower = columns.map((column) => column.toLowerCase());
  return [wanted, [...wanted, 'alogid']].some((names) => names.join('\0').toLowerCase() === lower.join('\0'));
}

function freeName(name: string, found: readonly TableIndex[]): string {
  const taken = new Set(found.map((index) => index.name.toLowerCase()));
  let free = name;
  for (let n = 2; taken.has(free); n += 1) free = `${name}_${n}`;
  return free;
}

/** The condition that finds a table in the server's catalogue. */
export const ofTable = ({ schema, table }: TableName) =>
  `table_schema = ${schema === undefined ? 'DATABASE()' : textLiteral(schema)} AND table_name = ${textLiteral(table)}`;

/**
 * The engine that keeps a table, in small letters.
 *
 * @throws ActionlogError `table-missing`
 */
export async function engineOf(link: MysqlLink, table: TableName, tenantColumn: string): Promise<string> {
  const [row] = await link.query(`SELECT engine AS engine FROM information_schema.tables WHERE ${ofTable(table)}`);
  if (row) return String(row['engine']).toLowerCase();
  const message = `there is no table ${table.name} yet; first run: ${migrateCommand(table.name, tenantColumn)}`;
  throw new ActionlogError('table-missing', message, { fields: { table: table.name } });
}

async function readIndexes(link: MysqlLink, table: TableName): Promise<TableIndex[]> {
  const rows =
    await link.query(`SELECT index_name AS name, column_name AS part, sub_part AS cut, non_unique AS plain, index_type AS kind
FROM information_schema.statistics WHERE ${ofTable(table)} ORDER BY index_name, seq_in_index`);
  const indexes = new Map<string, TableIndex>();
  for (const row of rows) {
    const name = String(row['name']);
    const index = indexes.get(name) ?? { name, columns: [], plain: true };
    index.columns.push(String(row['part']));
    index.plain &&= row['cut'] === null && Number(row['plain']) === 1 && String(row['kind']) === 'BTREE';
    indexes.set(name, index);
  }
  return [...indexes.values()];
}
