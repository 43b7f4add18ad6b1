import { Command, CommanderError } from 'commander';
import type { CliIo } from './io.ts';
import { migrateCommand } from './migrate-command.ts';
import { serveCommand } from './serve-command.ts';

/** Runs one command. Resolves with the exit code: 0, 1 for a failure, 2 for wrong use. */
export async function main(argv: readonly string[], io: CliIo): Promise<number> {
  const program = new Command('express-actionlog')
    .description('Who did what: kept in one row, and live in every other browser.')
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
    io.stderr.write(`express-actionlog: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof TypeError ? 2 : 1;
  }
}

function inherit(program: Command, command: Command): Command {
  return command.copyInheritedSettings(program);
}
