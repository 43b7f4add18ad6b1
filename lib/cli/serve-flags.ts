import { type Command, InvalidArgumentError, Option } from 'commander';
import { redisActions, redisEngine } from '../redis/index.ts';
import type { StreamServerOptions } from '../server/index.ts';
import { databaseFrom } from './database.ts';
import type { CliIo } from './io.ts';
import { addLimitFlags, limitsFrom } from './limit-flags.ts';
import { logFormats, logLevels } from './serve-log.ts';
import { redisAddress, secretsFrom } from './stream-target.ts';

/** The flags of `serve`, beside those of the limits. */
export interface ServeFlags {
  host: string;
  port: number;
  operationsPort?: number;
  operationsHost: string;
  node?: string;
  compatibility?: 'gyroscope';
  timeZone: string;
  allowOrigin?: string[];
  redisPrefix?: string;
  actionsPrefix?: string;
  poll?: string | boolean;
  pollEvery: number;
  pollAfter: number;
  table: string;
  tenantColumn: string;
  logLevel: (typeof logLevels)[number];
  logFormat?: (typeof logFormats)[number];
}

/** Adds the flags of `serve`. */
export function addServeFlags(command: Command): void {
  const options: Option[] = [];
  const add = (flags: string, what: string) => {
    const option = new Option(flags, what);
    options.push(option);
    return option;
  };
  add('--host <address>', 'address to listen on').default('127.0.0.1').env('HOST');
  add('--port <number>', 'port; 0 for any that is free').default(9999).argParser(port).env('PORT');
  add('--operations-port <number>', 'a port of its own for /livez, /readyz and /metrics; default: none')
    .argParser(port)
    .env('OPERATIONS_PORT');
  add('--operations-host <address>', 'its address, which must not be public')
    .default('127.0.0.1')
    .env('OPERATIONS_HOST');
  add('--node <name>', "names this server in its metrics; default: the host's name").env('NODE_NAME');
  add('--log-level <level>', 'least level of the lines that are logged')
    .choices(logLevels)
    .default('info')
    .env('LOG_LEVEL');
  add('--log-format <format>', 'default: text at a terminal, JSON lines elsewhere')
    .choices(logFormats)
    .env('LOG_FORMAT');
  add('--compatibility <with>', "take Gyroscope's relays and browsers").choices(['gyroscope']);
  add('--time-zone <zone>', "time zone of Gyroscope's keys").default('UTC');
  add('--allow-origin <origin...>', 'origins whose pages may connect; default: every origin, since a token is needed');
  add('--redis-prefix <prefix>', 'connect several servers over Redis (REDIS_URL), under this prefix').env(
    'REDIS_PREFIX',
  );
  add('--actions-prefix <prefix>', "take what PHP's or redisRelay's actions list in Redis (REDIS_URL) holds");
  add(
    '--poll [database]',
    "announce a table's entries: mysql://user@host/name or sqlite:file; default: ACTIONLOG_DATABASE",
  );
  add('--poll-every <ms>', 'time between two looks at the table').default(500).argParser(whole);
  add('--poll-after <ms>', 'age from which entries are announced; 10000 where application servers relay as well')
    .default(0)
    .argParser(whole);
  add('--table <name>', 'the table').default('actionlog');
  add('--tenant-column <name>', 'the tenant column').default('gsid');
  // only now: what is chained to an option above belongs to it
  for (const option of options) command.addOption(option);
  addLimitFlags(command);
}

/**
 * The options of the streaming server that flags and environment ask for.
 *
 * @throws TypeError where the secret, or an address that a flag needs, is missing
 */
export function serverOptionsFrom(flags: ServeFlags, env: CliIo['env']): StreamServerOptions {
  const { compatibility, timeZone, allowOrigin, operationsPort, operationsHost, node, redisPrefix, actionsPrefix } =
    flags;
  const secrets = secretsFrom(env);
  if (!compatibility && secrets.length === 0) {
    throw new TypeError('serve: set STREAM_SECRET to the secret that the application servers have as well');
  }
  if (compatibility && env['WSS_INTERNAL_KEY'] === undefined) {
    throw new TypeError(
      "serve: set WSS_INTERNAL_KEY to Gyroscope's own; to the empty text (WSS_INTERNAL_KEY=) where its application servers do not relay, and --poll announces their entries",
    );
  }
  const redis = () => redisAddress(env, 'serve');
  return {
    ...(secrets.length > 0 ? { secrets } : {}),
    ...(compatibility
      ? { compatibility, internalKey: env['WSS_INTERNAL_KEY'], wssecret: env['WSSECRET'], timeZone }
      : {}),
    ...(allowOrigin ? { allowedOrigins: allowOrigin } : {}),
    ...(operationsPort === undefined ? {} : { operations: { port: operationsPort, host: operationsHost } }),
    ...(node === undefined ? {} : { node }),
    ...(redisPrefix === undefined ? {} : { engine: redisEngine({ redis: redis(), prefix: redisPrefix }) }),
    ...(actionsPrefix === undefined ? {} : { actions: redisActions({ redis: redis(), prefix: actionsPrefix }) }),
    ...limitsFrom({ ...flags }),
    ...(flags.poll ? { poll: pollFrom(flags, env) } : {}),
  };
}

function pollFrom({ poll, pollEvery, pollAfter, table, tenantColumn }: ServeFlags, env: CliIo['env']) {
  const database = databaseFrom(typeof poll === 'string' ? poll : undefined, env);
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
