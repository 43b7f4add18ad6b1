import { ActionlogError } from '../../errors.ts';
import { despiteLocks, type Patience } from '../despite-locks.ts';
import { Lease, mysqlLease, mysqlLeaseTable } from '../lease.ts';
import { migrateCommand } from '../migrate-command.ts';
import type { MysqlLink } from '../mysql-database.ts';
import { type MysqlColumn, readColumns } from '../mysql-shape.ts';
import { type TableName, textLiteral } from '../mysql-sql.ts';
import { integerLiteral, quoteName } from '../sql.ts';
import { mysqlTraceTable } from '../trace-table.ts';
import { cellList, cellReaders, cellsOf } from './mysql-cells.ts';
import { lookSize, type PruneScope, type PruneSource, traceKey } from './prune-source.ts';
import { sideBatches } from './side-batches.ts';

/** Nobody waits for it. */
const patience: Patience = { attempts: 12, maxPauseMs: 2000, lockWaits: true };

/** A table of MySQL or MariaDB to prune. */
export interface MysqlPruneTable {
  table: TableName;
  tenantColumn: string;
}

/** What stands beside the entries. */
interface SideTable {
  quoted: string;
  columns: MysqlColumn[];
}

/**
 * Opens the table.
 *
 * @throws ActionlogError `database-unreachable`, `table-missing`, `table-unfit`
 */
export async function openMysqlPrune(link: MysqlLink, named: MysqlPruneTable): Promise<PruneSource> {
  const { table, tenantColumn } = named;
  const columns = await readColumns(link, table);
  const fields = { table: table.name };
  if (columns.length === 0) {
    const message = `there is no table ${table.name}; run: ${migrateCommand(table.name, tenantColumn)}`;
    throw new ActionlogError('table-missing', message, { fields });
  }
  const columnOf = (name: string) => columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  for (const name of ['alogid', 'logdate', tenantColumn]) {
    if (!columnOf(name)) {
      throw new ActionlogError('table-unfit', `table ${table.name} has no column ${name}`, { fields });
    }
  }
  const tenant = quoteName(tenantColumn, 'tenantColumn');
  const tenantIsNumber = columnOf(tenantColumn)?.dataType.endsWith('int') === true;
  return mysqlSource(link, {
    table,
    columns,
    side: await sideTable(link, table),
    tenant,
    tenantColumn,
    tenantIsNumber,
  });
}

interface Opened {
  table: TableName;
  columns: MysqlColumn[];
  side: SideTable | undefined;
  tenant: string;
  tenantColumn: string;
  tenantIsNumber: boolean;
}

function mysqlSource(
  link: MysqlLink,
  { table, columns, side, tenant, tenantColumn, tenantIsNumber }: Opened,
): PruneSource {
  const { quoted } = table;
  const readers = cellReaders(columns, 'e');
  const sideReaders = cellReaders(side?.columns ?? [], 'e');
  const ofTenant = (gsid: string) => {
    if (tenantIsNumber && !/^-?\d+$/.test(gsid)) {
      throw new TypeError('prune: option "gsid": expected a whole number, as the column of the tenant has numbers');
    }
    return `${tenant} = ${tenantIsNumber ? integerLiteral(gsid) : textLiteral(gsid)}`;
  };
  const idList = (alogids: readonly string[]) => alogids.map(integerLiteral).join(',');
  const query = (sql: string) => despiteLocks(patience, () => link.query(sql));
  return {
    lease: new Lease({
      dialect: mysqlLease,
      quoted: mysqlLeaseTable(table).quoted,
      table: table.name,
      tenantColumn,
      right: 'prune',
      query,
    }),
    async count({ before, gsid }) {
      const where = [`logdate < ${integerLiteral(String(before))}`, ...(gsid === undefined ? [] : [ofTenant(gsid)])];
      const [row] = await query(
        `SELECT COUNT(*) AS n, CAST(MAX(alogid) AS CHAR) AS last FROM ${quoted} WHERE ${where.join(' AND ')}`,
      );
      return { rows: Number(row?.['n']), last: String(row?.['last'] ?? '0') };
    },
    async look(after: string, last: string, { before, gsid }: PruneScope) {
      // the walk is by the key, so that each statement sees a bounded number of entries, whatever is among them
      const where = [
        `alogid > ${integerLiteral(after)} AND alogid <= ${integerLiteral(last)}`,
        ...(gsid === undefined ? [] : [ofTenant(gsid)]),
      ];
      const rows = await query(
        `SELECT CAST(alogid AS CHAR) AS id, IF(logdate < ${integerLiteral(String(before))}, 1, 0) AS due
FROM ${quoted} WHERE ${where.join(' AND ')} ORDER BY alogid LIMIT ${lookSize}`,
      );
      const due = rows.filter((row) => Number(row['due']) === 1).map((row) => String(row['id']));
      return { due, end: rows.length < lookSize ? undefined : String(rows.at(-1)?.['id']) };
    },
    async rows(alogids) {
      if (alogids.length === 0) return [];
      const sides = new Map<string, Record<string, unknown>[]>();
      for (const row of side ? await query(rowsSql(side.quoted, cellList(sideReaders), idList(alogids))) : []) {
        const id = String(row['id']);
        sides.set(id, [...(sides.get(id) ?? []), row]);
      }
      const found = await query(rowsSql(quoted, cellList(readers), idList(alogids)));
      return found.map((row) => {
        const alogid = String(row['id']);
        const beside = sides.get(alogid)?.map((one) => cellsOf(sideReaders, one));
        const cells = cellsOf(readers, row);
        return { alogid, row: beside ? { ...cells, [traceKey]: beside } : cells };
      });
    },
    async remove(alogids) {
      if (alogids.length === 0) return;
      const ids = idList(alogids);
      const counts = side ? await query(sideCountSql(side.quoted, ids)) : [];
      for (const some of sideBatches(counts.map((row) => [String(row['id']), Number(row['n'])]))) {
        await query(`DELETE FROM ${side?.quoted} WHERE alogid IN (${idList(some)})`);
      }
      await query(`DELETE FROM ${quoted} WHERE alogid IN (${ids})`);
    },
    close: () => link.close(),
  };
}

function rowsSql(quoted: string, selected: string, ids: string): string {
  return `SELECT CAST(e.alogid AS CHAR) AS id, ${selected} FROM ${quoted} e WHERE e.alogid IN (${ids}) ORDER BY e.alogid`;
}

function sideCountSql(quoted: string, ids: string): string {
  return `SELECT CAST(alogid AS CHAR) AS id, COUNT(*) AS n FROM ${quoted} WHERE alogid IN (${ids}) GROUP BY alogid`;
}

async function sideTable(link: MysqlLink, log: TableName): Promise<SideTable | undefined> {
  const name = mysqlTraceTable(log);
  const columns = await readColumns(link, name);
  if (!columns.some((column) => column.name.toLowerCase() === 'alogid')) return undefined;
  const indexes = await link.query(`SELECT index_name AS name FROM information_schema.statistics
WHERE table_schema = ${name.schema === undefined ? 'DATABASE()' : textLiteral(name.schema)} AND table_name = ${textLiteral(name.table)}
  AND column_name = 'alogid' AND seq_in_index = 1`);
  if (indexes.length > 0) return { quoted: name.quoted, columns };
  const message = `table ${name.name} has no index on alogid, so that every batch would lock all of it; run: ALTER TABLE ${name.quoted} ADD INDEX alogid (alogid)`;
  throw new ActionlogError('table-unfit', message, { fields: { table: name.name } });
}
