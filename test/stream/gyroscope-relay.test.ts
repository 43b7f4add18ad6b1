import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { mock, test } from 'node:test';
import { GyroscopeTcpRelay } from '../../lib/stream/gyroscope-relay.ts';
import { startGyroscopeRecorder } from '../support/gyroscope-recorder.ts';
import { vectors } from '../support/vectors.ts';

const bounds = {
  connectTimeoutMs: 1000,
  timeoutMs: 1000,
  maxConnections: 2,
  maxQueued: 100,
  maxConnectionsPerSecond: 200,
};
const event = { sid: 1, userid: '42', gsid: '3', rectype: 'user', recid: 101 };

function relayTo(url: string, options: Partial<ConstructorParameters<typeof GyroscopeTcpRelay>[0]> = {}) {
  return new GyroscopeTcpRelay({ url, internalKey: 'k', wssecret: 's', timeZone: 'UTC', ...bounds, ...options });
}

for (const [index, vector] of vectors.stream.entries()) {
  const { utc, timezone: timeZone, internalKey, wssecret, input } = vector;
  test(`recording ${index} (${utc}, ${timeZone}, ${input.rectype}): what we send equals it to the byte`, async () => {
    await using recorder = await startGyroscopeRecorder();
    mock.timers.enable({ apis: ['Date'], now: Date.parse(utc) });
    try {
      const { wssid: sid, ...rest } = input;
      const outcome = await relayTo(recorder.url, { internalKey, wssecret, timeZone }).send({ sid, ...rest });
      assert.deepEqual(outcome, {});
    } finally {
      mock.timers.reset();
    }
    assert.deepEqual(await recorder.until(1), [{ handshake: vector.handshake, message: vector.message }]);
  });
}

test('each action has a connection of its own', async () => {
  await using recorder = await startGyroscopeRecorder();
  const relay = relayTo(recorder.url);
  await Promise.all([1, 2, 3].map((recid) => relay.send({ ...event, recid })));
  const messages = (await recorder.until(3)).map(({ message }) => JSON.parse(message).relay.recid);
  assert.deepEqual(messages.sort(), [1, 2, 3]);
});

test('a refused key says what to compare', async () => {
  await using recorder = await startGyroscopeRecorder('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
  await assert.rejects(relayTo(recorder.url).send(event), {
    code: 'relay-unauthorized',
    message: /wssecret and timeZone/,
  });
});

test('a server that is not there, or no streaming server, is told apart', async () => {
  await using recorder = await startGyroscopeRecorder('SSH-2.0-something\r\n\r\n');
  await assert.rejects(relayTo(recorder.url).send(event), { code: 'relay-refused' });
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as { port: number };
  closed.close();
  await once(closed, 'close');
  await assert.rejects(relayTo(`http://127.0.0.1:${port}`).send(event), { code: 'relay-unreachable' });
});

test('a server that accepts and says nothing costs no more than the budget', async () => {
  const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  await assert.rejects(relayTo(`http://127.0.0.1:${port}`, { timeoutMs: 50 }).send(event), { code: 'relay-timeout' });
  silent.close();
  await once(silent, 'close');
});

test('what the server says of a dump comes back', async () => {
  const answer = { wsclientmap: { '7': { gsid: '3', userid: '42' } } };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
    socket.on('end', () => socket.end(JSON.stringify(answer)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const outcome = await relayTo(`http://127.0.0.1:${port}`).send({ ...event, rectype: 'wsclientmap' });
  assert.deepEqual(outcome, { dump: answer });
  server.close();
  await once(server, 'close');
});

test('the queue is bounded: one action to a connection, paced, and what exceeds it is refused with a code', async () => {
  await using recorder = await startGyroscopeRecorder();
  const relay = relayTo(recorder.url, { maxQueued: 3, maxConnections: 1, maxConnectionsPerSecond: 2 });
  const outcomes = [1, 2, 3, 4, 5].map((recid) => relay.send({ ...event, recid }));
  const full = assert.rejects(outcomes[4] as Promise<unknown>, { code: 'relay-queue-full' });
  await Promise.all([full, ...outcomes.slice(0, 2)]);
  assert.equal((await recorder.until(2)).length, 2); // the third connection has to wait for the second to be over
  const closed = Promise.allSettled(outcomes.slice(2, 4));
  await relay.close(1);
  for (const outcome of await closed) assert.equal(outcome.status, 'rejected');
});
