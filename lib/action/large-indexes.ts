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
  const { last, order } = orderOf(found, tenantColumn);
  const wanted = [
    ...order,
    { name: 'tenant_user', columns: [tenantColumn, 'userid', ...last] },
    { name: 'tenant_record', columns: [tenantColumn, 'recid', 'rectype', ...last] },
    { name: 'tenant_time', columns: [tenantColumn, 'logdate'] },
    ...(correlated ? [{ name: 'tenant_correlation', columns: [tenantColumn, 'correlation', ...last] }] : []),
  ].filter(({ columns }) => !found.some((index) => index.plain && isFor(index.columns, columns)));
  const steps: MigrationStep[] = [];
  if (wanted.length > 0) {
    // of our own, from before the table was divided
    const outOfOrder = found.filter((index) =>
      wanted.some(({ name, columns }) => name === index.name && same([...index.columns, ...last], columns)),
    );
    const others = found.filter((index) => !outOfOrder.includes(index));
    const changes = [
      ...outOfOrder.map(({ name }) => `DROP INDEX ${quoteName(name, 'table')}`),
      ...wanted.map(({ name, columns }) => {
        const parts = columns.map((column) => quoteName(column, 'tenantColumn')).join(', ');
        return `ADD INDEX ${freeName(name, others)} (${parts})`;
      }),
    ];
    const what = wanted.map(({ columns }) => `(${columns.join(', ')})`).join(', ');
    steps.push({
      what: `index ${what} of table ${table.name}${meanwhile}`,
      sql: `ALTER TABLE ${table.quoted} ${changes.join(', ')}${online}`,
    });
  }
  const stoodInFor = ['userid', 'recid', 'bulldozed', ...order.map(() => tenantColumn.toLowerCase())];
  const replaced = found.filter(
    ({ columns, plain }) => plain && columns.length === 1 && stoodInFor.includes(columns[0]?.toLowerCase() ?? ''),
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

/**
 * What keeps the entries of an index in the order of alogid, so that a page of history is read off it: whole columns, and
 * the primary key behind them. Where that is more than alogid, as on a table in partitions, the server knows of the order
 * only if the index names it, and a tenant's entries need an index for it as well.
 */
function orderOf(found: readonly TableIndex[], tenantColumn: string) {
  if (found.some(({ name, columns }) => name === 'PRIMARY' && same(columns, ['alogid'])))
    return { last: [], order: [] };
  return { last: ['alogid'], order: [{ name: 'tenant_order', columns: [tenantColumn, 'alogid'] }] };
}

function same(columns: readonly string[], wanted: readonly string[]): boolean {
  return columns.join('\0').toLowerCase() === wanted.join('\0').toLowerCase();
}

/** Whether an index has these columns, and no others that would put its entries into another order. */
function isFor(columns: readonly string[], wanted: readonly string[]): boolean {
  return same(columns, wanted) || same(columns, [...wanted, 'alogid']);
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
