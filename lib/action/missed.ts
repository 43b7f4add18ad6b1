import { idText } from '../session/id.ts';
import { holdsId } from './fit.ts';
import { columnList } from './history.ts';
import type { HistoryTable } from './history-table.ts';
import { integerLiteral, quoteName } from './sql.ts';
import type { MissedQuery } from './store.ts';
import { eventColumns } from './waiting.ts';

/**
 * The entries that a page may have missed, oldest first; undefined where the table's column cannot hold the tenant.
 * Each of the three ways in has an index of its own (logdate or wssdone, logdate, tenant with announcedat), which one
 * condition with OR would not use; `+ 0` keeps the database from walking through the table in the order of its key.
 *
 * @throws TypeError where the tenant or `after` is no id
 */
export function missedSql(query: MissedQuery, table: HistoryTable): string | undefined {
  const { gsid, since, announceWithinMs, after, limit, whole } = query;
  const { quoted, tenantColumn, dialect } = table;
  const { columns } = table.shape;
  const tenant = idText(gsid, 'gsid');
  if (!holdsId(tenant, columns.gsid)) return undefined;
  const column = `e.${quoteName(tenantColumn, 'tenantColumn')}`;
  const value = columns.gsid.kind === 'integer' ? integerLiteral(tenant) : dialect.literal(tenant);
  const place = integerLiteral(after === undefined ? '0' : idText(after, 'after'));
  // by its own index a large tenant would be walked through from its first entry
  const recent = `${dialect.unindexed(column)} = ${value} AND ${dialect.unindexed('e.alogid')} > ${place}`;
  const ways = [
    `${recent} AND e.wssdone = 0 AND e.logdate >= ${seconds(since - announceWithinMs)}`,
    `${recent} AND e.logdate >= ${seconds(since)}`,
    ...(columns.announcedat
      ? [
          `${column} = ${value} AND e.alogid > ${place} AND e.announcedat >= ${integerLiteral(String(Math.floor(since)))}`,
        ]
      : []),
  ].map((way, index) => {
    const found = `SELECT e.alogid FROM ${quoted} e WHERE ${way} AND e.rectype <> '' ORDER BY e.alogid + 0 LIMIT ${limit}`;
    return `SELECT alogid FROM (${found}) w${index}`;
  });
  const names = [...eventColumns, ...(whole ? (['logmessage', 'rawobj'] as const) : [])];
  return `SELECT ${columnList(names, table)}
FROM (${ways.join('\nUNION ')}) m JOIN ${quoted} e ON e.alogid = m.alogid
ORDER BY e.alogid
LIMIT ${integerLiteral(String(limit))}`;
}

function seconds(milliseconds: number): string {
  return integerLiteral(String(Math.floor(milliseconds / 1000)));
}
