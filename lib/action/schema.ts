import { readFileSync } from 'node:fs';
import { quoteName } from './sql.ts';

/** The schemas in the folder of that name. */
export type SchemaName = 'mysql' | 'sqlite';

/** How the tenant, user and record ids stand in MySQL; in SQLite they are text. */
export type IdType = 'bigint' | 'text';

/** The type of an id's column in MySQL; a text is compared character by character, since tenants must not mix. */
export const idDefinitions: Readonly<Record<IdType, string>> = {
  bigint: 'bigint unsigned',
  text: 'varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
};

/**
 * The statement that creates the table.
 *
 * @param quotedTable the table's name in backticks
 */
export function schemaSql(name: SchemaName, quotedTable: string, tenantColumn: string, ids: IdType = 'bigint'): string {
  const sql = readFileSync(new URL(`./schema/${name}.sql`, import.meta.url), 'utf8').trim();
  // one pass, so that a name that looks like a placeholder stays a name
  const names = new Map([
    ['{{table}}', quotedTable],
    ['{{gsid}}', quoteName(tenantColumn, 'tenantColumn')],
    ['{{id}}', idDefinitions[ids]],
  ]);
  return sql.replace(/\{\{\w+\}\}/g, (placeholder) => names.get(placeholder) ?? placeholder);
}

/** How a schema defines a column: its name, type and default, as `ADD COLUMN` takes them. */
export function columnDefinition(name: SchemaName, column: string): string {
  const line = schemaSql(name, '', 'gsid')
    .split('\n')
    .map((text) => text.trim().replace(/,$/, ''))
    .find((text) => text.startsWith(`${column} `));
  if (line === undefined) throw new Error(`schema ${name} has no column ${column}`);
  return line;
}
