import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { checkCommand } from './check-command.ts';
import { CommandFailed } from './command-failed.ts';
import { applyConfig, applyEnvironment } from './config-file.ts';
import { dumpCommand } from './dump-command.ts';
import type { CliIo } from './io.ts';
import { migrateCommand } from './migrate-command.ts';
import { pruneCommand } from './prune-command.ts';
import { scrubber } from './scrub.ts';
import { sendCommand } from './send-command.ts';
import { serveCommand } from './serve-command.ts';
import { statusCommand } from './status-command.ts';
import { tailCommand } from './tail-command.ts';
import { tokenCommand } from './token-command.ts';

/** The package's own; the path is the same from `lib/` and from `dist/`. */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const commands = [
  ...[serveCommand, migrateCommand, pruneCommand, statusCommand, checkCommand],
  ...[sendCommand, tailCommand, dumpCommand, tokenCommand],
];

const about = `
What a flag does not say is taken from the environment, then from the config file, such as
{"database":"mysql://app@127.0.0.1/erp","serve":{"port":9999,"maxConnections":20000}}; keys are flags in camel case.
Secrets come from the environment alone. Exit codes: 0, 1 for a failure, 2 for wrong use.

Start with:
  STREAM_SECRET=$(openssl rand -hex 32) express-actionlog serve
  express-actionlog serve --help`;

/** An error with all that led to it: on a command line nobody can look into `cause`. */
function explained(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  const system = typeof code === 'string' && /^E[A-Z]/.test(code) && !error.message.includes(code) ? `${code} ` : '';
  const lines = [`${system}${error.message}`];
  if (error.cause !== undefined) lines.push(`  because: ${explained(error.cause)}`);
  if (code === 'ER_ACCESS_DENIED_ERROR') lines.push('  the password belongs into ACTIONLOG_DATABASE_PASSWORD');
  if (code === 'EADDRINUSE') lines.push('  another program listens there: choose another port by --port');
  return lines.join('\n');
}

/** Runs one command. Resolves with the exit code: 0, 1 for a failure, 2 for wrong use. */
export async function main(argv: readonly string[], io: CliIo): Promise<number> {
  const scrub = scrubber(io.env);
  const program = new Command('express-actionlog')
    .description('Who did what: kept in one row, and live in every other browser.')
    .version(version)
    .option('--config <file>', 'a file of options in JSON; default: express-actionlog.json in the working directory')
    .addHelpText('after', about)
    .showHelpAfterError()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(scrub(text)) })
    .exitOverride()
    .hook('preAction', (_, command) => {
      applyEnvironment(command, io.env);
      applyConfig(command, program.opts()['config'], io);
    });
  for (const command of commands) program.addCommand(inherit(program, command(io)));
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof CommandFailed) return 1;
    io.stderr.write(scrub(`express-actionlog: ${explained(error)}\n`));
    return error instanceof TypeError ? 2 : 1;
  }
}

function inherit(program: Command, command: Command): Command {
  return command.copyInheritedSettings(program);
}
