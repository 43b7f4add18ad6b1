import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StreamKeys } from '../../lib/stream/keys.ts';
import { closeCodes, maxRelayEvents } from '../../lib/stream/protocol.ts';
import { exchange, http, openPage, relay, relayHeaders, secret, startServer, updateOf } from './clients.ts';

const otherSecret = 'another secret, which only the other side knows of';

describe('a relay', () => {
  test('is acknowledged, and its events reach the pages of their tenants in order', async () => {
    await using running = await startServer();
    const page = await openPage(running.port);
    const stranger = await openPage(running.port, '2');
    const { status, json } = await relay(running.port, [
      updateOf({ recid: '1', alogid: '11', time: 5, login: 'amy', ctxid: 1, extra: { a: [1] } }),
      updateOf({ gsid: '2', recid: '2' }),
      updateOf({ recid: '3' }),
      updateOf({ gsid: '0', recid: '4' }),
      updateOf({ rectype: 'reauth', recid: '7' }),
    ]);
    assert.equal(status, 202);
    assert.deepEqual(json, { accepted: 5, refused: [] });
    const { epoch } = page.greeting;
    assert.deepEqual(await page.next(), {
      ...updateOf({ recid: '1', alogid: '11', time: 5, login: 'amy', ctxid: 1, extra: { a: [1] } }),
      ...{ epoch, offset: 1 },
    });
    assert.deepEqual(await page.next(), { ...updateOf({ recid: '3' }), epoch, offset: 2 });
    const { epoch: everybodys, ...all } = await page.next();
    assert.deepEqual(all, { ...updateOf({ gsid: '0', recid: '4' }), offset: 1 });
    assert.notEqual(everybodys, epoch);
    assert.equal((await page.next()).rectype, 'reauth');
    assert.equal((await stranger.next()).recid, '2');
    assert.equal((await stranger.next()).recid, '4');
  });

  test('is taken on any path behind a proxy', async () => {
    await using running = await startServer();
    assert.equal((await relay(running.port, [updateOf()], { path: '/wss/a/relay?x=1' })).status, 202);
  });

  test('carries many events, of which malformed ones are refused each', async () => {
    await using running = await startServer();
    const page = await openPage(running.port);
    const deep = JSON.parse('['.repeat(40) + ']'.repeat(40));
    const items = [
      ...[updateOf({ recid: '1' }), { type: 'getsid' }, updateOf({ gsid: undefined }), updateOf({ extra: deep })],
      ...[updateOf({ extra: 'x'.repeat(70_000) }), updateOf({ recid: 5.5 }), null, 'text', updateOf({ recid: '2' })],
    ];
    const { status, json } = await relay(running.port, items);
    assert.equal(status, 202);
    assert.equal(json.accepted, 2);
    assert.deepEqual(json.refused, [
      { index: 1, code: 'event-malformed' },
      { index: 2, code: 'gsid-missing' },
      { index: 3, code: 'event-too-deep' },
      { index: 4, code: 'event-too-large' },
      { index: 5, code: 'event-malformed' },
      { index: 6, code: 'event-malformed' },
      { index: 7, code: 'event-malformed' },
    ]);
    assert.deepEqual([(await page.next()).recid, (await page.next()).recid], ['1', '2']);
  });

  test('may have numbers for ids, as long as no digit of them can be lost', async () => {
    await using running = await startServer();
    const page = await openPage(running.port);
    const ids = { gsid: 1, userid: 7, recid: Number.MAX_SAFE_INTEGER, alogid: 12 };
    const wrong = [
      { gsid: -1 },
      { userid: 0.5 },
      { recid: 2 ** 53 },
      { recid: 1e300 },
      { userid: true },
      { gsid: null },
    ];
    const { json } = await relay(running.port, [updateOf(ids), ...wrong.map((fields) => updateOf(fields))]);
    assert.equal(json.accepted, 1);
    assert.deepEqual(
      json.refused.map(({ code }: { code: string }) => code),
      wrong.map(() => 'event-malformed'),
    );
    const { epoch } = page.greeting;
    const texts = { gsid: '1', userid: '7', recid: '9007199254740991', alogid: '12' };
    assert.deepEqual(await page.next(), { ...updateOf(texts), epoch, offset: 1 });
    await relay(running.port, [{ type: 'revoke', gsid: 1, userid: 7 }]);
    assert.equal((await page.closed).code, closeCodes.revoked.code);
  });

  test('carries as many events as it may, and they keep their order', async () => {
    await using running = await startServer();
    const page = await openPage(running.port);
    const events = Array.from({ length: maxRelayEvents }, (_, index) => updateOf({ recid: `${index}` }));
    assert.equal((await relay(running.port, events)).json.accepted, maxRelayEvents);
    for (const { recid } of events) assert.equal((await page.next()).recid, recid);
  });

  test('seen again gets the same answer and is not fanned out', async () => {
    await using running = await startServer();
    const page = await openPage(running.port);
    const events = [updateOf({ recid: '1' }), { type: 'nonsense' }];
    const first = await relay(running.port, events, { id: 'msg_again' });
    const second = await relay(running.port, events, { id: 'msg_again', age: -5 });
    assert.deepEqual(second.json, first.json);
    assert.equal(second.status, 202);
    await relay(running.port, [updateOf({ recid: '2' })]);
    assert.deepEqual([(await page.next()).recid, (await page.next()).recid], ['1', '2']);
  });

  test('is taken with one right signature among several, and with each of the secrets', async () => {
    await using running = await startServer({ secrets: [otherSecret, secret] });
    const body = JSON.stringify({ events: [updateOf()] });
    const right = relayHeaders(body);
    const wrong = new StreamKeys(['x'.repeat(32)]).signRelay({ id: 'a', timestamp: '1', body });
    const headers = { ...right, 'webhook-signature': `v1a,abc ${wrong} ${right['webhook-signature']}` };
    assert.equal((await http(running.port, { method: 'POST', path: '/relay', headers, body })).status, 202);
    assert.equal((await relay(running.port, [], { signer: new StreamKeys([otherSecret]) })).status, 202);
  });

  test('asking who is connected gets the dump, which is logged and reaches no page', async () => {
    await using running = await startServer();
    const [a, b] = [await openPage(running.port, '1', '7'), await openPage(running.port, '2', '8')];
    const all = await relay(running.port, [updateOf({ gsid: '0', rectype: 'gsidmap' })], { id: 'msg_dump' });
    assert.deepEqual(all.json, { accepted: 1, refused: [], dump: { gsidmap: { 1: [a.sid], 2: [b.sid] } } });
    const one = await relay(running.port, [updateOf({ gsid: '2', rectype: 'wsclientmap' })]);
    assert.deepEqual(one.json.dump, { wsclientmap: { [b.sid]: { gsid: '2', userid: '8' } } });
    assert.equal(running.logged.info.length, 2);
    assert.ok(running.logged.info[0]?.includes(`"gsidmap":{"1":[${a.sid}]`));
    const c = await openPage(running.port, '2', '9');
    const again = await relay(running.port, [updateOf({ gsid: '0', rectype: 'gsidmap' })], { id: 'msg_dump' });
    assert.deepEqual(again.json.dump, { gsidmap: { 1: [a.sid], 2: [b.sid, c.sid] } }, 'as it is now');
    assert.deepEqual([again.status, again.json.accepted, again.json.refused], [202, 1, []]);
    await relay(running.port, [updateOf({ recid: 'after' })]);
    assert.equal((await a.next()).recid, 'after');
  });
});

