import { existsSync } from 'node:fs';
import { z } from 'zod';
import { ActionlogError } from '../../errors.ts';
import { callback, count, parseOptions } from '../../options.ts';
import { type Id, idText } from '../../session/id.ts';
import { linkMysql, type MysqlDatabase } from '../mysql-database.ts';
import { parseTableName } from '../mysql-sql.ts';
import { sqliteFile } from '../open-store.ts';
import { quoteName } from '../sql.ts';
import { SqliteLink } from '../sqlite-database.ts';
import { refuseRemoteFile } from '../sqlite-table.ts';
import { ArchiveFolder } from './archive.ts';
import { openMysqlPrune } from './mysql-prune.ts';
import type { PruneSource } from './prune-source.ts';
import { PruneTurn } from './prune-turn.ts';
import { type PruneProgress, Pruner } from './pruner.ts';
import { openSqlitePrune } from './sqlite-prune.ts';

export type { PruneProgress } from './pruner.ts';

/** Options of {@link prune}. */
export interface PruneOptions {
  /** `mysql://…`, a mysql2 pool or connection (not closed), or `sqlite:file`. */
  database: string | MysqlDatabase;
  /** Entries older than this go, by the database's clock; at least a day, in milliseconds. */
  olderThanMs: number;
  /** Only this tenant's entries. Default: every tenant's. */
  gsid?: Id | undefined;
  /** A directory of this table's own: entries are written there, compressed, before they are deleted. Default: none. */
  archive?: string | undefined;
  /** Entries deleted by one statement, 1 to 10,000. Default 500. */
  batch?: number | undefined;
  /** Most entries of one archive file, 1 to 1,000,000. Default 50,000. */
  archiveRows?: number | undefined;
  /** Only counts. Default: no. */
  dryRun?: boolean | undefined;
  /** Default `actionlog`. */
  table?: string | undefined;
  /** Name of the tenant column. Default `gsid`. */
  tenantColumn?: string | undefined;
  /** How long a run that was killed keeps the next one waiting, in milliseconds. Default 30,000. */
  leaseMs?: number | undefined;
  /** Ends the run after the batch that is under way. */
  signal?: AbortSignal | undefined;
  /** Told after each batch and each archive. What it throws ends the run. */
  onProgress?: ((progress: PruneProgress) => void) | undefined;
}

/** What {@link prune} has done. */
export interface PruneResult {
  table: string;
  /** Entries written before were to go, Unix time in milliseconds by the database's clock. */
  before: number;
  /** How many were to go, with those that an earlier run had archived and not deleted yet. */
  found: number;
  deleted: number;
  archived: number;
  /** The archives of this run. */
  files: string[];
  /** Whether it was ended by `signal` before it was through. */
  stopped: boolean;
}

const dayMs = 86_400_000;

const schema = z.strictObject({
  database: z.custom<string | MysqlDatabase>(
    (value) => (typeof value === 'object' && value !== null) || typeof value === 'string',
    'an address such as "mysql://app@127.0.0.1/erp" or "sqlite:./actionlog.db", or a mysql2 pool or connection',
  ),
  olderThanMs: z
    .number()
    .int()
    .refine((ms) => ms >= dayMs, `at least ${dayMs} (one day): younger entries may still wait to be announced`),
  gsid: z.custom<Id>().optional(),
  archive: z.string().min(1, 'the path of a directory').optional(),
  batch: count.max(10_000, 'at most 10,000').default(500),
  archiveRows: count.max(1_000_000, 'at most 1,000,000').default(50_000),
  dryRun: z.boolean().default(false),
  table: z.string().default('actionlog'),
  tenantColumn: z.string().default('gsid'),
  leaseMs: count.min(1000, 'at least 1000').default(30_000),
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: callback<NonNullable<PruneOptions['onProgress']>>().optional(),
});

/**
 * Deletes old entries in small batches, each a transaction of its own, with a pause as long as the batch after each. With
 * `archive` entries are first written to compressed JSON lines, a line for each with every column as text; only what
 * stands in a complete archive is deleted, and a run that was killed is taken up by the next one. Rows of the same
 * entries in a table `<table>_trace` beside it go with them, and into the archive as `_trace`.
 *
 * One process at a time prunes a table, by a row of the table of leases.
 *
 * @throws TypeError where an option is wrong
 * @throws ActionlogError `table-missing`, `table-unfit`, `lease-missing`, `prune-running`; `archive-failed` where nothing
 * was deleted that is not archived; `database-unreachable` where what was deleted stays deleted and a second run goes on;
 * `driver-missing`
 */
export async function prune(options: PruneOptions): Promise<PruneResult> {
  const checked = parseOptions(schema, options, 'prune');
  const { table, olderThanMs, leaseMs, archive, batch, archiveRows, signal, onProgress } = checked;
  const gsid = checked.gsid === undefined ? undefined : idText(checked.gsid, 'prune: option "gsid"');
  const source = await sourceOf(checked);
  const turn = new PruneTurn(source.lease, leaseMs, table);
  try {
    const before = Math.floor(((await source.lease.now()) - olderThanMs) / 1000);
    const scope = { before, gsid };
    const result = { table, before: before * 1000, deleted: 0, archived: 0, files: [], stopped: false };
    if (checked.dryRun) return { ...result, found: (await source.count(scope)).rows };
    await turn.take();
    const pruner = new Pruner({
      source,
      scope,
      turn,
      batch,
      archiveRows,
      archive: archive === undefined ? undefined : new ArchiveFolder(archive, table),
      stopped: () => signal?.aborted === true,
      onProgress: (progress) => onProgress?.(progress),
    });
    const through = await pruner.run();
    const { total, deleted, archived } = pruner.progress;
    return { ...result, found: total, deleted, archived, files: pruner.files, stopped: !through };
  } catch (cause) {
    if (cause instanceof ActionlogError || cause instanceof TypeError) throw cause;
    const message = `table ${table} could not be pruned; what was done stays done, and a second run goes on; see the cause`;
    throw new ActionlogError('database-unreachable', message, { cause, fields: { table } });
  } finally {
    await turn.release();
    await source.close();
  }
}

async function sourceOf({ database, table, tenantColumn }: z.output<typeof schema>): Promise<PruneSource> {
  quoteName(tenantColumn, 'tenantColumn');
  const file = sqliteFile(database);
  if (file === undefined) {
    const name = parseTableName(table);
    const link = linkMysql(database, name.schema === undefined);
    return await openedBy(
      () => openMysqlPrune(link, { table: name, tenantColumn }),
      () => link.close(),
    );
  }
  refuseRemoteFile(file);
  quoteName(table, 'table');
  if (!existsSync(file)) {
    throw new ActionlogError('database-unreachable', `there is no SQLite file ${file}`, { fields: { file } });
  }
  const link = await SqliteLink.open(file);
  return await openedBy(
    () => openSqlitePrune(link, { table, tenantColumn }),
    () => link.close(),
  );
}

async function openedBy<T>(open: () => Promise<T>, close: () => unknown): Promise<T> {
  try {
    return await open();
  } catch (error) {
    await close();
    throw error;
  }
}
