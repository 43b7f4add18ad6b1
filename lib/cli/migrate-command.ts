import { Command, Option } from 'commander';
import { migrate } from '../action/migrate.ts';
import { databaseFrom } from './database.ts';
import type { CliIo } from './io.ts';
import { addJsonFlag } from './stream-target.ts';

interface MigrateFlags {
  table: string;
  tenantColumn: string;
  ids: 'bigint' | 'text';
  leaseOnly?: boolean;
  indexes?: 'large' | 'large-only' | 'text';
  dryRun?: boolean;
  json?: true;
}

/** `express-actionlog migrate`: creates the table, or upgrades a live Gyroscope table without touching its rows. */
export function migrateCommand({ env, stdout }: CliIo): Command {
  return addJsonFlag(new Command('migrate'))
    .description("create the action log's table, or upgrade a Gyroscope table without touching its rows")
    .argument('[database]', 'mysql://user@host/name or sqlite:file; default: the variable ACTIONLOG_DATABASE')
    .option('--table <name>', 'the table', 'actionlog')
    .option('--tenant-column <name>', 'the tenant column', 'gsid')
    .addOption(
      new Option('--ids <kind>', 'column type of tenant, user and record ids: text for UUIDs or names')
        .choices(['bigint', 'text'])
        .default('bigint'),
    )
    .option('--lease-only', 'only the small table by which servers agree who announces; the log is left as it is')
    .addOption(
      new Option(
        '--indexes <kind>',
        'only the indexes for a table of millions of entries; large-only also drops those that they stand in for; text: only the full-text index for words in history',
      ).choices(['large', 'large-only', 'text']),
    )
    .option('--dry-run', 'say what would be done, do nothing')
    .addHelpText(
      'after',
      `
A password does not belong on a command line, where everybody on the machine can read it. Put the whole address into
ACTIONLOG_DATABASE, or the password alone into ACTIONLOG_DATABASE_PASSWORD.

Examples:
  express-actionlog migrate mysql://app@127.0.0.1/erp
  ACTIONLOG_DATABASE='mysql://app:…@127.0.0.1/erp' express-actionlog migrate --ids text
  express-actionlog migrate sqlite:./actionlog.db`,
    )
    .action(async (database: string | undefined, flags: MigrateFlags) => {
      const { table, tenantColumn, ids, leaseOnly, indexes, dryRun = false, json } = flags;
      const address = databaseFrom(database, env);
      const only = leaseOnly ? ('lease' as const) : undefined;
      const steps = await migrate({
        database: address,
        table,
        tenantColumn,
        ids,
        only,
        indexes,
        dryRun,
      });
      if (json) {
        stdout.write(`${JSON.stringify({ table, dryRun, steps })}\n`);
        return;
      }
      if (steps.length === 0) stdout.write(`table ${table}: nothing to do\n`);
      for (const { what, sql } of steps) stdout.write(`${dryRun ? 'would: ' : ''}${what}\n${indented(sql)}`);
    });
}

function indented(sql: string): string {
  return `${sql.trim().replace(/^/gm, '    ')}\n`;
}
