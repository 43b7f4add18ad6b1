import { Command, InvalidArgumentError, Option } from 'commander';
import { createStreamServer } from '../server/index.ts';
import type { CliIo } from './io.ts';

interface ServeFlags {
  host: string;
  port: number;
  compatibility?: 'gyroscope';
  timeZone: string;
  allowOrigin?: string[];
}

/** `express-actionlog serve`: the streaming server in a process of its own. */
export function serveCommand({ env, stdout, stopped }: CliIo): Command {
  return new Command('serve')
    .description('run the streaming server')
    .addOption(new Option('--host <address>', 'address to listen on').default('127.0.0.1').env('HOST'))
    .addOption(new Option('--port <number>', 'port; 0 for any that is free').default(9999).argParser(port).env('PORT'))
    .addOption(new Option('--compatibility <with>', "take Gyroscope's relays and browsers").choices(['gyroscope']))
    .option('--time-zone <zone>', "time zone of Gyroscope's keys", 'UTC')
    .option(
      '--allow-origin <origin...>',
      'origins whose pages may connect; default: every origin, since a token is needed',
    )
    .addHelpText(
      'after',
      `
Secrets come from the environment, never from the command line:
  STREAM_SECRET      shared with the application servers; several, newest first, separated by spaces
  WSS_INTERNAL_KEY   Gyroscope's key for relays      (with --compatibility gyroscope)
  WSSECRET           Gyroscope's secret for browsers (with --compatibility gyroscope)

SIGTERM or SIGINT ends it in order: pages are told to come back, what is under way is finished.

Example:
  STREAM_SECRET=$(openssl rand -hex 32) express-actionlog serve --port 9999`,
    )
    .action(async ({ host, port, compatibility, timeZone, allowOrigin }: ServeFlags) => {
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
      });
      const address = await server.listen({ host, port });
      stdout.write(`streaming server on http://${address.host}:${address.port}\n`);
      const signal = await stopped;
      stdout.write(`${signal}: closing ${server.connections} connections\n`);
      await server.close();
    });
}

function port(text: string): number {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number > 65_535) throw new InvalidArgumentError('a number from 0 to 65535');
  return number;
}
