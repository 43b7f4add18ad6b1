import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RecentRevocations } from '../../lib/server/recent-revocations.ts';
import { Roster } from '../../lib/server/roster.ts';
import { userKey } from '../../lib/stream/gyroscope-keys.ts';
import { type PageToken, sessionName, type TokenSession } from '../../lib/stream/keys.ts';
import { closeCodes } from '../../lib/stream/protocol.ts';
import { keys, openPage, openSocket, relay, secret, startServer, updateOf } from './clients.ts';
import { clock, openBrowser, startGyroscope, wssecret } from './gyroscope-clients.ts';

const { revoked, renew } = closeCodes;
const revokeOf = (fields: Record<string, unknown> = {}) => ({ type: 'revoke', gsid: '1', userid: '7', ...fields });
const tokenOf = (session: TokenSession, userid = '7') => keys.issueToken({ gsid: '1', userid, login: 'ann' }, session);

/** Asserts that a token opens nothing. */
const assertRefused = (port: number, token: string, code = 'token-revoked') =>
  assert.rejects(openPage(port, '1', '7', { token }), (error: Error & { status?: number; text?: string }) => {
    assert.equal(error.status, 401);
    assert.equal(JSON.parse(error.text ?? '').error.code, code);
    return true;
  });

describe('a user who is revoked', () => {
  test('loses all his pages, and nobody else one', async () => {
    await using running = await startServer();
    const mine = [await openPage(running.port), await openPage(running.port)];
    const others = [await openPage(running.port, '1', '8'), await openPage(running.port, '2', '7')];
    const { json } = await relay(running.port, [updateOf({ recid: '1' }), revokeOf(), updateOf({ recid: '2' })]);
    assert.deepEqual(json, { accepted: 3, refused: [] });
    for (const { next, closed } of mine) {
      assert.equal((await next()).recid, '1');
      assert.deepEqual(await closed, { code: revoked.code, reason: revoked.reason });
    }
    assert.deepEqual(
      [await others[0]?.next(), await others[0]?.next()].map(({ recid }) => recid),
      ['1', '2'],
    );
    assert.equal(running.server.connections, 2);
  });

  test('opens nothing with a token of before, and at once with one of a session that began after', async () => {
    await using running = await startServer();
    const at = Date.now();
    const before = await tokenOf({ at: at - 5 });
    const same = await tokenOf({ at });
    const unknown = await tokenOf({});
    await relay(running.port, [revokeOf({ at })]);
    for (const token of [before, same, unknown]) await assertRefused(running.port, token);
    const after = await openPage(running.port, '1', '7', { token: await tokenOf({ at: at + 1 }) });
    // A revocation that arrives late, or twice, does not close what began after it.
    await relay(running.port, [revokeOf({ at }), updateOf()]);
    assert.equal((await after.next()).type, 'update');
  });

  test('is refused in all that is no revocation of one tenant’s user', async () => {
    await using running = await startServer();
    await openPage(running.port);
    const wrong = [{ gsid: '0' }, { gsid: '' }, { userid: 0.5 }, { userid: '' }, { at: 'now' }, { session: 5 }];
    const { json } = await relay(running.port, wrong.map(revokeOf));
    assert.deepEqual([json.accepted, json.refused.length], [0, wrong.length]);
    assert.equal(running.server.connections, 1);
  });
});

describe('a session that ends', () => {
  test('by a sign-out takes its own pages along, and leaves the user’s others', async () => {
    await using running = await startServer();
    const [one, two] = [sessionName('one'), sessionName('two')];
    const out = await openPage(running.port, '1', '7', { token: await tokenOf({ id: one, at: 1 }) });
    const stays = await openPage(running.port, '1', '7', { token: await tokenOf({ id: two, at: 1 }) });
    const late = await tokenOf({ id: one, at: 1 });
    await relay(running.port, [revokeOf({ session: one, at: Date.now() }), updateOf()]);
    assert.equal((await out.closed).code, revoked.code);
    assert.equal((await stays.next()).type, 'update');
    await assertRefused(running.port, late);
  });

  test('by its time has its pages prove it anew, with a heartbeat', async () => {
    await using running = await startServer({ secrets: [secret], heartbeatMs: 500 });
    const ends = await openPage(running.port, '1', '7', { token: await tokenOf({ end: Date.now() + 2_500 }) });
    const stays = await openPage(running.port, '1', '7', { token: await tokenOf({ end: Date.now() + 60_000 }) });
    assert.deepEqual(await ends.closed, { code: renew.code, reason: renew.reason });
    assert.equal(running.server.connections, 1);
    stays.socket.close();
  });
});

