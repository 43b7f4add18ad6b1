import { columnList } from './history.ts';
import type { HistoryTable } from './history-table.ts';
import { integerLiteral } from './sql.ts';
import type { WaitingQuery, WrittenWithin } from './store.ts';
import type { ColumnName } from './table-shape.ts';

/** The columns that an event is rebuilt from. */
export const eventColumns: readonly (ColumnName | 'alogid')[] = [
  ...(['alogid', 'gsid', 'userid', 'logname', 'logdate', 'sid', 'rectype', 'recid'] as const),
  ...(['recref', 'extra', 'ctxid'] as const),
];

/** What was written by a clock that is so far ahead does not wait for this one to come after it. */
export const aheadMs = 120_000;

/**
 * The entries that wait, oldest first. A plain read without a lock: a locking one would hold up every INSERT, since new
 * rows come with `wssdone=0` as well.
 */
export function waitingSql({ after, writtenBefore, limit }: WaitingQuery, table: HistoryTable): string {
  return `SELECT ${columnList(eventColumns, table)}
FROM ${table.quoted} e
WHERE e.wssdone = 0 AND e.rectype <> '' AND e.alogid > ${integerLiteral(after)}
  AND (e.logdate <= ${seconds(writtenBefore)} OR e.logdate > ${seconds(writtenBefore + aheadMs)})
ORDER BY e.alogid
LIMIT ${integerLiteral(String(limit))}`;
}

/** Runs one of these statements. */
type Read = (sqlOf: (table: HistoryTable) => string) => Promise<{ alogid: string }[]>;

/**
 * The last entry of before a span that stands before all those of the span; '0' where there is none. The first statement
 * reads the span in the index on logdate, and no row; the second takes a step in the key. An entry of the span that is
 * committed between the two is told by its time, which `+ 0` keeps the database from looking up in the index.
 */
export async function lastBefore({ from, until }: WrittenWithin, read: Read): Promise<string> {
  const [first] = await read(({ quoted, dialect }) => {
    const span = `e.logdate >= ${seconds(from)} AND e.logdate <= ${seconds(until)}`;
    const found = `SELECT MIN(e.alogid) AS alogid FROM ${quoted} e WHERE ${span}`;
    return `SELECT ${dialect.readNumber('m.alogid')} AS alogid FROM (${found}) m WHERE m.alogid IS NOT NULL`;
  });
  const [last] = await read(({ quoted, dialect }) => {
    const before = first ? `AND e.alogid < ${integerLiteral(first.alogid)}` : '';
    return `SELECT ${dialect.readNumber('e.alogid')} AS alogid
FROM ${quoted} e
WHERE e.logdate + 0 < ${seconds(from)} ${before}
ORDER BY e.alogid DESC
LIMIT 1`;
  });
  return last?.alogid ?? '0';
}

/** Which of these entries there are. */
export function standingSql(alogids: readonly string[], { quoted, dialect }: HistoryTable): string {
  const ids = alogids.map(integerLiteral).join(',');
  return `SELECT ${dialect.readNumber('e.alogid')} AS alogid FROM ${quoted} e WHERE e.alogid IN (${ids})`;
}

function seconds(milliseconds: number): string {
  return integerLiteral(String(Math.floor(milliseconds / 1000)));
}
