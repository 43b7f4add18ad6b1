import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { CliIo } from './io.ts';
import { migrateCommand } from './migrate-command.ts';
import { serveCommand } from './serve-command.ts';

/** The package's own; the path is the same from `lib/` and from `dist/`. */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

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
  const program = new Command('express-actionlog')
    .description('Who did what: kept in one row, and live in every other browser.')
    .version(version)
    .showHelpAfterError()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .exitOverride();
  program.addCommand(inherit(program, migrateCommand(io)));
  program.addCommand(inherit(program, serveCommand(io)));
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.stderr.write(`express-actionlog: ${explained(error)}\n`);
    return error instanceof TypeError ? 2 : 1;
  }
}

function inherit(program: Command, command: Command): Command {
  return command.copyInheritedSettings(program);
}