test('the rectype reauth has the pages of the edited user come back, behind the event', async () => {
  await using running = await startServer();
  const edited = await openPage(running.port, '1', '8');
  const other = await openPage(running.port, '1', '7');
  await relay(running.port, [updateOf({ rectype: 'reauth', recid: '8', userid: '7' })]);
  assert.equal((await edited.next()).rectype, 'reauth');
  assert.deepEqual(await edited.closed, { code: renew.code, reason: renew.reason });
  assert.equal((await other.next()).rectype, 'reauth');
  assert.equal(running.server.connections, 1);
});

test('on Gyroscope’s wire a revoked user’s key of that hour opens nothing any more', async () => {
  await using running = await startGyroscope({ secrets: [secret] });
  const address = `ws://127.0.0.1:${running.port}/?WSS${userKey(wssecret, '1', '7', clock)}=`;
  const page = await openBrowser(running.port, userKey(wssecret, '1', '7', clock));
  await relay(running.port, [revokeOf({ at: Date.now() + 3_600_000 })]); // also where the hour turns in between
  assert.equal((await page.closed).code, revoked.code);
  await assert.rejects(openSocket(address, []), { status: 403 });
  await openBrowser(running.port, userKey(wssecret, '1', '8', clock));
});

describe('the memory of revocations', () => {
  const token = (issuedAt: number, session: TokenSession = {}): PageToken => ({
    ...{ userid: '7', gsid: '1', login: 'ann' },
    ...{ issuedAt, session },
  });
  const item = { type: 'revoke', gsid: '1', userid: '7' } as const;

  test('lasts until no token of before can come, and not longer', (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
    const revocations = new RecentRevocations(undefined);
    revocations.take(item, new Roster());
    t.mock.timers.setTime(1_119_000);
    revocations.take({ ...item, userid: '8' }, new Roster());
    assert.ok(revocations.refuses(token(999_000)));
    t.mock.timers.setTime(1_121_000);
    revocations.take({ ...item, userid: '9' }, new Roster());
    assert.equal(revocations.size, 2);
  });

  test('allows for the second in which an application server may issue one more token of an old session', () => {
    const revocations = new RecentRevocations(undefined);
    revocations.take({ ...item, at: 50_000 }, new Roster());
    assert.ok(revocations.refuses(token(51_000)));
    assert.ok(revocations.refuses(token(51_000, { at: 50_000 })));
    assert.ok(!revocations.refuses(token(50_500, { at: 50_001 })));
    assert.ok(!revocations.refuses(token(52_001)));
  });

  test('keeps the later of two, and is bounded', () => {
    const revocations = new RecentRevocations(undefined);
    revocations.take({ ...item, at: 50_000 }, new Roster());
    revocations.take({ ...item, at: 40_000 }, new Roster());
    assert.ok(revocations.refuses(token(60_000, { at: 50_000 })));
    for (let n = 0; n < 100_100; n += 1) revocations.take({ ...item, userid: `u${n}` }, new Roster());
    assert.equal(revocations.size, 100_000);
  });

  test('tells Gyroscope’s keys of the hour of the revocation from those of the next', (t) => {
    const start = Date.UTC(2026, 2, 5, 9, 10);
    t.mock.timers.enable({ apis: ['Date'], now: start });
    const revocations = new RecentRevocations({ internalKey: 'k', wssecret: 's', timeZone: 'UTC' });
    revocations.take({ ...item, at: start }, new Roster());
    const holder = { gsid: '1', userid: '7' };
    const key = userKey('s', '1', '7', { timeZone: 'UTC' });
    assert.ok(revocations.refusesKey(key, holder));
    t.mock.timers.setTime(start + 3_600_000);
    assert.ok(revocations.refusesKey(key, holder), 'the key of the hour before');
    const next = userKey('s', '1', '7', { timeZone: 'UTC' });
    assert.ok(!revocations.refusesKey(next, holder));
    assert.ok(!revocations.refusesKey(key, { gsid: '1', userid: '8' }));
  });
});
