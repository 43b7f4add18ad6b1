import { placeRecid } from './fit.ts';
import type { TraceQuery } from './history-query.ts';
import type { HistoryTable } from './history-table.ts';
import { integerLiteral } from './sql.ts';
import { around } from './text-pattern.ts';
import { type TraceName, traceName } from './trace-table.ts';
import { numberIn, type SetValue } from './traced-match.ts';
import type { TracedChange, TracedFilter } from './traced-query.ts';

/**
 * The condition that an entry `e` set a column so; masked values are never looked at. Whether a text has another one in it,
 * the database only says too often: `setSql` reads what `setMatcher` decides by.
 */
export function traceCondition(condition: TraceQuery, gsid: string | undefined, table: HistoryTable): string {
  const where = setConditions(condition, gsid, table);
  return `e.alogid IN (SELECT t.alogid FROM ${table.trace.quoted} t WHERE ${where.join(' AND ')})`;
}

/** The statement that reads to what entries set a column, of those that may have set it so. */
export function setSql(
  alogids: readonly string[],
  condition: TraceQuery,
  gsid: string | undefined,
  table: HistoryTable,
): string {
  const { readNumber, readText } = table.dialect;
  const own = `t.alogid IN (${alogids.map(integerLiteral).join(', ')})`;
  return `SELECT ${readNumber('t.alogid')} AS alogid, t.newnum AS newnum, ${readText('t.newtext')} AS newtext
FROM ${table.trace.quoted} t WHERE ${[own, ...setConditions(condition, gsid, table)].join(' AND ')}`;
}

/** What a row of {@link setSql} says. */
export function setFrom(
  row: Record<string, unknown>,
  decode = (text: string) => text,
): { alogid: string; set: SetValue } {
  const [number, text] = [row['newnum'] ?? null, row['newtext'] ?? null];
  const set = { number: number === null ? null : Number(number), text: text === null ? null : decode(String(text)) };
  return { alogid: String(row['alogid']), set };
}

function setConditions(
  { field, is, below, above, contains }: TraceQuery,
  gsid: string | undefined,
  { dialect }: HistoryTable,
): string[] {
  const { literal, matches } = dialect;
  const where = [...named('field', field, dialect), 't.masked = 0'];
  if (gsid !== undefined) where.unshift(`t.gsid = ${literal(traceName('gsid', gsid))}`);
  if (is !== undefined) {
    const text = exactly('t.newtext', String(is), dialect).join(' AND ');
    const number = numberIn(is);
    where.push(number === undefined ? text : `((${text}) OR t.newnum = ${numberLiteral(number)})`);
  }
  if (below !== undefined) where.push(`t.newnum < ${numberLiteral(below)}`);
  if (above !== undefined) where.push(`t.newnum > ${numberLiteral(above)}`);
  if (contains !== undefined) where.push(matches('t.newtext', around(contains)));
  return where;
}

/** That a column names this. */
function named(column: TraceName, name: string, dialect: HistoryTable['dialect']): string[] {
  return exactly(`t.${column}`, traceName(column, name), dialect);
}

/** That a column has this text: by its value, which an index finds, and by its bytes, since `a` equals `a ` in MySQL. */
function exactly(column: string, text: string, { literal }: HistoryTable['dialect']): string[] {
  const same = `${column} = ${literal(text)}`;
  return [same, `HEX(${column}) = '${Buffer.from(text.toWellFormed()).toString('hex').toUpperCase()}'`];
}

/** The statement that reads changed columns: those of the newest entry first. */
export function tracedSql(filter: TracedFilter, { trace, shape, dialect }: HistoryTable): string | undefined {
  const { literal, readNumber, readText } = dialect;
  const tenant = `t.gsid = ${literal(traceName('gsid', filter.gsid))}`;
  const select = (from: string) => `SELECT ${readNumber('t.alogid')} AS alogid, ${readNumber('t.logdate')} AS logdate,
  ${readText('t.field')} AS field, ${readText('t.oldtext')} AS oldtext, ${readText('t.newtext')} AS newtext, t.masked AS masked
FROM ${from}
ORDER BY t.alogid DESC, t.traceid`;
  if ('alogids' in filter) {
    if (filter.alogids.length === 0) return undefined;
    return select(
      `${trace.quoted} t WHERE ${tenant} AND t.alogid IN (${filter.alogids.map(integerLiteral).join(', ')})`,
    );
  }
  const place = placeRecid(filter.recid, shape.columns);
  const recid = place.whole ? (place.recref ?? place.recid) : filter.recid;
  const record = [tenant, ...named('rectype', filter.rectype, dialect), ...named('recid', recid, dialect)].join(
    ' AND ',
  );
  if ('at' in filter) {
    const last = `SELECT t.field, MAX(t.alogid) AS alogid FROM ${trace.quoted} t
  WHERE ${record} AND t.logdate <= ${integerLiteral(String(filter.at))} GROUP BY t.field`;
    return select(`(${last}) l JOIN ${trace.quoted} t ON t.alogid = l.alogid AND t.field = l.field\nWHERE ${tenant}`);
  }
  const before = filter.before === undefined ? '' : ` AND t.alogid < ${integerLiteral(filter.before)}`;
  const page = `SELECT DISTINCT t.alogid FROM ${trace.quoted} t
  WHERE ${record}${before} ORDER BY t.alogid DESC LIMIT ${filter.limit}`;
  return select(`(${page}) p JOIN ${trace.quoted} t ON t.alogid = p.alogid\nWHERE ${tenant}`);
}

/** The change of a row that {@link tracedSql} gave. */
export function tracedFrom(row: Record<string, unknown>, decode = (text: string) => text): TracedChange {
  const value = (name: string) => (row[name] === null || row[name] === undefined ? null : decode(String(row[name])));
  return {
    alogid: String(row['alogid']),
    logdate: Number(row['logdate']),
    field: value('field') ?? '',
    before: value('oldtext'),
    after: value('newtext'),
    masked: Number(row['masked']) !== 0,
  };
}

function numberLiteral(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`history: trace: expected a number, got ${value}`);
  return String(value);
}