describe('the end of a relay', () => {
  const post = (body: string, headers = relayHeaders(body)) =>
    `POST /relay HTTP/1.1\r\nHost: a\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n${body}`;

  test('is the server’s: the body has no length and no chunks, and FIN follows it', async () => {
    await using running = await startServer();
    const { text, how } = await exchange(running.port, [post(JSON.stringify({ events: [updateOf()] }))]);
    assert.equal(how, 'end');
    const [head = '', body] = text.split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 202 Accepted\r\n/);
    assert.match(head, /\r\nConnection: close/i);
    assert.doesNotMatch(head, /content-length|transfer-encoding/i);
    assert.equal(body, '{"accepted":1,"refused":[]}');
  });

  test('is clean where the sender goes on sending, after an answer and after a refusal', async () => {
    await using running = await startServer();
    const body = JSON.stringify({ events: [updateOf()] });
    const more = Array.from({ length: 50 }, () => Buffer.alloc(20_000, 'x'));
    const taken = await exchange(running.port, [`${post(body)}garbage`, ...more]);
    assert.deepEqual([taken.how, taken.text.slice(9, 12)], ['end', '202']);
    const wrong = await exchange(running.port, [post(body, { ...relayHeaders(`${body} `) }), ...more]);
    assert.deepEqual([wrong.how, wrong.text.slice(9, 12)], ['end', '401']);
    const huge = `POST /relay HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\nwebhook-id: 1\r\nwebhook-timestamp: 1\r\nwebhook-signature: a\r\n\r\n`;
    const large = await exchange(running.port, [huge, ...more]);
    assert.deepEqual([large.how, large.text.slice(9, 12)], ['end', '413']);
  });
});
