import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import request from 'supertest';
import { type SessionPayload, seal, sessionKey } from '../../lib/session/signed-cookie.ts';
import { signedSession } from '../../lib/session/signed-session.ts';
import { cookieFrom, sessionApp, setCookies } from './app.ts';

const secret = 'a secret of this test, 32 bytes+';
const name = 'actionlog_session';
const user = { userid: 42n, gsid: 3, login: 'jo smith', dispname: 'Zoë “Jo” Smith', groups: ['users', 'admins'] };
const app = sessionApp(signedSession({ secrets: [secret] }), user);

const ask = (cookie: string) => request(app).get('/who').set('Cookie', cookie);
const signIn = async () => cookieFrom(await request(app).post('/sign-in'));

/** A cookie with the right signature over whatever it is given. */
function sealed(changes: Record<string, unknown>, cookieName = name): string {
  const now = Date.now();
  const payload = { userid: '42', gsid: '3', login: 'jo', dispname: 'Jo', groups: [], at: now, seen: now, id: 'x' };
  return `${name}=${seal({ ...payload, ...changes } as SessionPayload, sessionKey(secret, cookieName))}`;
}

async function assertRefused(cookie: string, refusal = 'session-invalid') {
  const response = await ask(cookie);
  assert.deepEqual([response.status, response.body], [200, { refusal }], cookie.slice(0, 200));
}

describe('signedSession', () => {
  it('gives the next request the actor that signIn gave', async () => {
    const signedIn = await request(app).post('/sign-in');
    const { body } = await ask(cookieFrom(signedIn));
    assert.deepEqual(body.actor, signedIn.body);
    assert.deepEqual(body.actor, { ...user, userid: '42', gsid: '3' });
  });

  it('is not signed in, and gives no refusal, without the cookie', async () => {
    assert.deepEqual((await request(app).get('/who')).body, {});
    assert.deepEqual((await ask('other=1')).body, {});
  });

  it('signs a cookie that a payload and a signature make up, in plain characters', async () => {
    assert.match(await signIn(), /^actionlog_session=v1\.[\w-]+\.[\w-]{43}$/);
  });

  it('gives each session an id of its own', async () => {
    const id = (cookie: string) => JSON.parse(Buffer.from(cookie.split('.')[1] ?? '', 'base64url').toString()).id;
    assert.notEqual(id(await signIn()), id(await signIn()));
  });

  it('refuses a cookie in which one character is changed, wherever it stands', async () => {
    const cookie = await signIn();
    for (let at = cookie.indexOf('=') + 1; at < cookie.length; at += 7) {
      await assertRefused(`${cookie.slice(0, at)}${cookie[at] === 'A' ? 'B' : 'A'}${cookie.slice(at + 1)}`);
    }
    const last = cookie.at(-1) === 'A' ? 'B' : String.fromCharCode((cookie.at(-1) ?? '').charCodeAt(0) + 1);
    await assertRefused(cookie.slice(0, -1) + last); // other text, and maybe the same bytes
  });

  it('refuses a truncated, empty, unsigned or lengthened cookie', async () => {
    const cookie = await signIn();
    const [version, payload, signature] = cookie.slice(name.length + 1).split('.');
    for (const value of [
      ...['', 'v1', 'v1.', 'v1..', '.', `v1.${payload}`, `v1.${payload}.`, `v1..${signature}`],
      ...[`${payload}.${signature}`, `v2.${payload}.${signature}`, `${version}.${payload}.${signature}A`],
      ...[cookie.slice(name.length + 1, -1), `${version}.${payload}.${'A'.repeat(43)}`, `v1.${'%C3%A9'.repeat(50)}`],
    ]) {
      await assertRefused(`${name}=${value}`);
    }
  });

  it('refuses a cookie signed with another secret, or for a cookie of another name', async () => {
    const other = sessionApp(signedSession({ secrets: ['another secret of 32 bytes or more'] }));
    await assertRefused(cookieFrom(await request(other).post('/sign-in')));
    await assertRefused(sealed({}, 'other_session'));
  });

  it('refuses a cookie over 4096 bytes, also where its signature is right', async () => {
    await assertRefused(sealed({ dispname: 'x'.repeat(4096) }));
    await assertRefused(`${name}=${'A'.repeat(8000)}`);
  });

  it('refuses a cookie that cookie-parser has turned into an object, list, number or truth', async () => {
    for (const json of ['{"userid":"1"}', '["v1"]', '1', 'true', '"text"', 'null', '{"toString":1}']) {
      await assertRefused(`${name}=${encodeURIComponent(`j:${json}`)}`);
    }
  });

  it('takes the first of two cookies of its name, and no other', async () => {
    const cookie = await signIn();
    assert.equal((await ask(`${cookie}; ${name}=forged`)).body.actor.userid, '42');
    await assertRefused(`${name}=forged; ${cookie}`);
  });

  it('refuses a rightly signed payload whose fields are not of their form', async () => {
    for (const changes of [
      ...[{ userid: 42 }, { userid: '' }, { userid: ' 1' }, { userid: undefined }, { gsid: '0' }, { gsid: null }],
      ...[{ login: {} }, { dispname: 7 }, { groups: 'admins' }, { groups: [1] }, { groups: undefined }, { id: 1 }],
      ...[{ at: '1' }, { at: undefined }, { seen: 1.5 }, { seen: null }, { seen: 1e300 }],
    ]) {
      await assertRefused(sealed(changes));
    }
  });

  it('refuses rightly signed text that is no JSON object', async () => {
    for (const payload of [null, [], 'text', 7] as unknown as SessionPayload[]) {
      await assertRefused(`${name}=${seal(payload, sessionKey(secret, name))}`);
    }
  });

  it('refuses stamps of the future, but for a minute that clocks may differ by', async () => {
    const now = Date.now();
    assert.equal((await ask(sealed({ at: now + 30_000, seen: now + 30_000 }))).body.actor.userid, '42');
    await assertRefused(sealed({ at: now + 90_000 }));
    await assertRefused(sealed({ seen: now + 90_000 }));
  });

  it('keeps ids of 20 digits and text ids to the last character', async () => {
    for (const userid of ['18446744073709551615', '0b8e0f5c-8a31-4d0f-9a0e-3f0f4b1a2c3d']) {
      const own = sessionApp(signedSession({ secrets: [secret] }), { userid, gsid: userid });
      const cookie = cookieFrom(await request(own).post('/sign-in'));
      const { body } = await request(own).get('/who').set('Cookie', cookie);
      assert.deepEqual([body.actor.userid, body.actor.gsid], [userid, userid]);
    }
  });

  it('refuses to sign a session that fits no cookie, and says so', async () => {
    const groups = Array.from({ length: 400 }, (_, index) => `group number ${index}`);
    const { body } = await request(sessionApp(signedSession({ secrets: [secret] }), { userid: 1, groups })).post(
      '/sign-in',
    );
    assert.equal(body.code, 'session-unsignable');
    assert.match(body.message, /fewer or shorter groups/);
  });

  it('refuses to sign in a malformed user with a TypeError that names the field', async () => {
    for (const [field, wrong] of Object.entries({ userid: {}, gsid: 0, login: 7, groups: 'admins' })) {
      const user = { userid: 1, [field]: wrong } as never;
      const { body, headers } = await request(sessionApp(signedSession({ secrets: [secret] }), user)).post('/sign-in');
      assert.equal(body.name, 'TypeError');
      assert.match(body.message, new RegExp(`${field}:`));
      assert.deepEqual(setCookies({ headers }), []);
    }
  });
});
