import { Command, InvalidArgumentError, Option } from 'commander';
import { createStreamServer } from '../server/index.ts';
import { databaseFrom } from './database.ts';
import type { CliIo } from './io.ts';
import { addLimitFlags, limitsFrom } from './limit-flags.ts';

interface ServeFlags {
  host: string;
  port: number;
  compatibility?: 'gyroscope';
  timeZone: string;
  allowOrigin?: string[];
  poll?: string | true;
  pollEvery: number;
  pollAfter: number;
  table: string;
  tenantColumn: string;
}

/** `express-actionlog serve`: the streaming server in a process of its own. */
export function serveCommand({ env, stdout, stopped }: CliIo): Command {
  const command = new Command('serve')
    .description('run the streaming server')
    .addOption(new Option('--host <address>', 'address to listen on').default('127.0.0.1').env('HOST'))
    .addOption(new Option('--port <number>', 'port; 0 for any that is free').default(9999).argParser(port).env('PORT'))
    .addOption(new Option('--compatibility <with>', "take Gyroscope's relays and browsers").choices(['gyroscope']))
    .option('--time-zone <zone>', "time zone of Gyroscope's keys", 'UTC')
    .option(
      '--allow-origin <origin...>',
      'origins whose pages may connect; default: every origin, since a token is needed',
    )
    .option(
      '--poll [database]',
      "announce a table's entries: mysql://user@host/name or sqlite:file; default: the variable ACTIONLOG_DATABASE",
    )
    .addOption(new Option('--poll-every <ms>', 'time between two looks at the table').default(500).argParser(whole))
    .addOption(
      new Option(
        '--poll-after <ms>',
        'age from which entries are announced; 10000 where application servers relay as well',
      )
        .default(0)
        .argParser(whole),
    )
    .option('--table <name>', 'the table', 'actionlog')
    .option('--tenant-column <name>', 'the tenant column', 'gsid');
  addLimitFlags(command);
  return command
    .addHelpText(
      'after',
      `
Secrets come from the environment, never from the command line:
  STREAM_SECRET      shared with the application servers; several, newest first, separated by spaces
  WSS_INTERNAL_KEY   Gyroscope's key for relays      (with --compatibility gyroscope)
  WSSECRET           Gyroscope's secret for browsers (with --compatibility gyroscope)
  ACTIONLOG_DATABASE, ACTIONLOG_DATABASE_PASSWORD    the database (with --poll)

What each limit is by default, and what happens beyond it, is in docs/streaming-server.md.

SIGTERM or SIGINT ends it in order: pages are told to come back, what is under way is finished.

Example:
  STREAM_SECRET=$(openssl rand -hex 32) express-actionlog serve --port 9999`,
    )
    .action(async ({ host, port, compatibility, timeZone, allowOrigin, ...polling }: ServeFlags) => {
      const secrets = (env['STREAM_SECRET'] ?? '').split(/\s+/).filter((secret) => secret !== '');
      if (!compatibility && secrets.length === 0) {
        throw new TypeError('serve: set STREAM_SECRET to the secret that the application servers have as well');
      }
      const server = createStreamServer({
        ...(secrets.length > 0 ? { secrets } : {}),
        ...(compatibility
          ? { compatibility, internalKey: env['WSS_INTERNAL_KEY'], wssecret: env['WSSECRET'], timeZone }
          : {}),
        ...(allowOrigin ? { allowedOrigins: allowOrigin } : {}),
        ...limitsFrom(polling as Record<string, unknown>),
        ...(polling.poll ? { poll: pollFrom(polling, env) } : {}),
      });
      const address = await server.listen({ host, port });
      stdout.write(`streaming server on http://${address.host}:${address.port}\n`);
      const signal = await stopped;
      stdout.write(`${signal}: closing ${server.connections} connections\n`);
      await server.close();
    });
}

function pollFrom({ poll, pollEvery, pollAfter, table, tenantColumn }: Partial<ServeFlags>, env: CliIo['env']) {
  const database = databaseFrom(poll === true ? undefined : poll, env);
  return { database, table, tenantColumn, everyMs: pollEvery, sweepAfterMs: pollAfter };
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number of milliseconds');
  return Number(text);
}

function port(text: string): number {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number > 65_535) throw new InvalidArgumentError('a number from 0 to 65535');
  return number;
}
