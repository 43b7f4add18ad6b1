import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import cookieParser from 'cookie-parser';
import express from 'express';
import request from 'supertest';
import { readSession, sessionReadingOf } from '../../lib/session/read-session.ts';
import { Revocations } from '../../lib/session/revocations.ts';
import { type SignedSessionOptions, signedSession } from '../../lib/session/signed-session.ts';
import { cookieFrom, errorHandler, setCookies } from './app.ts';

const [first, second] = ['the first secret of this test, long', 'the second secret of this test, long'] as const;
const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2026, 2, 5, 9, 7, 11);

/** An application whose time stands still, and in which users are revoked by hand. */
async function stage(t: TestContext, options: Partial<SignedSessionOptions> = {}) {
  t.mock.timers.enable({ apis: ['Date'], now: start });
  t.mock.method(performance, 'now', () => 1_000);
  const session = signedSession({ secrets: [first], ...options });
  const revocations = new Revocations({ read: async () => [], keepMs: 12 * hour, onError: assert.fail });
  await revocations.refresh();
  const app = express().use(cookieParser());
  app.post('/sign-in/:userid', (req, res) => {
    res.json(session.signIn?.(req, res, { userid: req.params.userid, gsid: 3 }, (user) => revocations.earliest(user)));
  });
  app.use(readSession(session, revocations));
  app.post('/sign-out', (req, res) => {
    session.signOut?.(req, res);
    res.sendStatus(204);
  });
  app.get('/who', (req, res) => {
    res.json(sessionReadingOf(req));
  });
  app.use(errorHandler);
  return {
    revoke: (userid: string) => revocations.add({ gsid: '3', userid, at: Date.now() }),
    at: (ms: number) => t.mock.timers.setTime(start + ms),
    signIn: async (userid: string) => cookieFrom(await request(app).post(`/sign-in/${userid}`)),
    ask: async (cookie: string) => await request(app).get('/who').set('Cookie', cookie),
    signOut: async (cookie: string) => await request(app).post('/sign-out').set('Cookie', cookie),
  };
}

for (const cache of [undefined, { max: 1 }, false] as const) {
  describe(`a signed cookie seen before, cache: ${JSON.stringify(cache) ?? 'default'}`, () => {
    it('is not taken beyond the idle end', async (t) => {
      const { ask, at, signIn } = await stage(t, { cache });
      const cookie = await signIn('42');
      for (const ms of [0, 0, minute, 2 * hour - 1]) {
        at(ms);
        assert.equal((await ask(cookie)).body.actor?.userid, '42');
      }
      at(2 * hour);
      assert.deepEqual((await ask(cookie)).body, { refusal: 'session-expired' });
    });

    it('is not taken beyond the absolute end', async (t) => {
      const { ask, at, signIn } = await stage(t, { cache, absoluteTimeoutMs: hour });
      const cookie = await signIn('42');
      assert.equal((await ask(cookie)).body.endsAt, start + hour);
      at(hour - 1);
      assert.equal((await ask(cookie)).body.endsAt, start + hour);
      at(hour);
      assert.deepEqual((await ask(cookie)).body, { refusal: 'session-expired' });
    });

    it('is renewed when due, each time that it comes', async (t) => {
      const { ask, at, signIn } = await stage(t, { cache });
      const cookie = await signIn('42');
      assert.equal(setCookies(await ask(cookie)).length, 0);
      at(minute);
      for (const _ of [1, 2]) {
        const renewed = await ask(cookie);
        assert.equal(renewed.body.endsAt, start + minute + 2 * hour);
        assert.equal((await ask(cookieFrom(renewed))).body.endsAt, start + minute + 2 * hour);
        assert.equal(setCookies(await ask(cookieFrom(renewed))).length, 0);
      }
      at(2 * hour); // the old one's own end has not moved
      assert.equal((await ask(cookie)).body.refusal, 'session-expired');
    });

    it('is refused once its user is revoked, and nobody else is', async (t) => {
      const { ask, at, revoke, signIn } = await stage(t, { cache });
      const [ann, bob] = [await signIn('1'), await signIn('2')];
      for (const cookie of [ann, bob, ann]) assert.ok((await ask(cookie)).body.actor);
      at(10);
      revoke('1');
      for (const _ of [1, 2]) {
        assert.deepEqual((await ask(ann)).body, { refusal: 'session-revoked' });
        assert.equal((await ask(bob)).body.actor.userid, '2');
      }
      assert.equal((await ask(await signIn('1'))).body.actor.userid, '1');
    });

    it('is as good as before where another session signs out, also one of the same user', async (t) => {
      const { ask, signIn, signOut } = await stage(t, { cache });
      const [desk, phone] = [await signIn('1'), await signIn('1')];
      for (const cookie of [desk, phone]) assert.ok((await ask(cookie)).body.actor);
      assert.match(setCookies(await signOut(phone))[0] ?? '', /^actionlog_session=; .*Max-Age=0/);
      assert.equal((await ask(desk)).body.actor.userid, '1');
    });

    it('bears a clock that jumps: refused while it is of the future or of the past, taken again in between', async (t) => {
      const { ask, at, signIn } = await stage(t, { cache });
      const cookie = await signIn('42');
      const asked: unknown[] = [];
      for (const ms of [0, 3 * hour, 0, -2 * minute, 0, -30_000]) {
        at(ms);
        const { body } = await ask(cookie);
        asked.push(body.refusal ?? body.actor.userid);
      }
      assert.deepEqual(asked, ['42', 'session-expired', '42', 'session-invalid', '42', '42']);
    });

    it('lends nothing to a cookie of another text, or of another form', async (t) => {
      const { ask, signIn } = await stage(t, { cache });
      const [mine, other] = [await signIn('42'), await signIn('43')];
      assert.ok((await ask(mine)).body.actor && (await ask(other)).body.actor);
      const [version, payload = '', signature] = mine.split('.');
      for (const forged of [
        ...[mine.slice(0, -1), `${mine}A`, `${version}.${payload}x.${signature}`, `${version}..${signature}`],
        ...[`${other.slice(0, other.lastIndexOf('.'))}.${signature}`, `actionlog_session=${signature}`],
        ...[`actionlog_session=j:${encodeURIComponent(JSON.stringify([mine.slice(18)]))}`],
      ]) {
        assert.deepEqual((await ask(forged)).body, { refusal: 'session-invalid' }, forged);
      }
      assert.equal((await ask(mine)).body.actor.userid, '42');
    });
  });
}

describe('a secret that is rotated', () => {
  it('has a cookie of the old one renewed at each coming, and refused once the old one is left out', async (t) => {
    const before = await stage(t, { secrets: [second] });
    const cookie = await before.signIn('42');
    t.mock.reset();
    const between = await stage(t, { secrets: [first, second] });
    for (const _ of [1, 2, 3]) {
      const answer = await between.ask(cookie);
      assert.equal(answer.body.actor.userid, '42');
      assert.equal(setCookies(answer).length, 1);
    }
    t.mock.reset();
    const after = await stage(t, { secrets: [first] });
    assert.deepEqual((await after.ask(cookie)).body, { refusal: 'session-invalid' });
  });
});
