import { quoteName } from './sql.ts';

/** A table's name as an option gives it: `actionlog`, or `erp.actionlog` for one of another database. */
export interface TableName {
  /** As given, for messages. */
  name: string;
  schema: string | undefined;
  table: string;
  /** In backticks, for statements. */
  quoted: string;
}

/**
 * Takes a table's name apart at its dot.
 *
 * @throws TypeError where it has more than one, or where a part cannot be a name
 */
export function parseTableName(name: string): TableName {
  const parts = name.split('.');
  const [first = '', second] = parts;
  if (parts.length > 2)
    throw new TypeError(`table: expected "table" or "schema.table", got ${JSON.stringify(name).slice(0, 120)}`);
  const quoted = parts.map((part) => quoteName(part, 'table')).join('.');
  return second === undefined
    ? { name, schema: undefined, table: first, quoted }
    : { name, schema: first, table: second, quoted };
}

/**
 * A text as a literal that holds nothing but hexadecimal digits, so that neither the SQL mode nor the connection's
 * character set can make anything else of it.
 */
export function textLiteral(text: string): string {
  return `_utf8mb4 X'${Buffer.from(text.toWellFormed()).toString('hex')}'`;
}
