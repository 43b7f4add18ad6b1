import { Command } from 'commander';
import { StreamKeys } from '../stream/keys.ts';
import { bearerPrefix, subprotocol } from '../stream/protocol.ts';
import type { CliIo } from './io.ts';
import { addJsonFlag, requiredSecrets } from './stream-target.ts';

interface TokenFlags {
  gsid: string;
  userid: string;
  login: string;
  json?: true;
}

/** `express-actionlog token`: a page's token, for debugging. */
export function tokenCommand({ env, stdout }: CliIo): Command {
  const command = new Command('token')
    .description("print a page's token for a user, for debugging: whoever has it is that user for a minute")
    .requiredOption('--userid <id>', 'the user')
    .option('--gsid <tenant>', 'his tenant', '1')
    .option('--login <name>', 'his login name', '');
  return addJsonFlag(command)
    .addHelpText(
      'after',
      `
It is signed with the first secret of STREAM_SECRET, and opens connections within 60 seconds.

Example:
  TOKEN=$(STREAM_SECRET=… express-actionlog token --gsid 3 --userid 42)
  npx wscat -c ws://127.0.0.1:9999/ -s actionlog -s bearer.$TOKEN`,
    )
    .action(async ({ gsid, userid, login, json }: TokenFlags) => {
      const token = await new StreamKeys(requiredSecrets(env, 'token')).issueToken({ gsid, userid, login });
      const protocols = [subprotocol, `${bearerPrefix}${token}`];
      stdout.write(json ? `${JSON.stringify({ token, protocols, expiresInMs: 60_000 })}\n` : `${token}\n`);
    });
}
