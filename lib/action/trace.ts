import { idText } from '../session/id.ts';
import type { Change } from './changes.ts';
import type { HistoryDialect } from './history.ts';
import type { TraceQuery } from './history-query.ts';
import type { InsertStatement } from './insert.ts';
import { parseTableName, type TableName } from './mysql-sql.ts';
import { integerLiteral } from './sql.ts';
import type { Entry } from './store.ts';

/** One changed column of one entry, as it was kept. */
export interface TracedChange {
  alogid: string;
  /** Unix time in seconds. */
  logdate: number;
  field: string;
  /** Null where there was none, or where it is masked. */
  before: string | null;
  after: string | null;
  masked: boolean;
}

/** The name of the table of changed columns beside a log's table, cut to what a name may be. */
export function traceTableOf(table: string): string {
  return `${table.slice(0, 58)}_trace`;
}

/** The table of changed columns in MySQL: in the schema of the log's table. */
export function mysqlTraceTable({ schema, table }: TableName): TableName {
  return parseTableName([...(schema === undefined ? [] : [schema]), traceTableOf(table)].join('.'));
}

/** The statements that create it, with the indexes for "what was it then" and "who set it so". */
export function traceTableSql(quoted: string, database: 'mysql' | 'sqlite'): string[] {
  const mysql = database === 'mysql';
  const name = (length: number) =>
    mysql ? `varchar(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL` : 'TEXT NOT NULL';
  const long = mysql ? 'mediumtext CHARACTER SET utf8mb4 NULL' : 'TEXT NULL';
  const number = mysql ? 'double NULL' : 'REAL NULL';
  const key = mysql ? 'bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY' : 'INTEGER PRIMARY KEY AUTOINCREMENT';
  const ids = { gsid: 191, rectype: 255, recid: 191, field: 191 };
  const columns = [
    `traceid ${key}`,
    `alogid ${mysql ? 'bigint unsigned' : 'INTEGER'} NOT NULL`,
    ...Object.entries(ids).map(([column, length]) => `${column} ${name(length)}`),
    'logdate bigint NOT NULL',
    ...[`oldnum ${number}`, `oldtext ${long}`, `newnum ${number}`, `newtext ${long}`],
    `masked ${mysql ? 'tinyint unsigned' : 'INTEGER'} NOT NULL DEFAULT 0`,
  ];
  const indexes: [name: string, columns: string][] = [
    ['alogid', 'alogid'],
    ['record', mysql ? 'gsid, rectype(64), recid, field(64), alogid' : 'gsid, rectype, recid, field, alogid'],
    ['field', mysql ? 'gsid, field(64), newnum' : 'gsid, field, newnum'],
  ];
  if (mysql) {
    const keys = indexes.map(([index, on]) => `KEY ${index} (${on})`);
    return [
      `CREATE TABLE IF NOT EXISTS ${quoted} (\n  ${[...columns, ...keys].join(',\n  ')}\n) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4`,
    ];
  }
  const plain = quoted.slice(1, -1);
  return [
    `CREATE TABLE IF NOT EXISTS ${quoted} (\n  ${columns.join(',\n  ')}\n)`,
    ...indexes.map(
      ([index, on]) => `CREATE INDEX IF NOT EXISTS \`${plain.slice(0, 50)}_${index}\` ON ${quoted} (${on})`,
    ),
  ];
}

const columns = [
  'alogid',
  'gsid',
  'rectype',
  'recid',
  'field',
  'logdate',
  'oldnum',
  'oldtext',
  'newnum',
  'newtext',
  'masked',
];

/** Most characters of a value that are kept. */
const maxValue = 16_000;
/** Most changed columns that are kept of one entry. */
export const maxTraced = 500;

/** The INSERT that keeps the changed columns of an entry; undefined where there are none. */
export function traceInsert(quoted: string, entry: Entry, changes: readonly Change[]): InsertStatement | undefined {
  const kept = changes.slice(0, maxTraced);
  if (kept.length === 0) return undefined;
  const params = kept.flatMap(({ field, before, after, masked }) => [
    ...[entry.alogid, entry.gsid, cut(entry.rectype, 255), cut(entry.recid, 191), cut(field, 191), entry.logdate],
    ...[numberOf(before?.number), textOf(before?.text), numberOf(after?.number), textOf(after?.text), masked ? 1 : 0],
  ]);
  const row = `(${columns.map(() => '?').join(', ')})`;
  return {
    sql: `INSERT INTO ${quoted} (${columns.join(', ')}) VALUES ${kept.map(() => row).join(', ')}`,
    params,
  };
}

/** The condition that an entry `e` has such a change. */
export function traceCondition(
  quoted: string,
  { field, is, below, above, contains }: TraceQuery,
  dialect: Pick<HistoryDialect, 'literal' | 'contains'>,
): string {
  const where = ['t.alogid = e.alogid', `t.field = ${dialect.literal(field)}`, 't.masked = 0'];
  if (is !== undefined) {
    const value =
      typeof is === 'string' ? `t.newtext = ${dialect.literal(is)}` : `t.newnum = ${numberLiteral(Number(is))}`;
    where.push(value);
  }
  if (below !== undefined) where.push(`t.newnum < ${numberLiteral(below)}`);
  if (above !== undefined) where.push(`t.newnum > ${numberLiteral(above)}`);
  if (contains !== undefined) where.push(dialect.contains('t.newtext', contains));
  return `EXISTS (SELECT 1 FROM ${quoted} t WHERE ${where.join(' AND ')})`;
}

/** Which record's changed columns to read. */
export interface TracedRecord {
  gsid: string;
  rectype: string;
  recid: string;
}

/** The changed columns of a record, oldest first, after a place; all of its values follow from them. */
export function tracedSql(
  quoted: string,
  { gsid, rectype, recid }: TracedRecord,
  after: string,
  limit: number,
  dialect: Pick<HistoryDialect, 'literal' | 'readNumber' | 'readText'>,
): string {
  const { literal, readNumber, readText } = dialect;
  return `SELECT ${readNumber('t.traceid')} AS traceid, ${readNumber('t.alogid')} AS alogid, t.logdate AS logdate,
  ${readText('t.field')} AS field, ${readText('t.oldtext')} AS oldtext, ${readText('t.newtext')} AS newtext, t.masked AS masked
FROM ${quoted} t
WHERE t.gsid = ${literal(idText(gsid, 'gsid'))} AND t.rectype = ${literal(rectype)} AND t.recid = ${literal(recid)}
  AND t.traceid > ${integerLiteral(after)}
ORDER BY t.traceid
LIMIT ${limit}`;
}

function numberLiteral(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`trace: expected a number, got ${value}`);
  return String(value);
}

function numberOf(digits: string | undefined): number | null {
  const value = Number(digits ?? Number.NaN);
  return Number.isFinite(value) ? value : null;
}

function textOf(text: string | undefined): string | null {
  return text === undefined ? null : cut(text, maxValue);
}

/** What is too long is cut with a mark; the raw object has its own bounds. */
function cut(text: string, most: number): string {
  const plain = text.toWellFormed();
  const chars = plain.length <= most ? plain : [...plain].slice(0, most - 1).join('');
  return chars.length === plain.length ? plain : `${chars}…`;
}
