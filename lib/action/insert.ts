import type { FittedEntry } from './fit.ts';
import { quoteName } from './sql.ts';
import { type Columns, columnNames } from './table-shape.ts';

/** An INSERT with `?` placeholders, and their values. */
export interface InsertStatement {
  sql: string;
  params: (string | number | null)[];
}

/** Where an INSERT goes. */
export interface InsertTarget {
  /** The table's quoted name. */
  quoted: string;
  tenantColumn: string;
  columns: Columns;
  /**
   * Whether the connection may be in a character set that loses texts: where one has more than ASCII, they go as
   * hexadecimal digits (MySQL's functions).
   */
  lossy: boolean;
}

/** The INSERT of a fitted entry. */
export function insertStatement(
  { values }: FittedEntry,
  { quoted, tenantColumn, columns, lossy }: InsertTarget,
): InsertStatement {
  const names = columnNames.filter((name) => values[name] !== undefined);
  const given = names.map((name) => values[name] ?? null);
  const hex = lossy && given.some((value) => typeof value === 'string' && Buffer.byteLength(value) !== value.length);
  const asHex = names.map((name) => hex && columns[name]?.kind === 'text');
  const quotedNames = names.map((name) => quoteName(name === 'gsid' ? tenantColumn : name, 'tenantColumn'));
  const marks = asHex.map((digits) => (digits ? 'CONVERT(UNHEX(?) USING utf8mb4)' : '?'));
  return {
    sql: `INSERT INTO ${quoted} (${quotedNames.join(', ')}) VALUES (${marks.join(', ')})`,
    params: given.map((value, index) =>
      asHex[index] && typeof value === 'string' ? Buffer.from(value).toString('hex') : value,
    ),
  };
}
