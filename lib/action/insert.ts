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

/** How rows are inserted into a table: the text of it is put together once, not for each row. */
export class RowsForm {
  /** `INSERT INTO … (…) VALUES `. */
  readonly head: string;
  /** For each column, whether it has text. */
  readonly isText: readonly boolean[];
  readonly #plain: string;
  readonly #hex: string;
  readonly #one: string;

  constructor(head: string, isText: readonly boolean[]) {
    this.head = head;
    this.isText = isText;
    const marks = (text: string) => `(${isText.map((is) => (is ? text : '?')).join(', ')})`;
    this.#plain = marks('?');
    this.#hex = marks('CONVERT(UNHEX(?) USING utf8mb4)');
    this.#one = head + this.#plain;
  }

  /**
   * The INSERT of one row, or of several, with placeholders.
   *
   * @param lossy whether the connection may be in a character set that loses texts: where a row has more than ASCII, its
   * texts go as hexadecimal digits (MySQL's functions)
   */
  statement(rows: readonly RowValues[], lossy: boolean): InsertStatement {
    const wide = rows.map((values) => lossy && values.some(isWide));
    const [first] = rows;
    if (first && rows.length === 1 && wide[0] === false) return { sql: this.#one, params: first };
    const marks = wide.map((isWide) => (isWide ? this.#hex : this.#plain));
    const params = rows.flatMap((values, index) => (wide[index] ? this.#digits(values) : values));
    return { sql: this.head + marks.join(', '), params };
  }

  #digits(values: RowValues): RowValues {
    return values.map((value, index) =>
      this.isText[index] && typeof value === 'string' ? Buffer.from(value).toString('hex') : value,
    );
  }
}

function isWide(value: RowValues[number]): boolean {
  return typeof value === 'string' && Buffer.byteLength(value) !== value.length;
}

/** How entries are inserted into a table of that shape. */
export class InsertForm extends RowsForm {
  readonly #names: readonly ColumnName[];

  constructor({ quoted, tenantColumn, columns }: InsertTarget) {
    const names = columnNames.filter((name) => columns[name] !== undefined);
    const quotedNames = names.map((name) => quoteName(name === 'gsid' ? tenantColumn : name, 'tenantColumn'));
    const isText = names.map((name) => columns[name]?.kind === 'text');
    super(`INSERT INTO ${quoted} (${quotedNames.join(', ')}) VALUES `, isText);
    this.#names = names;
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
}

/** No fewer bytes than the row takes in any statement: a text may go as hexadecimal digits, a number has 20. */
export function mostBytes(values: RowValues): number {
  let bytes = 0;
  for (const value of values) bytes += typeof value === 'string' ? 2 * Buffer.byteLength(value) + 16 : 24;
  return bytes;
}
