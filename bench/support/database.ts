import { setTimeout as sleep } from 'node:timers/promises';
import { migrate } from 'express-actionlog';
import { createDatabase } from '../../test/support/mariadb.ts';

/** A migrated database on the run's MariaDB, dropped after the benchmark. */
export interface Database {
  /** `mysql://…/<name>` */
  url: string;
  /** Runs a statement on a connection that measures nothing. */
  query<T = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<T[]>;
  /** How many rows the table has in all, and how many of them wait to be announced. */
  count(where?: string, params?: unknown[]): Promise<{ rows: number; waiting: number }>;
  /** Waits until no row waits to be announced, or the time is over; then counts. */
  settled(timeoutMs: number): Promise<{ rows: number; waiting: number }>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function createBenchDatabase(): Promise<Database> {
  const database = await createDatabase();
  await migrate({ database: database.url });
  const waits = async () => (await database.query('SELECT 1 FROM actionlog WHERE wssdone = 0 LIMIT 1')).length > 0;
  const count: Database['count'] = async (where = '1 = 1', params = []) => {
    const sql = `SELECT COUNT(*) AS n, COALESCE(SUM(wssdone = 0), 0) AS waiting FROM actionlog WHERE ${where}`;
    const [counted] = await database.query<{ n: string; waiting: string }>(sql, params);
    return { rows: Number(counted?.n), waiting: Number(counted?.waiting) };
  };
  return {
    ...database,
    count,
    async settled(timeoutMs) {
      const end = Date.now() + timeoutMs;
      while (Date.now() < end && (await waits())) await sleep(10);
      return await count();
    },
  };
}
