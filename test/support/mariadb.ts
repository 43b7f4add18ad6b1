import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';

/** A new, empty database on the test run's MariaDB (or on `TEST_MYSQL_URL`), dropped on dispose. */
export interface TestDatabase {
  /** `mysql://…/<name>`, for the store. */
  url: string;
  name: string;
  /** Runs statements on a connection of the test's own. */
  query<T = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<T[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The server's address, which `test/run.ts` sets. Throws where it is missing: no test is skipped for want of a service. */
export function serverUrl(): string {
  const url = process.env['TEST_MYSQL_URL'];
  if (!url) throw new Error('TEST_MYSQL_URL is not set: run the tests by `npm test`, which starts a private MariaDB');
  return url;
}

export async function createDatabase(): Promise<TestDatabase> {
  const url = new URL(serverUrl());
  const name = `actionlog_test_${randomBytes(6).toString('hex')}`;
  const connection = await createConnection({
    uri: url.href,
    supportBigNumbers: true,
    bigNumberStrings: true,
    multipleStatements: true,
  });
  await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  await connection.query(`USE ${name}`);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    name,
    async query<T>(sql: string, params?: unknown[]) {
      const [rows] = await connection.query(sql, params);
      return rows as T[];
    },
    async [Symbol.asyncDispose]() {
      await connection.query(`DROP DATABASE IF EXISTS ${name}`);
      await connection.end();
    },
  };
}
