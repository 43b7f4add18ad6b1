import type { Charset } from './charset.ts';

/** A column of whole numbers. */
export interface IntegerColumn {
  kind: 'integer';
  /** As the database names it: `bigint(20) unsigned`. */
  type: string;
  min: bigint;
  max: bigint;
}

/** A column of text. */
export interface TextColumn {
  kind: 'text';
  type: string;
  maxChars: number;
  maxBytes: number;
  charset: Charset;
  /** Whether the database takes spaces from the end, as CHAR columns do. */
  trims: boolean;
}

export type IdColumn = IntegerColumn | TextColumn;

/** The columns that are written and read, under Gyroscope's names, whatever the table calls its tenant column. */
export interface Columns {
  gsid: IdColumn;
  userid: IdColumn;
  logname: TextColumn;
  logmessage: TextColumn;
  rawobj: TextColumn;
  logdate: IntegerColumn;
  sid: IntegerColumn;
  rectype: TextColumn;
  recid: IdColumn;
  wssdone: IntegerColumn;
  /** Not in older tables. */
  bulldozed?: IntegerColumn;
  /** Ours: a recid that does not fit. */
  recref?: TextColumn;
  /** Ours. */
  extra?: TextColumn;
  /** Ours. */
  ctxid?: IntegerColumn;
  /** Ours; Unix time in milliseconds. */
  announcedat?: IntegerColumn;
  /** Ours. */
  correlation?: TextColumn;
}

export type ColumnName = keyof Columns;

/** Every column that a table may have for us, in the order of the schema; `alogid` comes before them. */
export const columnNames: readonly ColumnName[] = [
  ...(['gsid', 'userid', 'logname', 'logmessage', 'rawobj', 'logdate', 'sid', 'rectype', 'recid'] as const),
  ...(['wssdone', 'bulldozed', 'recref', 'extra', 'ctxid', 'announcedat', 'correlation'] as const),
];

/** The columns that the default schema adds to Gyroscope's, so that an event can be rebuilt from its row. */
const eventColumns = ['recref', 'extra', 'ctxid', 'announcedat'] as const;
/** All columns that the default schema adds. */
export const addedColumns: readonly ColumnName[] = [...eventColumns, 'correlation'];
/** The columns that a table may do without, whatever is asked of it. */
export const optionalColumns: readonly ColumnName[] = ['bulldozed', 'correlation'];

/** A table as the database describes it. */
export interface TableShape {
  /** As the options name it. */
  table: string;
  columns: Columns;
}

/** The whole number that MySQL, where it is not strict, makes of a text for such a column: `12.5 kg` is 13, `abc` is 0. */
export function asInteger(text: string, { min, max }: IntegerColumn): string {
  const [, sign, whole = '', fraction = '', power = '0'] =
    /^[\t-\r ]*([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?/i.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const point = digits.length - fraction.length + Number(power);
  if (digits === '' || point < 0) return '0';
  // of more digits than any column holds, one more is as good as all
  const rounded =
    point > 40 ? 10n ** 40n : BigInt(digits.slice(0, point).padEnd(point, '0') || 0) + half(digits[point]);
  const value = sign === '-' ? -rounded : rounded;
  return String(value < min ? min : value > max ? max : value);
}

/** What the first digit behind the point adds. */
const half = (digit = '0') => (digit >= '5' ? 1n : 0n);

/** Whether a text is a whole number in plain form that the column holds. */
export function fitsInteger(text: string, column: IntegerColumn): boolean {
  if (!/^(0|-?[1-9]\d{0,19})$/.test(text)) return false;
  const value = text.length < 16 ? Number(text) : BigInt(text);
  return value >= column.min && value <= column.max;
}
