import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StreamKeys } from '../../lib/stream/keys.ts';
import { maxRelayBytes, maxRelayEvents } from '../../lib/stream/protocol.ts';
import { exchange, http, openPage, relay, relayHeaders, secret, startServer, updateOf } from './clients.ts';

describe('a relay is refused', () => {
  const refused = async (expected: [status: number, code: string], of: (port: number) => ReturnType<typeof http>) => {
    await using running = await startServer({ secrets: [secret], relayTimeoutMs: 300 });
    const page = await openPage(running.port);
    const { status, json } = await of(running.port);
    assert.deepEqual([status, json.error.code], expected);
    assert.equal(typeof json.error.message, 'string');
    assert.ok(!JSON.stringify(json).includes(secret));
    await relay(running.port, [updateOf({ recid: 'after' })]);
    assert.equal((await page.next()).recid, 'after', 'nothing was fanned out, and the server goes on');
    return json.error.message as string;
  };
  const events = [updateOf()];
  const body = JSON.stringify({ events });
  const post = (port: number, headers: Record<string, string>, content: string | Buffer = body) =>
    http(port, { method: 'POST', path: '/relay', headers, body: content });

  test('without its headers', async () => {
    const message = await refused([401, 'headers-missing'], (port) => post(port, {}));
    assert.match(message, /webhook-id.*webhook-timestamp.*webhook-signature/);
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      await refused([401, 'headers-missing'], (port) => post(port, { ...relayHeaders(body), [name]: '' }));
    }
  });

  test('with a wrong signature: both sides need the same secret', async () => {
    const signer = new StreamKeys(['a secret that the server does not know at all']);
    const message = await refused([401, 'signature-wrong'], (port) => relay(port, events, { signer }));
    assert.match(message, /same secret/);
    await refused([401, 'signature-wrong'], (port) => post(port, relayHeaders(`${body} `)));
    await refused([401, 'signature-wrong'], (port) => post(port, { ...relayHeaders(body), 'webhook-id': 'other' }));
  });

  test('with a stamp that is off, saying by how much', async () => {
    const old = await refused([401, 'stamp-too-old'], (port) => relay(port, events, { age: 100 }));
    assert.match(old, /clocks are apart.*100 s behind/);
    const early = await refused([401, 'stamp-too-new'], (port) => relay(port, events, { age: -100 }));
    assert.match(early, /100 s ahead/);
  });

  test('with a stamp from before the server’s start, saying that it is to be signed again', async () => {
    const message = await refused([401, 'stamp-too-old'], (port) => relay(port, events, { age: 30 }));
    assert.match(message, /sign it again/);
  });

  test('that is no JSON, no UTF-8, or of another shape', async () => {
    for (const content of ['', '{', '[]', 'null', '{"events":{}}', '7', Buffer.from([0x7b, 0xff, 0x7d])]) {
      await refused([400, 'body-malformed'], (port) => relay(port, content));
    }
    await refused([400, 'body-malformed'], (port) => relay(port, '['.repeat(1_000_000)));
  });

  test('with more events, or more bytes, than it may have', async () => {
    const many = Array.from({ length: maxRelayEvents + 1 }, () => updateOf());
    await refused([400, 'too-many-events'], (port) => relay(port, many));
    await refused([413, 'body-too-large'], (port) => relay(port, ' '.repeat(maxRelayBytes + 1)));
    await refused([413, 'body-too-large'], (port) => {
      const content = ' '.repeat(maxRelayBytes + 1);
      const headers = { ...relayHeaders(content), 'transfer-encoding': 'chunked' };
      return post(port, headers, content);
    });
  });

  test('whose body does not come in time', async () => {
    await using running = await startServer({ secrets: [secret], relayTimeoutMs: 100 });
    const lines = Object.entries(relayHeaders(body)).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `POST /relay HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n${lines.join('')}\r\n`;
    const { text, how } = await exchange(running.port, [head, body.slice(0, 10)]);
    assert.match(text, /^HTTP\/1\.1 408 .*"code":"too-slow"/s);
    assert.equal(how, 'end');
  });
});

test('an event of a tenant reaches no page of another, whatever the event says of itself', async () => {
  await using running = await startServer();
  const stranger = await openPage(running.port, '2', '7');
  await relay(running.port, [
    updateOf({ gsid: '1', sid: stranger.sid, extra: { gsid: '2' } }),
    updateOf({ gsid: ' 2' }),
    updateOf({ gsid: '2', recid: 'own' }),
  ]);
  assert.equal((await stranger.next()).recid, 'own');
});

test('a page whose id somebody else named gets 0, and its own user’s events keep the id', async () => {
  await using running = await startServer();
  const amy = await openPage(running.port, '1', '7');
  const bob = await openPage(running.port, '1', '8');
  await relay(running.port, [updateOf({ sid: amy.sid, userid: '8' }), updateOf({ sid: amy.sid, userid: '7' })]);
  assert.deepEqual([(await amy.next()).sid, (await amy.next()).sid], [0, amy.sid]);
  assert.deepEqual([(await bob.next()).sid, (await bob.next()).sid], [amy.sid, amy.sid]);
});

test('what else is asked over HTTP is answered: what this is, whether it lives, whether it is ready', async () => {
  await using running = await startServer();
  const ask = async (path: string, method = 'GET') => (await http(running.port, { path, method })).status;
  assert.match((await http(running.port)).text, /streaming server/);
  assert.deepEqual(
    await Promise.all([ask('/livez'), ask('/readyz'), ask('/nothing'), ask('/relay')]),
    [200, 200, 404, 404],
  );
  assert.equal(await ask('/', 'POST'), 404);
});
