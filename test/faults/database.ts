import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import { migrate } from '../../lib/index.ts';
import { createDatabase } from '../support/mariadb.ts';
import { installMariadb, killKept, runMariadb } from '../support/services.ts';
import { steadyPort } from './processes.ts';

/** One entry as it stands in the table: what is true of the run. */
export interface Row {
  alogid: string;
  gsid: string;
  recid: string;
  wssdone: number;
  /** Marked without having been announced: it was too old. */
  expired: boolean;
}

/** Where the entries of a run are. */
export interface FaultDatabase extends AsyncDisposable {
  url: string;
  rows(): Promise<Row[]>;
}

export const rowsSql = 'SELECT alogid, gsid, recid, wssdone, announcedat FROM actionlog ORDER BY alogid';

export function rowOf({ alogid, gsid, recid, wssdone, announcedat }: Record<string, unknown>): Row {
  const expired = Number(wssdone) === 1 && Number(announcedat) === 0;
  return { alogid: String(alogid), gsid: String(gsid), recid: String(recid), wssdone: Number(wssdone), expired };
}

/** A database on the test run's MariaDB. */
export async function sharedDatabase(): Promise<FaultDatabase> {
  const database = await createDatabase();
  await migrate({ database: database.url });
  return {
    url: database.url,
    rows: async () => (await database.query(rowsSql)).map(rowOf),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** A MariaDB of its own, which may be killed and started again on its data. */
export interface MortalDatabase extends FaultDatabase {
  kill(): Promise<void>;
  start(): Promise<void>;
}

export async function mortalDatabase(): Promise<MortalDatabase> {
  const dir = installMariadb();
  const port = await steadyPort();
  let child: ChildProcess | undefined;
  const kill = () => killKept(child);
  const start = async () => {
    ({ child } = await runMariadb(dir, port));
  };
  const query = async (sql: string, name = ''): Promise<Record<string, unknown>[]> => {
    const connection = await createConnection({
      uri: `mysql://root@127.0.0.1:${port}/${name}`,
      bigNumberStrings: true,
    });
    try {
      const [rows] = await connection.query(sql);
      return rows as Record<string, unknown>[];
    } finally {
      await connection.end();
    }
  };
  await start();
  await query('CREATE DATABASE faults CHARACTER SET utf8mb4');
  const url = `mysql://root@127.0.0.1:${port}/faults`;
  await migrate({ database: url });
  return {
    ...{ url, kill, start },
    rows: async () => (await query(rowsSql, 'faults')).map(rowOf),
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
