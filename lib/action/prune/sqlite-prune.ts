import { ActionlogError } from '../../errors.ts';
import { Lease, leaseTableOf, sqliteLease } from '../lease.ts';
import { integerLiteral, quoteName } from '../sql.ts';
import type { SqliteLink } from '../sqlite-database.ts';
import type { SqliteTable } from '../sqlite-table.ts';
import { traceTableOf } from '../trace-table.ts';
import { bytesCell, textCell } from './cell.ts';
import { type CellValue, lookSize, type PruneSource, traceKey } from './prune-source.ts';
import { sideBatches } from './side-batches.ts';

/**
 * Opens the table of a SQLite file.
 *
 * @throws ActionlogError `table-missing`, `table-unfit`
 */
export async function openSqlitePrune(link: SqliteLink, { table, tenantColumn }: SqliteTable): Promise<PruneSource> {
  const columns = await columnNames(link, table);
  if (columns.length === 0) {
    throw new ActionlogError('table-missing', `there is no table ${table} in the SQLite file`, { fields: { table } });
  }
  for (const name of ['alogid', 'logdate', tenantColumn]) {
    if (columns.some((column) => column.toLowerCase() === name.toLowerCase())) continue;
    throw new ActionlogError('table-unfit', `table ${table} has no column ${name}`, { fields: { table } });
  }
  const quoted = quoteName(table, 'table');
  const tenant = quoteName(tenantColumn, 'tenantColumn');
  const trace = traceTableOf(table);
  const sideColumns = await columnNames(link, trace);
  const side = sideColumns.includes('alogid') ? quoteName(trace, 'table') : undefined;
  const lease = quoteName(leaseTableOf(table), 'table');
  const query = (sql: string) => link.all(sql);
  const ofTenant = (gsid: string | undefined) =>
    gsid === undefined ? '' : ` AND ${tenant} = ${sqliteLease.literal(gsid)}`;
  return {
    lease: new Lease({ dialect: sqliteLease, quoted: lease, table, tenantColumn, right: 'prune', query }),
    async count({ before, gsid }) {
      const [row] = await link.all(
        `SELECT COUNT(*) AS n, CAST(MAX(alogid) AS TEXT) AS last FROM ${quoted} WHERE logdate < ${integerLiteral(String(before))}${ofTenant(gsid)}`,
      );
      return { rows: Number(row?.['n']), last: String(row?.['last'] ?? '0') };
    },
    async look(after, last, { before, gsid }) {
      const rows = await link.all(
        `SELECT CAST(alogid AS TEXT) AS id, logdate < ${integerLiteral(String(before))} AS due FROM ${quoted}
WHERE alogid > ${integerLiteral(after)} AND alogid <= ${integerLiteral(last)}${ofTenant(gsid)} ORDER BY alogid LIMIT ${lookSize}`,
      );
      const due = rows.filter((row) => Number(row['due']) === 1).map((row) => String(row['id']));
      return { due, end: rows.length < lookSize ? undefined : String(rows.at(-1)?.['id']) };
    },
    async rows(alogids) {
      const ids = alogids.map(integerLiteral).join(',');
      const sides = new Map<string, Record<string, CellValue>[]>();
      for (const row of side ? await link.all(rowsSql(side, sideColumns, ids)) : []) {
        const id = String(row['id']);
        sides.set(id, [...(sides.get(id) ?? []), cellsOf(sideColumns, row)]);
      }
      return (await link.all(rowsSql(quoted, columns, ids))).map((row) => {
        const alogid = String(row['id']);
        const beside = sides.get(alogid);
        const cells = cellsOf(columns, row);
        return { alogid, row: beside ? { ...cells, [traceKey]: beside } : cells };
      });
    },
    async remove(alogids) {
      const ids = alogids.map(integerLiteral).join(',');
      const counts = side ? await link.all(sideCountSql(side, ids)) : [];
      for (const some of sideBatches(counts.map((row) => [String(row['id']), Number(row['n'])]))) {
        await link.run(`DELETE FROM ${side} WHERE alogid IN (${some.map(integerLiteral).join(',')})`);
      }
      await link.run(`DELETE FROM ${quoted} WHERE alogid IN (${ids})`);
    },
    close: async () => link.close(),
  };
}

async function columnNames(link: SqliteLink, table: string): Promise<string[]> {
  const rows = await link.all(`PRAGMA table_info(${quoteName(table, 'table')})`);
  return rows.map((row) => String(row['name']));
}

function sideCountSql(quoted: string, ids: string): string {
  return `SELECT CAST(alogid AS TEXT) AS id, COUNT(*) AS n FROM ${quoted} WHERE alogid IN (${ids}) GROUP BY alogid`;
}

/** Each value with a letter for its kind: the driver would cut a text at its first NUL, and round large numbers. */
function rowsSql(quoted: string, columns: readonly string[], ids: string): string {
  const cells = columns.map((name, index) => {
    const column = quoteName(name, 'table');
    return `CASE typeof(${column}) WHEN 'null' THEN NULL WHEN 'blob' THEN 'b' || hex(${column}) WHEN 'real' THEN 'n' || printf('%!.17g', ${column})
  WHEN 'integer' THEN 'n' || CAST(${column} AS TEXT) ELSE 't' || hex(CAST(${column} AS BLOB)) END AS c${index}`;
  });
  return `SELECT CAST(alogid AS TEXT) AS id, ${cells.join(', ')} FROM ${quoted} WHERE alogid IN (${ids}) ORDER BY alogid`;
}

function cellsOf(columns: readonly string[], row: Record<string, unknown>): Record<string, CellValue> {
  return Object.fromEntries(columns.map((name, index) => [name, cellOf(row[`c${index}`])]));
}

function cellOf(value: unknown): CellValue {
  if (value === null || value === undefined) return null;
  const text = String(value);
  const rest = text.slice(1);
  if (text.startsWith('b')) return bytesCell(rest);
  return text.startsWith('t') ? textCell(rest) : rest;
}
