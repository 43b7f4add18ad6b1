import { holdsAll } from './charset.ts';
import { holdsId, placeRecid } from './fit.ts';
import { type HistoryFilter, type HistoryQuery, pairForms, parseHistoryQuery } from './history-query.ts';
import { integerLiteral, quoteName } from './sql.ts';
import type { Entry } from './store.ts';
import type { ColumnName, TableShape } from './table-shape.ts';
import { traceCondition } from './trace.ts';

/** What is different between the databases in a history query. */
export interface HistoryDialect {
  /** A text as a literal that no SQL mode and no character set can make anything else of. */
  literal(text: string): string;
  /** Reads a text column, given its quoted name. */
  readText(column: string): string;
  /** The condition that a text column contains a text, whatever characters that has. */
  contains(column: string, text: string): string;
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
  /** Quoted name of the table of changed columns; undefined where there is none. */
  traces?: string | undefined;
  /** Whether message and raw object have a full-text index. */
  fullText?: boolean | undefined;
}

/**
 * The statement that answers a query: newest first, from the position of `before`. Undefined where no entry of the table
 * can answer it, such as a user's name where the column has numbers.
 *
 * @throws TypeError where the query is none; `docs/history.md` says what it may have
 */
export function historySql(query: HistoryQuery, table: HistoryTable): string | undefined {
  const filter = parseHistoryQuery(query);
  const { quoted, tenantColumn, shape, dialect } = table;
  const { columns } = shape;
  const { gsid, userid, rectype, recid, login, from, to, before, limit } = filter;
  const texts = [rectype, login].filter((text) => text !== undefined);
  if (texts.some((text) => !text.isWellFormed())) return undefined;
  if (rectype !== undefined && !holdsAll(columns.rectype.charset, rectype)) return undefined;
  const place = recid === undefined ? undefined : placeRecid(recid, columns);
  if (place?.whole === false || (gsid !== undefined && !holdsId(gsid, columns.gsid))) return undefined;
  if (userid !== undefined && !holdsId(userid, columns.userid)) return undefined;
  if (filter.correlation !== undefined && !columns.correlation) return undefined;
  if (filter.trace.length > 0 && !table.traces) return undefined;

  const nameOf = (name: ColumnName | 'alogid') => `e.${quoteName(name === 'gsid' ? tenantColumn : name, name)}`;
  const equals = (name: ColumnName, value: string) =>
    `${nameOf(name)} = ${columns[name]?.kind === 'integer' ? integerLiteral(value) : dialect.literal(value)}`;
  const where = [`${nameOf('logmessage')} <> ''`];
  if (gsid !== undefined) where.push(equals('gsid', gsid));
  if (userid !== undefined) where.push(equals('userid', userid));
  if (login !== undefined) where.push(equals('logname', login));
  if (rectype !== undefined) where.push(equals('rectype', rectype));
  if (place) where.push(equals('recid', place.recid));
  if (place && columns.recref) {
    where.push(place.recref === null ? `${nameOf('recref')} IS NULL` : equals('recref', place.recref));
  }
  if (filter.correlation !== undefined) where.push(equals('correlation', filter.correlation));
  if (from !== undefined) where.push(`${nameOf('logdate')} >= ${integerLiteral(String(from))}`);
  if (to !== undefined) where.push(`${nameOf('logdate')} < ${integerLiteral(String(to))}`);
  if (before !== undefined) where.push(`${nameOf('alogid')} < ${integerLiteral(before)}`);
  where.push(...textConditions(filter, dialect));
  for (const trace of filter.trace) where.push(traceCondition(table.traces ?? '', trace, dialect));

  return `SELECT ${columnList(entryColumns, table)}
FROM ${quoted} e
WHERE ${where.join(' AND ')}
ORDER BY ${nameOf('alogid')} DESC
LIMIT ${limit}`;
}

/** Each word stands somewhere in what people read of an entry, and each pair in its raw object, in whose JSON it is looked for. */
function textConditions({ words, raw }: HistoryFilter, dialect: HistoryDialect): string[] {
  const anywhere = ['logmessage', 'logname', 'rawobj'];
  return [
    ...words.map((word) => `(${anywhere.map((name) => dialect.contains(`e.${name}`, word)).join(' OR ')})`),
    ...raw.map(([key, value]) => {
      const forms = pairForms(key, value).map((form) => dialect.contains('e.rawobj', form));
      return `(${forms.join(' OR ')})`;
    }),
  ];
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
