import { z } from 'zod';
import type { MysqlDatabase } from '../action/mysql-store.ts';
import type { ActionStore } from '../action/store.ts';
import { milliseconds } from '../options.ts';

/** Has a streaming server announce the entries of a table by itself, as Gyroscope's polling server does. */
export interface PollOptions {
  /** `mysql://user@host/name`, a mysql2 pool (never closed by us), `sqlite:./actionlog.db`, or a store of your own. */
  database: string | MysqlDatabase | ActionStore;
  /** The table's name. Default `actionlog`. */
  table?: string | undefined;
  /** Name of the tenant column. Default `gsid`. */
  tenantColumn?: string | undefined;
  /** Time between two looks at the table, give or take a fifth, in milliseconds. Default 500. */
  everyMs?: number | undefined;
  /**
   * Only entries older than this are announced, in milliseconds. Default 0; 10,000 or more where application servers
   * relay the entries of the same table themselves.
   */
  sweepAfterMs?: number | undefined;
  /** Entries older than this are marked and counted, not announced; in milliseconds. Default 3,600,000. */
  announceWithinMs?: number | undefined;
  /** How long the lease of a polling server that dies keeps another from taking over, in milliseconds. Default 10,000. */
  leaseMs?: number | undefined;
}

/** {@link PollOptions}, to be checked. */
export const pollSchema = z.strictObject({
  database: z.custom<PollOptions['database']>(
    (value) => (typeof value === 'object' && value !== null) || (typeof value === 'string' && value !== ''),
    'an address such as "mysql://app@127.0.0.1/erp" or "sqlite:./actionlog.db", a mysql2 pool, or a store',
  ),
  table: z.string().min(1).default('actionlog'),
  tenantColumn: z.string().min(1).default('gsid'),
  everyMs: milliseconds.default(500),
  sweepAfterMs: z.number().int().nonnegative().default(0),
  announceWithinMs: milliseconds.default(3_600_000),
  leaseMs: milliseconds.min(2000).default(10_000),
});

/** {@link PollOptions} as checked, with the defaults filled in. */
export type CheckedPollOptions = z.output<typeof pollSchema>;
