import { columnList, type HistoryTable } from './history.ts';
import { integerLiteral } from './sql.ts';
import type { WaitingQuery } from './store.ts';
import type { ColumnName } from './table-shape.ts';

/** The columns that an event is rebuilt from. */
export const eventColumns: readonly (ColumnName | 'alogid')[] = [
  ...(['alogid', 'gsid', 'userid', 'logname', 'logdate', 'sid', 'rectype', 'recid'] as const),
  ...(['recref', 'extra', 'ctxid'] as const),
];

/** What was written by a clock that is so far ahead does not wait for this one to come after it. */
const aheadMs = 120_000;

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

/** The newest entry that was written before a time, by the index on logdate. */
export function newestBeforeSql(time: number, { quoted, dialect }: HistoryTable): string {
  return `SELECT ${dialect.readNumber('e.alogid')} AS alogid
FROM ${quoted} e
WHERE e.logdate < ${seconds(time)}
ORDER BY e.logdate DESC, e.alogid DESC
LIMIT 1`;
}

/** Which of these entries there are. */
export function standingSql(alogids: readonly string[], { quoted, dialect }: HistoryTable): string {
  const ids = alogids.map(integerLiteral).join(',');
  return `SELECT ${dialect.readNumber('e.alogid')} AS alogid FROM ${quoted} e WHERE e.alogid IN (${ids})`;
}

function seconds(milliseconds: number): string {
  return integerLiteral(String(Math.floor(milliseconds / 1000)));
}
