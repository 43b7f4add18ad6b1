import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { relayAuth, tenantKey, userKey } from '../../lib/stream/gyroscope-keys.ts';
import { exchange, openPage, openRaw, relay, secret, updateOf } from './clients.ts';
import {
  clock,
  handshakeOf,
  internalKey,
  messageOf,
  openBrowser,
  relayOf,
  startGyroscope,
  wssecret,
} from './gyroscope-clients.ts';

const openPageOf = async (port: number, gsid = '1', userid = '7') => {
  const browser = await openBrowser(port, userKey(wssecret, gsid, userid, clock));
  const { sid } = await browser.next();
  return { ...browser, sid: sid as number };
};

describe('on the wire of Gyroscope', () => {
  test('the handshake is answered at once, before any of the relay has come', async () => {
    await using running = await startGyroscope();
    const { socket, text } = await openRaw(running.port, [handshakeOf(1)]);
    while (!text().endsWith('\r\n\r\n')) await new Promise((resolve) => socket.once('data', resolve));
    assert.match(text(), /^HTTP\/1\.1 101 /);
    socket.destroy();
  });

  test('values that PHP may have in its variables are taken as it casts them', async () => {
    await using running = await startGyroscope();
    const page = await openPageOf(running.port);
    const casts: [fields: Record<string, unknown>, authOver: Record<string, unknown>][] = [
      [{ recid: null }, { recid: '' }],
      [
        { recid: true, sid: null },
        { recid: '1', sid: '' },
      ],
      [
        { recid: 0.30000000000000004, rectype: 5 },
        { recid: '0.3', rectype: '5' },
      ],
    ];
    for (const [fields, authOver] of casts) {
      const auth = relayAuth(internalKey, { ...relayOf(), ...authOver } as never, clock);
      await exchange(running.port, [handshakeOf(1), messageOf(fields, auth)]);
      const event = await page.next();
      assert.deepEqual([event['type'], event['userid']], ['update', 7]);
    }
  });

  test('an event reaches pages of both wires, ids as given on the one and as text on the other', async () => {
    await using running = await startGyroscope({ secrets: [secret] });
    const [old, page] = [await openPageOf(running.port), await openPage(running.port)];
    const message = messageOf({ recid: 'RECID', sid: 12 }).replace('"RECID"', '9007199254740993');
    const auth = relayAuth(internalKey, { ...relayOf(), sid: 12, recid: '9007199254740993' } as never, clock);
    await exchange(running.port, [handshakeOf(1), message.replace(/"auth":"\w+"/, `"auth":"${auth}"`)]);
    const text = '{"type":"update","sid":12,"gsid":1,"userid":7,"rectype":"product","recid":9007199254740993}';
    assert.equal(await old.nextText(), text);
    const { epoch } = page.greeting;
    assert.deepEqual(await page.next(), updateOf({ sid: 12, recid: '9007199254740993', epoch, offset: 1 }));
  });

  test('an event of the default wire comes with ids as text', async () => {
    await using running = await startGyroscope({ secrets: [secret] });
    const old = await openPageOf(running.port);
    await relay(running.port, [updateOf({ sid: 3, alogid: '9', extra: 1 })]);
    const text = '{"type":"update","sid":3,"gsid":"1","userid":"7","rectype":"product","recid":"5"}';
    assert.equal(await old.nextText(), text);
  });

  test('tenants do not mix, tenant 0 reaches all, and only its user owns a connection id', async () => {
    await using running = await startGyroscope();
    const [amy, bob, carl] = [
      await openPageOf(running.port),
      await openPageOf(running.port, '1', '8'),
      await openPageOf(running.port, '2', '7'),
    ];
    await exchange(running.port, [handshakeOf(1), messageOf({ sid: bob.sid, userid: 7 })]);
    await exchange(running.port, [handshakeOf(1), messageOf({ sid: String(amy.sid), userid: '7' })]);
    await exchange(running.port, [handshakeOf(0), messageOf({ gsid: 0, recid: 'all' })]);
    assert.deepEqual([(await amy.next()).sid, (await amy.next()).sid], [bob.sid, String(amy.sid)]);
    assert.deepEqual([(await bob.next()).sid, (await bob.next()).sid], [0, String(amy.sid)]);
    assert.equal((await carl.next()).recid, 'all');
  });

  test('a connection id in a form that only a browser takes for one becomes 0', async () => {
    await using running = await startGyroscope();
    const bob = await openPageOf(running.port, '1', '8');
    for (const sid of [`${bob.sid}.0`, `0${bob.sid}0`.padStart(14, '0'), '1e3', ' 7']) {
      await exchange(running.port, [handshakeOf(1), messageOf({ sid })]);
      assert.equal((await bob.next()).sid, 0);
    }
    await exchange(running.port, [handshakeOf(1), messageOf({ sid: -4 })]);
    assert.equal((await bob.next()).sid, -4, 'one that can be nobody’s stays as it was given');
  });
});

