import { existsSync } from 'node:fs';
import { ActionlogError } from '../errors.ts';
import { columnList, entryFrom } from './history.ts';
import type { HistoryTable } from './history-table.ts';
import { leaseTableOf, mysqlLease, mysqlLeaseTable, sqliteLease } from './lease.ts';
import { linkMysql } from './mysql-database.ts';
import { mysqlShape, readColumns } from './mysql-shape.ts';
import { parseTableName } from './mysql-sql.ts';
import { mysqlDialect } from './mysql-store.ts';
import { sqliteFile } from './open-store.ts';
import { integerLiteral, quoteName } from './sql.ts';
import { SqliteLink } from './sqlite-database.ts';
import { sqliteDialect } from './sqlite-store.ts';
import { refuseRemoteFile, sqliteShape } from './sqlite-table.ts';
import type { Entry } from './store.ts';
import { addedColumns, columnNames } from './table-shape.ts';

/** How a table is doing, as its operator asks. */
export interface TableStatus {
  /** Entries that wait to be announced. */
  waiting: number;
  /** Age of the oldest of them by the database's clock, in seconds; undefined where none waits. */
  oldestSeconds: number | undefined;
  /** The `alogid` of the newest entry; '0' where there is none. */
  newest: string;
  /** Who announces what is left over; undefined where nobody does at the moment, `missing` where nobody can. */
  lease: { holder: string; secondsLeft: number } | 'missing' | undefined;
  /** The columns of the default schema that the table lacks. */
  lacks: string[];
}

/** A table of a log, opened to be looked at: over all tenants, and never written to. */
export interface TableReader {
  status(): Promise<TableStatus>;
  /** Entries of all tenants with a larger `alogid`, oldest first. */
  after(alogid: string, limit: number): Promise<Entry[]>;
  close(): Promise<void>;
}

interface Reading extends Pick<HistoryTable, 'quoted' | 'tenantColumn' | 'shape' | 'dialect'> {
  query(sql: string): Promise<Record<string, unknown>[]>;
  close(): unknown;
  leaseTable: string;
  /** Reads the database's clock, Unix time in seconds. */
  now: string;
}

const needs = { rawobjStyle: 'json', rebuildsEvents: false } as const;

/**
 * Opens the table at an address, `mysql://…` or `sqlite:…`.
 *
 * @throws ActionlogError `database-unreachable`, `table-missing`, `table-unfit`; TypeError where the address is none
 */
export async function readTable(address: string, table: string, tenantColumn: string): Promise<TableReader> {
  const file = sqliteFile(address);
  const reading =
    file === undefined ? await openMysql(address, table, tenantColumn) : await openSqlite(file, table, tenantColumn);
  const query = async (sql: string) => {
    try {
      return await reading.query(sql);
    } catch (cause) {
      const message = `table ${table} cannot be read; see the cause`;
      throw new ActionlogError('database-unreachable', message, { cause, fields: { table } });
    }
  };
  const { quoted, shape, now } = reading;
  return {
    async status() {
      const [counts] = await query(
        `SELECT COUNT(*) AS waiting, ${now} - MIN(e.logdate) AS oldest FROM ${quoted} e WHERE e.wssdone = 0 AND e.rectype <> ''`,
      );
      const [last] = await query(`SELECT ${reading.dialect.readNumber('MAX(e.alogid)')} AS newest FROM ${quoted} e`);
      const oldest = counts?.['oldest'] ?? undefined;
      return {
        waiting: Number(counts?.['waiting']),
        oldestSeconds: oldest === undefined ? undefined : Math.max(Number(oldest), 0),
        newest: String(last?.['newest'] ?? '0'),
        lease: await leaseOf(reading),
        lacks: addedColumns.filter((name) => !shape.columns[name]),
      };
    },
    async after(alogid, limit) {
      const rows = await query(`SELECT ${columnList(['alogid', ...columnNames], reading)}
FROM ${quoted} e WHERE e.alogid > ${integerLiteral(alogid)} ORDER BY e.alogid LIMIT ${integerLiteral(String(limit))}`);
      return rows.map((row) => entryFrom(row, shape));
    },
    async close() {
      await reading.close();
    },
  };
}

async function leaseOf({ query, leaseTable, now }: Reading): Promise<TableStatus['lease']> {
  try {
    const [row] = await query(`SELECT holder, expires - ${now} AS seconds FROM ${leaseTable} WHERE name = 'announcer'`);
    const secondsLeft = Number(row?.['seconds']);
    return row && secondsLeft > 0 ? { holder: String(row['holder']), secondsLeft } : undefined;
  } catch (error) {
    if (/ER_NO_SUCH_TABLE|no such table/.test(`${(error as { code?: unknown }).code} ${error}`)) return 'missing';
    throw error;
  }
}

async function openMysql(address: string, table: string, tenantColumn: string): Promise<Reading> {
  const name = parseTableName(table);
  const link = linkMysql(address, name.schema === undefined);
  try {
    const shape = mysqlShape(await readColumns(link, name), name.name, tenantColumn, needs);
    return {
      ...{ quoted: name.quoted, tenantColumn, shape, leaseTable: mysqlLeaseTable(name).quoted, now: mysqlLease.now },
      dialect: mysqlDialect,
      query: (sql) => link.query(sql),
      close: () => link.close(),
    };
  } catch (error) {
    await link.close();
    throw error;
  }
}

async function openSqlite(file: string, table: string, tenantColumn: string): Promise<Reading> {
  refuseRemoteFile(file);
  // the driver would make one
  if (!existsSync(file)) throw new ActionlogError('database-unreachable', `there is no file ${file}`);
  const link = await SqliteLink.open(file);
  try {
    const shape = await sqliteShape(link, { table, tenantColumn }, needs);
    return {
      ...{ quoted: quoteName(table, 'table'), tenantColumn, shape, now: sqliteLease.now },
      leaseTable: quoteName(leaseTableOf(table), 'table'),
      dialect: sqliteDialect,
      query: (sql) => link.all(sql),
      close: () => link.close(),
    };
  } catch (error) {
    link.close();
    throw error;
  }
}
