import { Command, Option } from 'commander';
import { migrateCommand } from '../action/migrate-command.ts';
import { readTable, type TableStatus } from '../action/table-reader.ts';
import { CommandFailed } from './command-failed.ts';
import { databaseFrom } from './database.ts';
import type { CliIo } from './io.ts';
import { type Answer, look, reasonOf, sumOf } from './server-look.ts';
import { addJsonFlag, addStreamFlags, requiredUrl, type StreamFlags } from './stream-target.ts';

interface StatusFlags extends StreamFlags {
  table: string;
  tenantColumn: string;
  operationsUrl?: string;
  json?: true;
}

interface ServerStatus {
  url: string;
  ready: boolean;
  /** What `/readyz` says, or why it cannot be asked. */
  said: string;
  /** Pages connected to it; only where its operations port is named. */
  connections?: number | undefined;
}

/** `express-actionlog status`: how a table and a streaming server are doing. */
export function statusCommand({ env, stdout }: CliIo): Command {
  const command = new Command('status')
    .description('say how a table and a streaming server are doing; exit code 1 where one of them is not well')
    .argument('[database]', 'mysql://user@host/name or sqlite:file; default: the variable ACTIONLOG_DATABASE')
    .option('--table <name>', 'the table', 'actionlog')
    .option('--tenant-column <name>', 'the tenant column', 'gsid')
    .addOption(
      new Option('--operations-url <address>', "the server's operations port, for the number of its pages").env(
        'STREAM_OPERATIONS_URL',
      ),
    );
  addJsonFlag(addStreamFlags(command));
  return command
    .addHelpText(
      'after',
      `
It looks at what is named: the database, the streaming server, or both. A password belongs into
ACTIONLOG_DATABASE_PASSWORD.

Examples:
  express-actionlog status mysql://app@127.0.0.1/erp
  express-actionlog status --url http://127.0.0.1:9999 --operations-url http://127.0.0.1:9998`,
    )
    .action(async (database: string | undefined, flags: StatusFlags) => {
      const { table, tenantColumn, operationsUrl } = flags;
      const asksServer = flags.url !== undefined || operationsUrl !== undefined;
      const asksTable = database !== undefined || env['ACTIONLOG_DATABASE'] !== undefined;
      if (!asksServer && !asksTable) throw new TypeError('status: of what? Name a database, or a server by --url');
      const found = asksTable ? await tableStatus(databaseFrom(database, env), table, tenantColumn) : undefined;
      const server = asksServer ? await serverStatus(flags) : undefined;
      if (flags.json) stdout.write(`${JSON.stringify({ table: found && { name: table, ...found }, server })}\n`);
      else stdout.write(`${found ? tableText(table, tenantColumn, found) : ''}${server ? serverText(server) : ''}`);
      if (server?.ready === false || found?.lease === 'missing') throw new CommandFailed();
    });
}

async function tableStatus(address: string, table: string, tenantColumn: string): Promise<TableStatus> {
  const reader = await readTable(address, table, tenantColumn);
  try {
    return await reader.status();
  } finally {
    await reader.close();
  }
}

async function serverStatus({ url: given, operationsUrl, timeout }: StatusFlags): Promise<ServerStatus> {
  const url = requiredUrl({ url: given ?? operationsUrl ?? '' }, 'status');
  try {
    const { status, text } = await look(url, '/readyz', timeout);
    const metrics = operationsUrl
      ? await look(requiredUrl({ url: operationsUrl }, 'status'), '/metrics', timeout)
      : undefined;
    return { url, ready: status === 200, said: saidOf({ status, text }), connections: connectionsOf(metrics) };
  } catch (error) {
    return { url, ready: false, said: `cannot be reached: ${reasonOf(error)}` };
  }
}

function saidOf({ status, text }: Answer): string {
  return status === 200 || status === 503 ? text : `answered ${status}: no streaming server of its own listens there`;
}

function connectionsOf(metrics: Answer | undefined): number | undefined {
  return metrics?.status === 200 ? sumOf(metrics.text, 'actionlog_server_connections') : undefined;
}

function tableText(
  table: string,
  tenantColumn: string,
  { waiting, oldestSeconds, newest, lease, lacks }: TableStatus,
): string {
  const age = oldestSeconds === undefined ? '' : `, the oldest for ${oldestSeconds} s`;
  const holder =
    lease === 'missing'
      ? `nobody can: the table of the lease is missing; run: ${migrateCommand(table, tenantColumn)}`
      : lease
        ? `${lease.holder}, whose lease lasts ${lease.secondsLeft} s more`
        : 'nobody holds the lease at the moment';
  return `table ${table}
  newest entry     ${newest}
  to be announced  ${waiting}${age}
  announced by     ${holder}
  columns          ${lacks.length === 0 ? 'complete' : `without ${lacks.join(', ')}: migrate adds them`}
`;
}

function serverText({ url, said, connections }: ServerStatus): string {
  const pages = connections === undefined ? '' : `\n  pages            ${connections}`;
  return `streaming server ${url}\n  readyz           ${said}${pages}\n`;
}
