import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { decodeProtectedHeader, SignJWT } from 'jose';
import { StreamKeys } from '../../lib/stream/keys.ts';

const secret = 'a secret of thirty-two bytes at least';
const older = 'an older secret of thirty-two bytes...';
const page = { userid: '42', gsid: '3', login: 'ann' };

function atTime(ms: number, run: () => Promise<void>): Promise<void> {
  mock.timers.enable({ apis: ['Date'], now: ms });
  return run().finally(() => mock.timers.reset());
}

test('a relay signature is that of the Standard Webhooks specification', async () => {
  const { hkdfSync } = await import('node:crypto');
  const { Webhook } = await import('standardwebhooks');
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'express-actionlog relay v1', 32));
  const body = '{"events":[{"note":"café"}]}';
  const now = new Date();
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const signature = new StreamKeys([secret]).signRelay({ id: 'msg_1', timestamp, body });
  const peer = new Webhook(key.toString('base64'));
  assert.equal(signature, peer.sign('msg_1', now, body));
  assert.ok(
    peer.verify(body, { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': signature }),
  );
});

test('a relay is taken under each secret, and with several signatures', () => {
  const relay = { id: 'msg_1', timestamp: '1772701631', body: '{}' };
  const rotated = new StreamKeys([secret, older]);
  const byOlder = new StreamKeys([older]).signRelay(relay);
  assert.ok(rotated.verifyRelay(relay, byOlder));
  assert.ok(rotated.verifyRelay(relay, `v1,AAAA v1a,zzz ${byOlder}`));
  assert.ok(!new StreamKeys([secret]).verifyRelay(relay, byOlder));
});

test('a relay with any part changed is refused', () => {
  const keys = new StreamKeys([secret]);
  const relay = { id: 'msg_1', timestamp: '1772701631', body: '{}' };
  const signature = keys.signRelay(relay);
  for (const change of [{ id: 'msg_2' }, { timestamp: '1772701632' }, { body: '{} ' }]) {
    assert.ok(!keys.verifyRelay({ ...relay, ...change }, signature));
  }
  for (const broken of ['', 'v1,', signature.slice(0, -2), signature.replace('v1,', 'v2,'), 'v1,not base64 at all']) {
    assert.ok(!keys.verifyRelay(relay, broken), broken);
  }
});

test('a token names its page for a minute, under each secret', async () => {
  const start = Date.UTC(2026, 2, 5, 9, 7, 11);
  let token = '';
  await atTime(start, async () => {
    token = await new StreamKeys([older]).issueToken(page);
    const said = { ...page, issuedAt: start, session: {} };
    assert.deepEqual(await new StreamKeys([secret, older]).verifyToken(token), said);
  });
  await atTime(start + 59_000, async () => assert.ok(await new StreamKeys([older]).verifyToken(token)));
  await atTime(start + 61_000, async () => assert.equal(await new StreamKeys([older]).verifyToken(token), undefined));
});

test('of a token that is too old, the server can tell when it has ended; of one that is not ours, nothing', async () => {
  const start = Date.UTC(2026, 2, 5, 9, 7, 11);
  let token = '';
  await atTime(start, async () => {
    token = await new StreamKeys([older]).issueToken(page);
  });
  await atTime(start + 3_600_000, async () => {
    assert.equal(await new StreamKeys([secret, older]).endOf(token), start + 60_000);
    assert.equal(await new StreamKeys([secret]).endOf(token), undefined);
    assert.equal(await new StreamKeys([older]).endOf('no token'), undefined);
  });
});

test('a token does not outlive the session', async () => {
  const start = Date.UTC(2026, 2, 5, 9, 0, 0);
  const keys = new StreamKeys([secret]);
  let token = '';
  await atTime(start, async () => {
    token = await keys.issueToken(page, { end: start + 10_000 });
  });
  await atTime(start + 11_000, async () => assert.equal(await keys.verifyToken(token), undefined));
});

test('what is no token of ours opens nothing', async () => {
  const keys = new StreamKeys([secret]);
  const good = await keys.issueToken(page);
  const { kid } = decodeProtectedHeader(good);
  const [, payload] = good.split('.');
  const none = `${Buffer.from(JSON.stringify({ alg: 'none', kid })).toString('base64url')}.${payload}.`;
  const otherKey = await new SignJWT({ gsid: '3', login: 'ann' })
    .setProtectedHeader({ alg: 'HS256', kid: String(kid) })
    .setSubject('42')
    .setAudience('actionlog')
    .setExpirationTime('1m')
    .sign(new TextEncoder().encode(secret));
  const resume = await keys.issueResume({ sid: 7, gsid: '3', userid: '42' });
  const strange = [
    none,
    otherKey,
    resume,
    await new StreamKeys([older]).issueToken(page),
    `${good}x`,
    good.slice(0, 40),
    'a.b.c',
    '',
  ];
  for (const token of strange) assert.equal(await keys.verifyToken(token), undefined, token);
});

test('a resume statement gives sid, tenant and user back, and is no token', async () => {
  const keys = new StreamKeys([secret]);
  const statement = { sid: 4_294_967_295, gsid: '3', userid: '42' };
  const resume = await keys.issueResume(statement);
  assert.deepEqual(await keys.verifyResume(resume), statement);
  assert.equal(await keys.verifyResume(await keys.issueToken(page)), undefined);
  assert.match(resume, /^[\w.-]+$/, 'fits a web socket subprotocol');
});
