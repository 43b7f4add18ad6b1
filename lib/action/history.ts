import { holdsAll } from './charset.ts';
import { holdsId, placeRecid } from './fit.ts';
import { fitText } from './fit-text.ts';
import type { FullText } from './full-text.ts';
import type { HistoryFilter } from './history-query.ts';
import type { HistoryTable } from './history-table.ts';
import { textConditions } from './history-text.ts';
import { integerLiteral, quoteName } from './sql.ts';
import type { Entry } from './store.ts';
import type { ColumnName, TableShape } from './table-shape.ts';
import { traceCondition } from './traced.ts';

/**
 * The statement that finds what may answer a query: newest first, from the position of `before`; of the filter's texts
 * `textMatcher` decides. Undefined where no entry of the table can answer it, such as a user's name where the column has
 * numbers.
 */
export function historySql(filter: HistoryFilter, table: HistoryTable, fullText?: FullText): string | undefined {
  const { quoted, tenantColumn, shape, dialect } = table;
  const { columns } = shape;
  const { gsid, userid, rectype, recid, correlation, from, to, before, limit } = filter;
  const place = recid === undefined ? undefined : placeRecid(recid, columns);
  if (place?.whole === false || (gsid !== undefined && !holdsId(gsid, columns.gsid))) return undefined;
  if (userid !== undefined && !holdsId(userid, columns.userid)) return undefined;
  if (rectype !== undefined && !holdsAll(columns.rectype.charset, rectype)) return undefined;
  if (correlation !== undefined && !columns.correlation) return undefined;

  const nameOf = (name: ColumnName | 'alogid') => `e.${quoteName(name === 'gsid' ? tenantColumn : name, name)}`;
  const compares = (name: ColumnName, value: string, sign = '=') =>
    `${nameOf(name)} ${sign} ${columns[name]?.kind === 'integer' ? integerLiteral(value) : dialect.literal(value)}`;
  const narrowed =
    [userid, recid, correlation, from, to].some((given) => given !== undefined) || filter.trace.length > 0;
  const bounded = gsid !== undefined && !narrowed && dialect.boundsTenant === true;
  const where: string[] = [];
  if (bounded) where.push(compares('gsid', gsid, '>='), compares('gsid', gsid, '<='));
  else if (gsid !== undefined) where.push(compares('gsid', gsid));
  where.push(`${nameOf('logmessage')} <> ''`);
  if (userid !== undefined) where.push(compares('userid', userid));
  if (rectype !== undefined) where.push(compares('rectype', rectype));
  if (place) {
    const instead = new Set([place.recid, placeRecid(recid ?? '', columns, 'php').recid]); // as either style leaves it there
    const [one = '', other] = [...instead].map((value) => compares('recid', value));
    where.push(other === undefined ? one : `(${one} OR ${other})`);
  }
  if (place && columns.recref) {
    where.push(place.recref === null ? `${nameOf('recref')} IS NULL` : compares('recref', place.recref));
  }
  if (correlation !== undefined && columns.correlation) {
    where.push(compares('correlation', fitText(correlation, columns.correlation).text));
  }
  if (from !== undefined) where.push(`${nameOf('logdate')} >= ${integerLiteral(String(from))}`);
  if (to !== undefined) where.push(`${nameOf('logdate')} < ${integerLiteral(String(to))}`);
  if (before !== undefined) where.push(`${nameOf('alogid')} < ${integerLiteral(before)}`);
  where.push(...filter.trace.map((condition) => traceCondition(condition, gsid, table)));
  where.push(...textConditions(filter, dialect, fullText));

  return `SELECT ${columnList(entryColumns, table)}
FROM ${quoted} e${gsid === undefined ? '' : (dialect.withoutKey ?? '')}
WHERE ${where.join(' AND ')}
ORDER BY ${bounded ? `${nameOf('gsid')} DESC, ` : ''}${nameOf('alogid')} DESC
LIMIT ${limit}`;
}

/** What to select for these columns of a table named `e`, so that {@link entryFrom} reads them. */
export function columnList(
  names: readonly (ColumnName | 'alogid')[],
  { tenantColumn, shape: { columns }, dialect }: Pick<HistoryTable, 'tenantColumn' | 'shape' | 'dialect'>,
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
  ...(['wssdone', 'bulldozed', 'recref', 'extra', 'ctxid', 'correlation'] as const),
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
    correlation: given('correlation'),
  };
}
