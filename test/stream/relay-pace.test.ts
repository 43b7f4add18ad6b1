import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStreamServer } from '../../lib/server/index.ts';
import { HttpRelay } from '../../lib/stream/relay.ts';

const secrets = ['a secret for the tests of thirty-two bytes'];
const event = { sid: 7, userid: 42, gsid: 3, rectype: 'product', recid: 12 };

test('the pace of Gyroscope’s wire, which stands in the same options, does not hold up the default wire', async (t) => {
  await using server = createStreamServer({ secrets });
  const { port } = await server.listen();
  const options = { connectTimeoutMs: 1000, timeoutMs: 1000, maxConnections: 1, maxQueued: 100 };
  const paced = { ...options, maxConnectionsPerSecond: 1 };
  t.mock.timers.enable({ apis: ['setTimeout'] }); // time stands still: what waits for the next second waits for ever
  const relay = new HttpRelay({ url: `http://127.0.0.1:${port}`, secrets, ...paced });
  for (let sent = 0; sent < 3; sent += 1) assert.deepEqual(await relay.send(event), { refused: undefined });
  t.mock.timers.reset();
  await relay.close(1000);
});
