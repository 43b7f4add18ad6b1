import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BytesUnderWay } from '../../lib/server/relay-body.ts';
import { openRaw, relay, relayHeaders, secret, startServer, updateOf } from './clients.ts';

const megabyte = 1_048_576;

/** A relay of that size of which all but the last byte is sent. */
async function unfinished(port: number, bytes: number) {
  const body = ' '.repeat(bytes);
  const headers = Object.entries({ ...relayHeaders(body), 'Content-Length': String(bytes) });
  const lines = headers.map(([name, value]) => `${name}: ${value}`).join('\r\n');
  return await openRaw(port, [`POST /relay HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n`, body.slice(1)]);
}

test('relays that are under way hold so many bytes together and no more: what exceeds it is to come again', async () => {
  await using running = await startServer({
    secrets: [secret],
    maxRelayBytesUnderWay: megabyte,
    relayTimeoutMs: 60_000,
  });
  const { socket } = await unfinished(running.port, megabyte);
  let refused = await relay(running.port, [updateOf({ extra: 'x'.repeat(60_000) })]);
  while (refused.status === 202) refused = await relay(running.port, [updateOf({ extra: 'x'.repeat(60_000) })]);
  assert.equal(refused.status, 503);
  assert.equal(refused.json.error.code, 'relays-pile-up');
  assert.equal(refused.headers['retry-after'], '1');

  socket.destroy(); // what a peer held that is gone is free again
  let taken = await relay(running.port, [updateOf()]);
  while (taken.status === 503) taken = await relay(running.port, [updateOf()]);
  assert.equal(taken.status, 202);
});

test('bytes under way are counted up to the bound, and given back', () => {
  const underWay = new BytesUnderWay(10);
  assert.equal(underWay.take(6), true);
  assert.equal(underWay.take(5), false);
  assert.equal(underWay.bytes, 6);
  assert.equal(underWay.take(4), true);
  underWay.giveBack(6);
  assert.equal(underWay.bytes, 4);
});

test('relays that are too large, too slow or given up leave nothing counted', async () => {
  const options = { secrets: [secret], maxRelayBytesUnderWay: megabyte, relayTimeoutMs: 50 };
  await using running = await startServer(options);
  for (let round = 0; round < 3; round += 1) {
    const { ended } = await unfinished(running.port, megabyte - 100);
    await ended; // in time: 408
    assert.equal((await relay(running.port, Buffer.alloc(megabyte + 1, ' '))).status, 413);
  }
  assert.equal((await relay(running.port, [updateOf({ extra: 'x'.repeat(60_000) })])).status, 202);
});
