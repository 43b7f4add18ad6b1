import { createHash } from 'node:crypto';
import type { Change } from './changes.ts';
import { RowsForm, type RowValues } from './insert.ts';
import { parseTableName, type TableName } from './mysql-sql.ts';

/** The name of the table of changed columns beside a log's table, cut to what a name may be. */
export function traceTableOf(table: string): string {
  return `${table.slice(0, 58)}_trace`;
}

/** The table of changed columns in MySQL: in the schema of the log's table. */
export function mysqlTraceTable({ schema, table }: TableName): TableName {
  return parseTableName([...(schema === undefined ? [] : [schema]), traceTableOf(table)].join('.'));
}

/** Most characters of the columns that name a record and its column: with them an index of MySQL's is full. */
const nameSizes = { gsid: 191, rectype: 191, recid: 191, field: 128 } as const;

/** A column of the table that names something. */
export type TraceName = keyof typeof nameSizes;

/**
 * A tenant, record type, record id or column as the table names it: the text itself, and where that is too long its
 * beginning with a fingerprint, so that no two become the same. Readers ask for it so as well.
 */
export function traceName(column: TraceName, text: string): string {
  const most = nameSizes[column];
  const plain = whole(text);
  if (plain.length <= most || [...plain].length <= most) return plain;
  const digest = createHash('sha256').update(plain).digest('hex').slice(0, 16);
  return `${[...plain.slice(0, 2 * most)].slice(0, most - 17).join('')}…${digest}`;
}

/** The columns that an INSERT fills, in order, and whether they have text. */
const columns = {
  ...{ alogid: false, gsid: true, rectype: true, recid: true, field: true, logdate: false },
  ...{ oldnum: false, oldtext: true, newnum: false, newtext: true, masked: false },
};

/** How rows are inserted into the table of that quoted name. */
export function traceForm(quoted: string): RowsForm {
  return new RowsForm(`INSERT INTO ${quoted} (${Object.keys(columns).join(', ')}) VALUES `, Object.values(columns));
}

/** Most changed columns that are kept of one entry. */
export const maxTraced = 500;
/** Most characters of a value that are kept. */
export const maxTracedChars = 16_000;

/** Whose columns were changed. */
export interface TracedEntry {
  gsid: string;
  rectype: string;
  recid: string;
  /** Unix time in seconds. */
  logdate: number;
}

/**
 * What is kept of an entry's changed columns; of a masked one, that it was changed. The number of the entry, which is
 * known once it is written, goes before each row.
 */
export function traceRows({ gsid, rectype, recid, logdate }: TracedEntry, changes: readonly Change[]): RowValues[] {
  const names = [traceName('gsid', gsid), traceName('rectype', rectype), traceName('recid', recid)];
  return changes
    .slice(0, maxTraced)
    .map(({ field, before, after, masked }) => [
      ...names,
      ...[traceName('field', field), logdate],
      ...(masked ? [null, null, null, null] : [numberOf(before), textOf(before), numberOf(after), textOf(after)]),
      masked ? 1 : 0,
    ]);
}

type Value = Change['before'];

/** Decimal columns and forms give texts: one that is a plain number is compared as one, `007` and `1e3` are not. */
const plainNumber = /^-?(0|[1-9]\d{0,30})(\.\d{1,30})?$/;

/** For comparing: the exact digits stand in the text. */
function numberOf(value: Value): number | null {
  if (value === undefined) return null;
  const number = Number(value.number ?? (plainNumber.test(value.text) ? value.text : Number.NaN));
  return Number.isFinite(number) ? number : null;
}

function textOf(value: Value): string | null {
  if (value === undefined) return null;
  const { text } = value;
  if (text.length <= maxTracedChars) return whole(text);
  const beginning = text.slice(0, maxTracedChars - 1).replace(/[\ud800-\udbff]$/, '');
  return `${whole(beginning)}…`;
}

/** A text of whole characters, without NUL, at which libsql ends a text: so all stores keep the same. */
function whole(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

/** The statements that create the table, with the indexes for "what was it then" and "who set it so". */
export function traceTableSql(quoted: string, database: 'mysql' | 'sqlite'): string[] {
  const mysql = database === 'mysql';
  const integer = mysql ? 'bigint' : 'INTEGER';
  const name = (length: number) =>
    mysql ? `varchar(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL` : 'TEXT NOT NULL';
  const value = mysql ? 'mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL' : 'TEXT NULL';
  const number = mysql ? 'double NULL' : 'REAL NULL';
  const definitions = [
    `traceid ${mysql ? 'bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY' : 'INTEGER PRIMARY KEY AUTOINCREMENT'}`,
    `alogid ${mysql ? 'bigint unsigned' : 'INTEGER'} NOT NULL`,
    ...Object.entries(nameSizes).map(([column, length]) => `${column} ${name(length)}`),
    `logdate ${integer} NOT NULL`,
    ...[`oldnum ${number}`, `oldtext ${value}`, `newnum ${number}`, `newtext ${value}`],
    `masked ${mysql ? 'tinyint unsigned' : integer} NOT NULL DEFAULT 0`,
  ];
  const create = (lines: string[]) => `CREATE TABLE IF NOT EXISTS ${quoted} (\n  ${lines.join(',\n  ')}\n)`;
  if (mysql) {
    const keys = Object.entries(indexes).map(([index, on]) => `KEY ${index} (${on})`);
    return [`${create([...definitions, ...keys])} ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4`];
  }
  const plain = quoted.slice(1, -1);
  return [
    create(definitions),
    ...Object.entries(indexes).map(
      ([index, on]) => `CREATE INDEX IF NOT EXISTS \`${plain}_${index}\` ON ${quoted} (${on})`,
    ),
  ];
}

const indexes = {
  alogid: 'alogid',
  record: 'gsid, rectype, recid, field, alogid',
  field: 'gsid, field, newnum',
};
