import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { createActionlog } from '../../lib/index.ts';
import { LoneRequests } from '../../lib/stream/relay-connection.ts';
import { createDatabase } from '../support/mariadb.ts';
import { rawServer } from './raw-server.ts';

const accepted = '{"accepted":1,"refused":[]}';
const whole = `HTTP/1.1 202 Accepted\r\nContent-Length: ${accepted.length}\r\n\r\n${accepted}`;
const answer = (socket: Socket) => socket.end(whole);
const requestsTo = (url: string) => new LoneRequests({ url, connectTimeoutMs: 1000, timeoutMs: 1000 });
const headers = () => ({ 'x-test': 'yes' });

test('a connection that was made early carries the next request, and that one alone', async () => {
  await using peer = await rawServer(answer);
  const requests = requestsTo(peer.url);
  requests.expect();
  requests.expect();
  await once(peer.server, 'connection');
  assert.equal(peer.connections[0]?.sent, '');
  assert.equal((await requests.post(headers, 'one')).text, accepted);
  assert.equal(peer.connections.length, 1);
  assert.equal((await requests.post(headers, 'two')).text, accepted);
  assert.deepEqual(
    peer.connections.map(({ sent }) => sent.split('\r\n\r\n')[1]),
    ['one', 'two'],
  );
  await requests.close();
});

test('a request that comes before the early connection is made waits for that one', async () => {
  await using peer = await rawServer(answer);
  const requests = requestsTo(peer.url);
  requests.expect();
  assert.equal((await requests.post(headers, 'one')).text, accepted);
  assert.equal(peer.connections.length, 1);
  await requests.close();
});

test('what was ended by the server meanwhile is as if it had never been made', async () => {
  await using peer = await rawServer(answer);
  const requests = requestsTo(peer.url);
  for (const end of ['end', 'resetAndDestroy'] as const) {
    requests.expect();
    const [socket] = (await once(peer.server, 'connection')) as [Socket];
    socket[end]();
    assert.equal((await requests.post(headers, end)).text, accepted);
  }
  await requests.close();
});

test('where nobody listens the request says so, not the early connection', async () => {
  const peer = await rawServer(answer);
  await peer[Symbol.asyncDispose]();
  const requests = requestsTo(peer.url);
  requests.expect();
  await assert.rejects(requests.post(headers, 'one'), { code: 'relay-unreachable' });
  requests.expect();
  await requests.close();
});

test('what is not used in time is ended, and so is what waits when the relay is closed', async (t) => {
  await using peer = await rawServer(answer);
  const requests = requestsTo(peer.url);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const gone = async () => {
    requests.expect();
    const [socket] = (await once(peer.server, 'connection')) as [Socket];
    return { closed: once(socket, 'close') };
  };
  const first = await gone();
  t.mock.timers.tick(500);
  await first.closed;
  const second = await gone();
  await requests.close();
  await second.closed;
  assert.deepEqual(
    peer.connections.map(({ sent }) => sent),
    ['', ''],
  );
});

test('a row that cannot be written leaves an early connection that has said nothing', async () => {
  await using peer = await rawServer(answer);
  await using database = await createDatabase();
  const actionlog = createActionlog({
    database: database.url, // without a table
    session: () => undefined,
    stream: { url: peer.url, secrets: ['a secret for the tests of thirty-two bytes'] },
    onError: () => undefined,
  });
  const connected = once(peer.server, 'connection');
  const { logaction } = actionlog.as({ userid: 1, gsid: 1 });
  await assert.rejects(logaction('added a lamp', {}, { rectype: 'lamp', recid: 1 }), { code: 'table-missing' });
  await connected;
  await actionlog.close();
  while (peer.connections[0]?.steps.length !== 2) await once(peer.server, 'gone');
  assert.deepEqual(peer.connections, [{ sent: '', steps: ['client ended', 'server ended'] }]);
});
