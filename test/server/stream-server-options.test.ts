import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { createStreamServer, type StreamServerOptions } from '../../lib/server/index.ts';
import { secret } from './clients.ts';

const refused = (options: unknown, message: RegExp) =>
  assert.throws(
    () => createStreamServer(options as StreamServerOptions),
    (error: Error) => {
      assert.match(error.message, message);
      assert.ok(!error.message.includes(secret));
      return error instanceof TypeError;
    },
  );

describe('the options of a streaming server', () => {
  test('need secrets, long ones that were never published', () => {
    refused({}, /option "secrets".*at least 32 bytes/);
    refused({ secrets: [] }, /secrets/);
    refused({ secrets: ['short'] }, /secrets.*32 bytes.*a string of 5 bytes/);
    refused({ secrets: ['changeme'] }, /secrets/);
  });

  test('that do not exist are refused', () => {
    refused({ secrets: [secret], heartbeat: 5 }, /unknown option "heartbeat"/);
  });

  test('must be of their form', () => {
    for (const name of ['toleranceMs', 'heartbeatMs', 'maxConnections', 'maxConnectionAgeMs', 'relayTimeoutMs']) {
      refused({ secrets: [secret], [name]: -1 }, new RegExp(`option "${name}"`));
    }
    refused({ secrets: [secret], allowedOrigins: ['https://a.example/path'] }, /origin such as/);
    refused({ secrets: [secret], logger: { info: () => undefined } }, /info, warn and error/);
    refused({ secrets: [secret], compatibility: 'php' }, /compatibility/);
  });

  test('of Gyroscope belong to its compatible mode, and are needed there', () => {
    for (const name of ['internalKey', 'wssecret', 'timeZone']) {
      refused({ secrets: [secret], [name]: 'UTC' }, new RegExp(`"${name}".*compatibility`));
    }
    const both = { compatibility: 'gyroscope', internalKey: 'a'.repeat(40), wssecret: 'b'.repeat(40) };
    refused({ ...both, internalKey: undefined }, /internalKey.*WSS_INTERNAL_KEY, or '' as in its legacy mode/);
    refused({ ...both, wssecret: '' }, /wssecret/);
    createStreamServer({ ...both, internalKey: '' } as StreamServerOptions);
    refused({ ...both, wssecret: undefined }, /wssecret/);
    refused({ ...both, timeZone: 'Mars/Olympus' }, /timeZone.*IANA/);
    createStreamServer(both as StreamServerOptions);
  });

  test('warn once of Gyroscope’s secrets where they are weak, and take them', async () => {
    const warnings: (Error & { code?: string })[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    const weak: StreamServerOptions = { compatibility: 'gyroscope', internalKey: 'asdf-changeme', wssecret: 'asdf' };
    const warned = once(process, 'warning');
    createStreamServer(weak);
    createStreamServer(weak);
    await warned;
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['ACTIONLOG_WEAK_KEY', 'ACTIONLOG_WEAK_KEY'],
    );
    createStreamServer({ ...weak, internalKey: '' });
    assert.match(warnings.map(({ message }) => message).join(), /"internalKey" is weak.*"wssecret" is weak/);
    assert.ok(!warnings.some(({ message }) => message.includes('asdf')));
  });
});