describe('a relay on the wire of Gyroscope is refused, and the connection ended in order,', () => {
  const refused = async (said: RegExp, pieces: (string | Buffer)[], options = {}) => {
    await using running = await startGyroscope({ relayTimeoutMs: 5_000, ...options });
    const browser = await openPageOf(running.port);
    const { text, how } = await exchange(running.port, pieces);
    assert.equal(how, 'end');
    assert.match(text, /^HTTP\/1\.1 101 .*\r\n\r\n\{"error":\{"code":"relay-refused"/s);
    assert.match(text, said);
    assert.equal(running.logged.warn.length, 1);
    assert.match(running.logged.warn[0] ?? '', said);
    assert.ok(!running.logged.warn[0]?.includes(internalKey));
    await exchange(running.port, [handshakeOf(1), messageOf({ recid: 'after' })]);
    assert.equal((await browser.next()).recid, 'after');
  };
  const wrongAuth = relayAuth('another key', relayOf() as never, clock);

  test('where its auth is wrong', () => refused(/auth is wrong/, [handshakeOf(1), messageOf({}, wrongAuth)]));

  test('where a value is not the one that was signed', () =>
    refused(/auth is wrong/, [handshakeOf(1), messageOf().replace('"recid":5', '"recid":6')]));

  test('where its gsid is not the one of its key', () =>
    refused(/gsid is not the one/, [handshakeOf(2), messageOf({ gsid: 1 })]));

  test('where it is no JSON, or JSON of another kind', async () => {
    await refused(/no JSON/, [handshakeOf(1), 'hello']);
    await refused(/no message/, [handshakeOf(1), '{"type":"relay",}']);
    await refused(/no message/, [handshakeOf(1), '{"type":"getsid","userid":1}']);
    await refused(/no message/, [handshakeOf(1), messageOf({ type: 'getsid' })]);
    await refused(/no message/, [handshakeOf(1), messageOf({ rectype: '' })]);
    await refused(/no message/, [handshakeOf(1), messageOf().replace('"recid":5', '"recid":5,"recid":6')]);
    await refused(/no message/, [handshakeOf(1), Buffer.from([0x7b, 0xff, 0x7d])]);
  });

  test('where it is too deep, too long, or does not come in time', async () => {
    await refused(/too deep/, [handshakeOf(1), `{"a":${'['.repeat(50_000)}`]);
    await refused(/longer than/, [handshakeOf(1), `{"a":"${'x'.repeat(100_000)}`]);
    await refused(/in time/, [handshakeOf(1), '{"type":'], { relayTimeoutMs: 100 });
  });

  test('where the sender goes on sending all the same', () =>
    refused(/no JSON/, [handshakeOf(1), 'x', ...Array.from({ length: 50 }, () => Buffer.alloc(20_000, 'x'))]));

  test('where it is cut off', async () => {
    await using running = await startGyroscope();
    const { socket, text, ended } = await openRaw(running.port, [handshakeOf(1), '{"type":"rel']);
    socket.end();
    assert.equal(await ended, 'end');
    assert.match(text(), /ended before its JSON did/);
  });
});

describe('a bare upgrade is refused with 403, and the connection ended in order,', () => {
  const cases: [string, () => string][] = [
    ['where the key is wrong', () => handshakeOf(1, tenantKey('another secret', 1, clock))],
    ['where the key is none', () => handshakeOf(1, 'nonsense')],
    ['where the key is a browser’s, which its user can read', () => handshakeOf(1, userKey(wssecret, 1, 7, clock))],
  ];
  for (const [title, handshake] of cases) {
    test(title, async () => {
      await using running = await startGyroscope();
      const more = Array.from({ length: 20 }, () => messageOf());
      const { text, how } = await exchange(running.port, [handshake(), ...more]);
      assert.equal(how, 'end');
      assert.match(text, /^HTTP\/1\.1 403 Forbidden\r\n.*\r\nConnection: close\r\n/s);
      assert.equal(running.logged.warn.length, 1);
    });
  }
});
