import { Argument, Command } from 'commander';
import { ActionlogError } from '../errors.ts';
import type { CliIo } from './io.ts';
import { addJsonFlag, addStreamFlags, relayFor, type StreamFlags } from './stream-target.ts';

interface DumpFlags extends StreamFlags {
  gsid: string;
  json?: true;
}

/** `express-actionlog dump`: who is connected. */
export function dumpCommand({ env, stdout }: CliIo): Command {
  const command = new Command('dump')
    .description('print who is connected, over all servers of one Redis; the streaming server logs it as well')
    .addArgument(
      new Argument(
        '<what>',
        'gsidmap: connection ids by tenant; wsclientmap: tenant and user by connection id',
      ).choices(['gsidmap', 'wsclientmap']),
    )
    .option('--gsid <tenant>', 'of one tenant alone; 0 for all', '0');
  addJsonFlag(addStreamFlags(command));
  return command
    .addHelpText(
      'after',
      `
The secret comes from the environment, STREAM_SECRET.

Example:
  STREAM_SECRET=… express-actionlog dump gsidmap --url http://127.0.0.1:9999`,
    )
    .action(async (what: 'gsidmap' | 'wsclientmap', flags: DumpFlags) => {
      const relay = relayFor(flags, env, 'dump');
      try {
        const { dump } = await relay.send({ sid: 0, gsid: flags.gsid, userid: '0', rectype: what, recid: '0' });
        if (!dump) throw new ActionlogError('relay-refused', 'the streaming server has answered without a dump');
        stdout.write(flags.json ? `${JSON.stringify(dump)}\n` : textOf(dump));
      } finally {
        await relay.close(0);
      }
    });
}

function textOf(dump: object): string {
  const maps = dump as {
    gsidmap?: Record<string, number[]>;
    wsclientmap?: Record<string, { gsid: string; userid: string }>;
  };
  const tenants = Object.entries(maps.gsidmap ?? {}).map(([gsid, sids]) => `tenant ${gsid}: ${sids.join(' ')}`);
  const pages = Object.entries(maps.wsclientmap ?? {}).map(
    ([sid, { gsid, userid }]) => `${sid}: user ${userid} of tenant ${gsid}`,
  );
  const lines = [...tenants, ...pages];
  return lines.length === 0 ? 'nobody is connected\n' : `${lines.join('\n')}\n`;
}
