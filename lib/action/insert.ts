import type { FittedEntry } from './fit.ts';
import { quoteName } from './sql.ts';
import { type ColumnName, type Columns, columnNames } from './table-shape.ts';

/** An INSERT with `?` placeholders, and their values. */
export interface InsertStatement {
  sql: string;
  params: (string | number | null)[];
}

/** A fitted entry's values, in the order of its form's columns. */
export type RowValues = (string | number | null)[];

/** Where an INSERT goes. */
interface InsertTarget {
  /** The table's quoted name. */
  quoted: string;
  tenantColumn: string;
  columns: Columns;
}

/** How rows are inserted into a table of that shape: its names are put together once, not for each row. */
export class InsertForm {
  /** `INSERT INTO … (…) VALUES `. */
  readonly head: string;
  /** For each column, whether it has text. */
  readonly isText: readonly boolean[];
  readonly #names: readonly ColumnName[];
  readonly #plain: string;
  readonly #hex: string;

  constructor({ quoted, tenantColumn, columns }: InsertTarget) {
    this.#names = columnNames.filter((name) => columns[name] !== undefined);
    this.isText = this.#names.map((name) => columns[name]?.kind === 'text');
    const quotedNames = this.#names.map((name) => quoteName(name === 'gsid' ? tenantColumn : name, 'tenantColumn'));
    this.head = `INSERT INTO ${quoted} (${quotedNames.join(', ')}) VALUES `;
    const marks = (text: string) => `(${this.isText.map((isText) => (isText ? text : '?')).join(', ')})`;
    this.#plain = `${this.head}${marks('?')}`;
    this.#hex = `${this.head}${marks('CONVERT(UNHEX(?) USING utf8mb4)')}`;
  }

  values({ row, recid, recref }: FittedEntry): RowValues {
    return this.#names.map((name) => {
      if (name === 'recid') return recid;
      if (name === 'recref') return recref;
      // 0 keeps the place: where a column that was NULL gets its value the row grows, and InnoDB writes it anew
      if (name === 'announcedat') return row.wssdone === 0 ? 0 : null;
      return row[name];
    });
  }

  /**
   * The INSERT of one row.
   *
   * @param lossy whether the connection may be in a character set that loses texts: where one has more than ASCII, they
   * go as hexadecimal digits (MySQL's functions)
   */
  one(values: RowValues, lossy: boolean): InsertStatement {
    const hex = lossy && values.some((value) => typeof value === 'string' && Buffer.byteLength(value) !== value.length);
    if (!hex) return { sql: this.#plain, params: values };
    const digits = (value: RowValues[number], index: number) =>
      this.isText[index] && typeof value === 'string' ? Buffer.from(value).toString('hex') : value;
    return { sql: this.#hex, params: values.map(digits) };
  }
}

/** No fewer bytes than the row takes in any statement: a text may go as hexadecimal digits, a number has 20. */
export function mostBytes(values: RowValues): number {
  let bytes = 0;
  for (const value of values) bytes += typeof value === 'string' ? 2 * Buffer.byteLength(value) + 16 : 24;
  return bytes;
}
