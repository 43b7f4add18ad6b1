import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import request from 'supertest';
import { signedSession } from '../../lib/session/signed-session.ts';
import { begunApp, cookieFrom, sessionApp, setCookies } from './app.ts';

const [first, second] = ['the first secret of this test, long', 'the second secret of this test, long'] as const;
const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2026, 2, 5, 9, 7, 11);

function freezeTime(t: TestContext) {
  t.mock.timers.enable({ apis: ['Date'], now: start });
  return (ms: number) => t.mock.timers.setTime(start + ms);
}

/** A browser that keeps the cookie. */
function browserOf(app: ReturnType<typeof sessionApp>) {
  let cookie = '';
  const keep = <R extends { headers: Record<string, unknown> }>(response: R) => {
    cookie = cookieFrom(response) || cookie;
    return response;
  };
  return {
    signIn: async () => keep(await request(app).post('/sign-in')),
    who: async () => keep(await request(app).get('/who').set('Cookie', cookie)),
    signOut: async () => keep(await request(app).post('/sign-out').set('Cookie', cookie)),
  };
}

describe('the life of a signed session', () => {
  it('ends after 2 hours without a request', async (t) => {
    const at = freezeTime(t);
    const browser = browserOf(sessionApp(signedSession({ secrets: [first] })));
    await browser.signIn();
    assert.equal((await browser.who()).body.endsAt, start + 2 * hour);
    at(2 * hour - 1); // renewed here
    assert.equal((await browser.who()).body.endsAt, start + 4 * hour - 1);
    at(4 * hour - 1);
    assert.deepEqual((await browser.who()).body, { refusal: 'session-expired' });
  });

  it('ends 12 hours after the sign-in, however much it is used', async (t) => {
    const at = freezeTime(t);
    const browser = browserOf(sessionApp(signedSession({ secrets: [first] })));
    await browser.signIn();
    for (let passed = 0; passed < 12 * hour; passed += hour) {
      at(passed);
      const { body } = await browser.who();
      assert.equal(body.endsAt, start + Math.min(passed + 2 * hour, 12 * hour));
    }
    at(12 * hour);
    assert.deepEqual((await browser.who()).body, { refusal: 'session-expired' });
  });

  it('takes its times from the options', async (t) => {
    const at = freezeTime(t);
    const session = signedSession({ secrets: [first], idleTimeoutMs: 10_000, absoluteTimeoutMs: 15_000 });
    const browser = browserOf(sessionApp(session));
    await browser.signIn();
    at(9_000);
    assert.equal((await browser.who()).body.endsAt, start + 15_000);
    at(15_000);
    assert.equal((await browser.who()).body.refusal, 'session-expired');
  });

  it('renews the cookie once a minute has passed, and not at every request', async (t) => {
    const at = freezeTime(t);
    const browser = browserOf(sessionApp(signedSession({ secrets: [first] })));
    await browser.signIn();
    at(minute - 1);
    assert.equal(setCookies(await browser.who()).length, 0);
    at(minute);
    assert.equal(setCookies(await browser.who()).length, 1);
    assert.equal(setCookies(await browser.who()).length, 0);
  });

  it('renews after a tenth of the idle time where that is less than a minute', async (t) => {
    const at = freezeTime(t);
    const browser = browserOf(sessionApp(signedSession({ secrets: [first], idleTimeoutMs: 100_000 })));
    await browser.signIn();
    at(9_999);
    assert.equal(setCookies(await browser.who()).length, 0);
    at(10_000);
    assert.equal(setCookies(await browser.who()).length, 1);
  });

  it('is not renewed where the response has begun', async (t) => {
    const at = freezeTime(t);
    const session = signedSession({ secrets: [first] });
    const cookie = cookieFrom(await request(sessionApp(session)).post('/sign-in'));
    at(hour);
    const { headers, text } = await request(begunApp(session)).get('/').set('Cookie', cookie);
    assert.equal(text, String(start + 2 * hour));
    assert.deepEqual(setCookies({ headers }), []);
  });

  it('does not let a renewal undo the sign-out of the same request', async (t) => {
    const at = freezeTime(t);
    const browser = browserOf(sessionApp(signedSession({ secrets: [first] })));
    await browser.signIn();
    at(hour);
    const cookies = setCookies(await browser.signOut());
    assert.equal(cookies.length, 1);
    assert.match(cookies[0] ?? '', /^actionlog_session=; .*Max-Age=0/);
  });

  it('takes cookies of every secret, and renews those of an older one with the first', async () => {
    const user = { userid: 7, gsid: 2 };
    const before = sessionApp(signedSession({ secrets: [second] }), user);
    const between = sessionApp(signedSession({ secrets: [first, second] }), user);
    const after = sessionApp(signedSession({ secrets: [first] }), user);
    const old = cookieFrom(await request(before).post('/sign-in'));
    const rotated = await request(between).get('/who').set('Cookie', old);
    assert.equal(rotated.body.actor.userid, '7');
    const ask = (cookie: string) => request(after).get('/who').set('Cookie', cookie);
    assert.equal((await ask(cookieFrom(rotated))).body.actor.userid, '7');
    assert.equal((await ask(old)).body.refusal, 'session-invalid');
    const signedNow = cookieFrom(await request(between).post('/sign-in'));
    assert.equal((await ask(signedNow)).body.actor.userid, '7');
  });

  it('does not prolong the absolute end by rotating the secret', async (t) => {
    const at = freezeTime(t);
    const old = cookieFrom(await request(sessionApp(signedSession({ secrets: [second] }))).post('/sign-in'));
    at(hour);
    const app = sessionApp(signedSession({ secrets: [first, second], absoluteTimeoutMs: 2 * hour }));
    const rotated = await request(app).get('/who').set('Cookie', old);
    assert.equal(rotated.body.endsAt, start + 2 * hour);
    at(2 * hour);
    const { body } = await request(app).get('/who').set('Cookie', cookieFrom(rotated));
    assert.equal(body.refusal, 'session-expired');
  });
});
