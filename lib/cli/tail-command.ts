import { Command, InvalidArgumentError, Option } from 'commander';
import { databaseFrom } from './database.ts';
import type { CliIo } from './io.ts';
import { addJsonFlag, addStreamFlags, requiredSecrets, requiredUrl, type StreamFlags } from './stream-target.ts';
import { tailEntries } from './tail-entries.ts';
import { tailEvents } from './tail-events.ts';

interface TailFlags extends StreamFlags {
  events?: true;
  gsid?: string;
  userid: string;
  last: number;
  every: number;
  table: string;
  tenantColumn: string;
  json?: true;
}

/** `express-actionlog tail`: entries as they are written, or events as they go out. */
export function tailCommand({ env, stdout, stderr, stopped }: CliIo): Command {
  const command = new Command('tail')
    .description('print entries as they are written, or with --events, events as a page of a tenant gets them')
    .argument('[database]', 'mysql://user@host/name or sqlite:file; default: the variable ACTIONLOG_DATABASE')
    .option('--events', 'events of a streaming server instead of entries of a database')
    .option('--gsid <tenant>', 'of one tenant alone; for events 1 where it is left out')
    .option('--userid <id>', 'the user as whom events are listened to', '0')
    .addOption(
      new Option('--last <number>', 'how many of the newest entries to begin with').default(10).argParser(whole),
    )
    .addOption(new Option('--every <ms>', 'time between two looks at the table').default(1_000).argParser(whole))
    .option('--table <name>', 'the table', 'actionlog')
    .option('--tenant-column <name>', 'the tenant column', 'gsid');
  addJsonFlag(addStreamFlags(command));
  return command
    .addHelpText(
      'after',
      `
It ends with Ctrl-C. With --json each entry or event is one line.

Examples:
  express-actionlog tail mysql://app@127.0.0.1/erp
  STREAM_SECRET=… express-actionlog tail --events --gsid 3 --url http://127.0.0.1:9999`,
    )
    .action(async (database: string | undefined, flags: TailFlags) => {
      const { gsid, json, last, every, table, tenantColumn, userid, timeout } = flags;
      const ended = new AbortController();
      stopped.then(() => ended.abort()).catch(() => ended.abort());
      const common = { signal: ended.signal, json: json === true, write: (line: string) => stdout.write(`${line}\n`) };
      const note = (text: string) => stderr.write(`${text}\n`);
      if (flags.events) {
        const secrets = requiredSecrets(env, 'tail');
        const url = requiredUrl(flags, 'tail');
        await tailEvents({ ...common, note, url, secrets, gsid: gsid ?? '1', userid, timeoutMs: timeout });
      } else {
        const address = databaseFrom(database, env);
        await tailEntries({ ...common, note, address, table, tenantColumn, gsid, last, everyMs: every });
      }
    });
}

function whole(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('a whole number');
  return Number(text);
}
