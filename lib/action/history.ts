import { type Id, idText } from '../session/id.ts';
import { holdsAll } from './charset.ts';
import { holdsId, placeRecid } from './fit.ts';
import { integerLiteral, quoteName } from './sql.ts';
import type { Entry, HistoryQuery } from './store.ts';
import type { ColumnName, TableShape } from './table-shape.ts';

/** What is different between the databases in a history query. */
interface HistoryDialect {
  /** A text as a literal that no SQL mode and no character set can make anything else of. */
  literal(text: string): string;
  /** Reads a text column, given its quoted name. */
  readText(column: string): string;
  /** Reads a column of whole numbers as decimal text, given its quoted name. */
  readNumber(column: string): string;
}

/** Where a history query reads. */
export interface HistoryTable {
  /** The table's quoted name. */
  quoted: string;
  tenantColumn: string;
  shape: TableShape;
  dialect: HistoryDialect;
}

const queryKeys = new Set<string>([
  'gsid',
  'userid',
  'rectype',
  'recid',
  'before',
  'limit',
] satisfies (keyof HistoryQuery)[]);

/**
 * The statement that answers a query: newest first, from the position of `before`. Undefined where no entry of the table
 * can answer it, such as a user's name where the column has numbers.
 *
 * @throws TypeError where an id is none, or the limit is not 1 to 1,000
 */
export function historySql(
  query: HistoryQuery,
  { quoted, tenantColumn, shape, dialect }: HistoryTable,
): string | undefined {
  const { columns } = shape;
  const unknown = Object.keys(query).filter((key) => !queryKeys.has(key));
  if (unknown.length > 0)
    throw new TypeError(`history: unknown ${unknown.join(', ')}; there is ${[...queryKeys].join(', ')}`);
  const gsid = idText(query.gsid, 'gsid');
  const userid = optionalId(query.userid, 'userid');
  const recid = optionalId(query.recid, 'recid');
  const before = optionalId(query.before, 'before');
  const limit = query.limit ?? 50;
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new TypeError(`limit: expected a whole number from 1 to 1,000, got ${limit}`);
  }
  if (before !== undefined && !/^\d{1,20}$/.test(before))
    throw new TypeError('before: expected the alogid of an entry');
  if (query.rectype !== undefined) {
    if (typeof query.rectype !== 'string')
      throw new TypeError(`rectype: expected a string, got type ${typeof query.rectype}`);
    if (!query.rectype.isWellFormed() || !holdsAll(columns.rectype.charset, query.rectype)) return undefined;
  }
  const place = recid === undefined ? undefined : placeRecid(recid, columns);
  if (place?.whole === false || !holdsId(gsid, columns.gsid)) return undefined;
  if (userid !== undefined && !holdsId(userid, columns.userid)) return undefined;

  const nameOf = (name: ColumnName | 'alogid') => `e.${quoteName(name === 'gsid' ? tenantColumn : name, name)}`;
  const equals = (name: ColumnName, value: string) =>
    `${nameOf(name)} = ${columns[name]?.kind === 'integer' ? integerLiteral(value) : dialect.literal(value)}`;
  const where = [equals('gsid', gsid), `${nameOf('logmessage')} <> ''`];
  if (userid !== undefined) where.push(equals('userid', userid));
  if (query.rectype !== undefined) where.push(equals('rectype', query.rectype));
  if (place) where.push(equals('recid', place.recid));
  if (place && columns.recref) {
    where.push(place.recref === null ? `${nameOf('recref')} IS NULL` : equals('recref', place.recref));
  }
  if (before !== undefined) where.push(`${nameOf('alogid')} < ${integerLiteral(before)}`);

  return `SELECT ${columnList(entryColumns, { tenantColumn, shape, dialect })}
FROM ${quoted} e
WHERE ${where.join(' AND ')}
ORDER BY ${nameOf('alogid')} DESC
LIMIT ${limit}`;
}

/** What to select for these columns of a table named `e`, so that {@link entryFrom} reads them. */
export function columnList(
  names: readonly (ColumnName | 'alogid')[],
  { tenantColumn, shape: { columns }, dialect }: Omit<HistoryTable, 'quoted'>,
): string {
  return names
    .filter((name) => name === 'alogid' || columns[name])
    .map((name) => {
      const column = `e.${quoteName(name === 'gsid' ? tenantColumn : name, name)}`;
      const text = name !== 'alogid' && columns[name]?.kind === 'text';
      return `${text ? dialect.readText(column) : dialect.readNumber(column)} AS ${name}`;
    })
    .join(', ');
}

function optionalId(id: Id | undefined, name: string): string | undefined {
  return id === undefined ? undefined : idText(id, name);
}

/** The columns that an entry is read from. */
const entryColumns: readonly (ColumnName | 'alogid')[] = [
  ...(['alogid', 'gsid', 'userid', 'logname', 'logmessage', 'rawobj', 'logdate', 'sid', 'rectype', 'recid'] as const),
  ...(['wssdone', 'bulldozed', 'recref', 'extra', 'ctxid'] as const),
];

/**
 * The entry of a row that {@link historySql} gave.
 *
 * @param decode turns a text as it was read into the text
 */
export function entryFrom(
  row: Record<string, unknown>,
  { columns }: TableShape,
  decode = (text: string) => text,
): Entry {
  const given = (name: ColumnName | 'alogid') => {
    const value = row[name];
    if (value === null || value === undefined) return null;
    const text = name !== 'alogid' && columns[name]?.kind === 'text';
    return text ? decode(String(value)) : String(value);
  };
  const ctxid = given('ctxid');
  return {
    alogid: given('alogid') ?? '',
    gsid: given('gsid') ?? '',
    userid: given('userid') ?? '',
    logname: given('logname') ?? '',
    logmessage: given('logmessage'),
    rawobj: given('rawobj') ?? '{}',
    logdate: Number(given('logdate')),
    sid: Number(given('sid')),
    rectype: given('rectype') ?? '',
    recid: given('recref') ?? given('recid') ?? '0',
    extra: given('extra'),
    ctxid: ctxid === null ? null : Number(ctxid),
    wssdone: given('wssdone') === '0' ? 0 : 1,
    bulldozed: (given('bulldozed') ?? '0') === '0' ? 0 : 1,
  };
}
