import { Command, InvalidArgumentError, Option } from 'commander';
import { ActionlogError } from '../errors.ts';
import type { CliIo } from './io.ts';
import { addJsonFlag, addStreamFlags, relayFor, type StreamFlags } from './stream-target.ts';

interface SendFlags extends StreamFlags {
  rectype: string;
  recid: string;
  gsid: string;
  userid: string;
  wssid: number;
  extra?: unknown;
  json?: true;
}

/** `express-actionlog send`: one event through the relay, without an entry. */
export function sendCommand({ env, stdout }: CliIo): Command {
  const command = new Command('send')
    .description('send one event to the pages of a tenant, to try things; no entry is written')
    .requiredOption('--rectype <type>', 'record type')
    .requiredOption('--recid <id>', 'record id')
    .option('--gsid <tenant>', 'tenant; 0 for every tenant', '1')
    .option('--userid <id>', 'who is said to have changed it', '0')
    .addOption(new Option('--wssid <id>', 'connection id whose page takes it for its own').default(0).argParser(Number))
    .addOption(new Option('--extra <json>', 'additions to the event').argParser(json))
    .option('--redis-prefix <prefix>', 'push it to <prefix>actions at REDIS_URL, instead of --url');
  addJsonFlag(addStreamFlags(command));
  return command
    .addHelpText(
      'after',
      `
The secret comes from the environment: STREAM_SECRET; or WSS_INTERNAL_KEY and WSSECRET (and WSS_TIME_ZONE, UTC where it is
not set), for Gyroscope's wire.

Example:
  STREAM_SECRET=… express-actionlog send --url http://127.0.0.1:9999 --gsid 3 --rectype product --recid 12 --extra '{"price":9}'`,
    )
    .action(async (flags: SendFlags) => {
      const { rectype, recid, gsid, userid, wssid, extra } = flags;
      const relay = relayFor(oneWay(flags, command), env, 'send');
      const begun = performance.now();
      try {
        const event = { sid: wssid, gsid, userid, rectype, recid, ...(extra === undefined ? {} : { extra }) };
        const { refused } = await relay.send(event);
        const ms = Math.round(performance.now() - begun);
        if (refused !== undefined)
          throw new ActionlogError('event-refused', `the streaming server refused it: ${refused}`);
        const answer = flags.json ? JSON.stringify({ status: 'sent', ms }) : `sent: acknowledged after ${ms} ms`;
        stdout.write(`${answer}\n`);
      } finally {
        await relay.close(0);
      }
    });
}

/** Where a flag's value may come from; what stands further behind is closer to the caller. */
const sources = ['config', 'env', 'cli'];

/** The way that was asked for most closely: over HTTP, or over Redis. @throws TypeError where that is both */
function oneWay(flags: SendFlags, command: Command): StreamFlags {
  const closeness = (flag: string) => sources.indexOf(command.getOptionValueSource(flag) ?? 'none');
  const lead = closeness('url') - closeness('redisPrefix');
  const { redisPrefix, ...overHttp } = flags;
  if (redisPrefix !== undefined && lead === 0) {
    throw new TypeError('send: choose one: --url (a streaming server) or --redis-prefix (the list in Redis)');
  }
  return lead > 0 ? overHttp : flags;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('expected JSON, such as \'{"price":9}\'');
  }
}
