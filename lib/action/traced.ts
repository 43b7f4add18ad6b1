import { placeRecid } from './fit.ts';
import type { TraceQuery } from './history-query.ts';
import type { HistoryTable } from './history-table.ts';
import { integerLiteral } from './sql.ts';
import { around } from './text-pattern.ts';
import { traceName } from './trace-table.ts';
import type { TracedChange, TracedFilter } from './traced-query.ts';

/** The condition that an entry `e` set a column so; masked values are never looked at. */
export function traceCondition(
  { field, is, below, above, contains }: TraceQuery,
  gsid: string | undefined,
  { trace, dialect }: HistoryTable,
): string {
  const { literal, matches } = dialect;
  const where = [`t.field = ${literal(traceName('field', field))}`, 't.masked = 0'];
  if (gsid !== undefined) where.unshift(`t.gsid = ${literal(traceName('gsid', gsid))}`);
  if (is !== undefined) {
    const text = `t.newtext = ${literal(String(is))}`;
    // beyond 2^53 two numbers may be the same to the column, and the text has all digits
    const number = /^-?\d+(\.\d+)?$/.test(String(is)) && Math.abs(Number(is)) <= Number.MAX_SAFE_INTEGER;
    where.push(number ? `(${text} OR t.newnum = ${numberLiteral(Number(is))})` : text);
  }
  if (below !== undefined) where.push(`t.newnum < ${numberLiteral(below)}`);
  if (above !== undefined) where.push(`t.newnum > ${numberLiteral(above)}`);
  if (contains !== undefined) where.push(matches('t.newtext', around(contains)));
  return `e.alogid IN (SELECT t.alogid FROM ${trace.quoted} t WHERE ${where.join(' AND ')})`;
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
  const record = [
    tenant,
    `t.rectype = ${literal(traceName('rectype', filter.rectype))}`,
    `t.recid = ${literal(traceName('recid', recid))}`,
  ].join(' AND ');
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
