import { Command, InvalidArgumentError, Option } from 'commander';
import { type PruneResult, prune } from '../action/prune/prune.ts';
import { databaseFrom } from './database.ts';
import type { CliIo } from './io.ts';
import { shownProgress } from './prune-progress.ts';

interface PruneFlags {
  olderThan: number;
  gsid?: string;
  archive?: string;
  batch?: number;
  archiveRows?: number;
  dryRun?: boolean;
  json?: boolean;
  table: string;
  tenantColumn: string;
}

/** `express-actionlog prune`: deletes old entries in small batches, into an archive first where one is named. */
export function pruneCommand({ env, stdout, stderr, stopped }: CliIo): Command {
  return new Command('prune')
    .description(
      'delete old entries in small batches, into compressed archives first where --archive names a directory',
    )
    .argument('[database]', 'mysql://user@host/name or sqlite:file; default: the variable ACTIONLOG_DATABASE')
    .addOption(
      new Option('--older-than <age>', 'age from which entries go, such as 400d, 60w or 36h; at least 1d')
        .argParser(age)
        .makeOptionMandatory(),
    )
    .option('--gsid <tenant>', "only this tenant's entries")
    .option('--archive <dir>', 'a directory for this table: entries are written there before they are deleted')
    .addOption(new Option('--batch <entries>', 'entries deleted at a time (default: 500)').argParser(whole))
    .addOption(new Option('--archive-rows <entries>', 'most entries of a file (default: 50000)').argParser(whole))
    .option('--table <name>', 'the table', 'actionlog')
    .option('--tenant-column <name>', 'the tenant column', 'gsid')
    .option('--dry-run', 'only count')
    .option('--json', 'say at the end in JSON what was done')
    .addHelpText(
      'after',
      `
SIGINT (Ctrl-C) or SIGTERM ends it after the batch that is under way. A run that was ended or killed is taken up by the
next one with the same directory: nothing is deleted that is not in a complete archive, and nothing archived twice.

Example:
  ACTIONLOG_DATABASE='mysql://app:…@127.0.0.1/erp' express-actionlog prune --older-than 400d --archive /srv/actionlog`,
    )
    .action(async (database: string | undefined, { olderThan, json, ...flags }: PruneFlags) => {
      const ending = new AbortController();
      void stopped.then(() => ending.abort());
      const shown = shownProgress(stderr);
      try {
        const result = await prune({
          ...flags,
          database: databaseFrom(database, env),
          olderThanMs: olderThan,
          signal: ending.signal,
          onProgress: (progress) => shown.tell(progress),
        });
        shown.end();
        stdout.write(json ? `${JSON.stringify(result)}\n` : said(result, flags.dryRun === true));
      } finally {
        shown.end();
      }
    });
}

function said({ table, before, found, deleted, archived, files, stopped }: PruneResult, dryRun: boolean): string {
  const than = `before ${new Date(before).toISOString()}`;
  if (dryRun) return `table ${table}: ${found} entries were written ${than}\n`;
  const kept = archived === 0 ? '' : `, ${archived} archived in ${files.length} files`;
  const end = stopped ? '; ended before its time, a second run goes on' : '';
  return `table ${table}: ${deleted} of ${found} entries from ${than} deleted${kept}${end}\n`;
}

const unitsMs = new Map([
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
]);

function age(text: string): number {
  const [, number, unit = ''] = /^([1-9]\d{0,5})([hdw])$/.exec(text) ?? [];
  const ms = Number(number) * (unitsMs.get(unit) ?? Number.NaN);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('a number with h, d or w, such as 400d');
  return ms;
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('a whole number above 0');
  return Number(text);
}
