import { Command } from 'commander';
import { type CheckStep, checkSteps } from './check-steps.ts';
import { CommandFailed } from './command-failed.ts';
import type { CliIo } from './io.ts';
import { addJsonFlag, addStreamFlags, requiredSecrets, requiredUrl, type StreamFlags } from './stream-target.ts';

interface CheckFlags extends StreamFlags {
  gsid: string;
  json?: true;
}

/** A tenant that nobody has: the canary reaches no real page. */
const ownTenant = 'express-actionlog-check';

/** `express-actionlog check`: a canary through the relay to a page. */
export function checkCommand({ env, stdout }: CliIo): Command {
  const command = new Command('check')
    .description('open a page, send an event through the relay, and watch it arrive; exit code 1 where it does not')
    .option(
      '--gsid <tenant>',
      'as whose page; the default is a tenant of its own, so that no real page is reached',
      ownTenant,
    );
  addJsonFlag(addStreamFlags(command));
  return command
    .addHelpText(
      'after',
      `
The secret comes from the environment, STREAM_SECRET. --timeout is for each step.

Example:
  STREAM_SECRET=… express-actionlog check --url http://127.0.0.1:9999`,
    )
    .action(async (flags: CheckFlags) => {
      const secrets = requiredSecrets(env, 'check');
      const url = requiredUrl(flags, 'check');
      const steps: CheckStep[] = [];
      for await (const step of checkSteps({ url, secrets, gsid: flags.gsid, timeoutMs: flags.timeout })) {
        steps.push(step);
        if (!flags.json) stdout.write(lineOf(step));
      }
      const ok = steps.every((step) => step.ok);
      if (flags.json) stdout.write(`${JSON.stringify({ ok, url, steps })}\n`);
      if (!ok) throw new CommandFailed();
    });
}

function lineOf({ step, ok, ms, said, remedy }: CheckStep): string {
  const line = `${ok ? 'ok    ' : 'FAILED'} ${step.padEnd(7)} ${`${ms} ms`.padStart(10)}  ${said}\n`;
  return remedy === undefined ? line : `${line}       ${remedy}\n`;
}
