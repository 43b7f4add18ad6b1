import { Command } from 'commander';
import { collectDefaultMetrics } from 'prom-client';
import { createStreamServer } from '../server/index.ts';
import type { CliIo } from './io.ts';
import { addServeFlags, type ServeFlags, serverOptionsFrom } from './serve-flags.ts';
import { serveLog } from './serve-log.ts';

/** `express-actionlog serve`: the streaming server in a process of its own. */
export function serveCommand(io: CliIo): Command {
  const command = new Command('serve').description('run the streaming server');
  addServeFlags(command);
  return command
    .addHelpText(
      'after',
      `
Secrets come from the environment, never from the command line:
  STREAM_SECRET      shared with the application servers; several, newest first, separated by spaces
  WSS_INTERNAL_KEY   Gyroscope's key for relays      (with --compatibility gyroscope; set and empty: its legacy mode, no relays)
  WSSECRET           Gyroscope's secret for browsers (with --compatibility gyroscope)
  REDIS_URL          the address of Redis            (with --redis-prefix or --actions-prefix)
  ACTIONLOG_DATABASE, ACTIONLOG_DATABASE_PASSWORD    the database (with --poll)

What each limit is by default, and what happens beyond it, is in docs/streaming-server.md; health, metrics and the log are
in docs/operating.md.

SIGTERM or SIGINT ends it in order: pages are told to come back, what is under way is finished.

Examples:
  STREAM_SECRET=$(openssl rand -hex 32) express-actionlog serve --port 9999
  STREAM_SECRET=… REDIS_URL=redis://10.0.0.5 express-actionlog serve --redis-prefix erp_ --operations-port 9998`,
    )
    .action(async (flags: ServeFlags) => {
      const { host, port, logLevel, logFormat } = flags;
      const log = serveLog(io, { level: logLevel, format: logFormat });
      const server = createStreamServer({ ...serverOptionsFrom(flags, io.env), logger: log });
      try {
        const address = await server.listen({ host, port });
        const url = `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
        log.info({ event: 'started', url, ...engineOf(flags) }, `streaming server on ${url}`);
        const { operations } = server;
        if (operations) {
          // of the process, beside the server's own
          collectDefaultMetrics({ register: await server.metrics() });
          const where = `http://${operations.host}:${operations.port}`;
          log.info({ event: 'operations', url: where }, `health and metrics on ${where}`);
        }
        const signal = await io.stopped;
        const { connections } = server;
        log.info({ event: 'closing', signal, connections }, `${signal}: closing ${connections} connections`);
      } finally {
        await server.close();
      }
      log.info({ event: 'closed' }, 'closed');
    });
}

function engineOf({ redisPrefix, actionsPrefix, poll }: ServeFlags) {
  return {
    engine: redisPrefix === undefined ? 'memory' : 'redis',
    ...(actionsPrefix === undefined ? {} : { takes: 'actions' }),
    ...(poll ? { polls: true } : {}),
  };
}
