import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import cookieParser from 'cookie-parser';
import request from 'supertest';
import type { User } from '../../lib/session/actor.ts';
import { rawurlencode } from '../../lib/session/gyroscope-cookies.ts';
import { type GyroscopeSessionOptions, gyroscopeSession } from '../../lib/session/gyroscope-session.ts';
import { vectors } from '../support/vectors.ts';
import { cookieFrom, nextWarning, sessionApp, setCookies } from './app.ts';

const saltroot = 'a saltroot of this test, 32 bytes';
const local: GyroscopeSessionOptions = { saltroot, secure: false };
const user = { userid: 42, login: 'jo smith', dispname: 'Zoë + Co & “Sons”', groups: ['users', 'admins'] };
const appWith = (given: User, options: Partial<GyroscopeSessionOptions> = {}) =>
  sessionApp(gyroscopeSession({ ...local, ...options }), given);

describe("Gyroscope's cookies", () => {
  it('are written as PHP writes them', async () => {
    const cookies = setCookies(
      await request(appWith(user, { secure: true }))
        .post('/sign-in')
        .set('Host', 'localhost'),
    );
    for (const recorded of vectors.setCookie) assert.ok(cookies.includes(recorded), recorded);
  });

  it('are all set at sign-in, with a random gsfrac', async () => {
    const one = setCookies(await request(appWith(user)).post('/sign-in'));
    assert.deepEqual(
      one.map((header) => header.replace(/(auth|gsfrac)=\w{32};/, '$1=…;')),
      [
        ...['login=jo%20smith; HttpOnly', 'dispname=Zo%C3%AB%20%2B%20Co%20%26%20%E2%80%9CSons%E2%80%9D; HttpOnly'],
        ...['userid=42; HttpOnly', 'gsid=1; HttpOnly', 'gsexpiry=0; HttpOnly', 'gstier=0; HttpOnly'],
        ...['groupnames=users%7Cadmins; HttpOnly', 'auth=…; HttpOnly', 'gsfrac=…; HttpOnly'],
      ],
    );
    const other = setCookies(await request(appWith(user)).post('/sign-in'));
    assert.notEqual(one.at(-1), other.at(-1));
  });

  it('name the path / where the request lies deeper, since the browser would take its folder', async () => {
    const deep = setCookies(await request(appWith(user)).post('/deep/sign-in?next=/'));
    assert.equal(deep[0], 'login=jo%20smith; path=/; HttpOnly');
    assert.equal(setCookies(await request(appWith(user)).post('/sign-in?next=/a/b'))[0], 'login=jo%20smith; HttpOnly');
  });

  it('name the path of the option everywhere', async () => {
    const cookies = setCookies(await request(appWith(user, { path: '/app' })).post('/sign-in'));
    assert.ok(cookies.every((header) => header.endsWith('; path=/app; HttpOnly')));
  });

  it('have SameSite=Lax where hardened', async () => {
    const cookies = setCookies(await request(appWith(user, { hardened: true })).post('/sign-in'));
    assert.ok(cookies.every((header) => header.endsWith('; HttpOnly; SameSite=Lax')));
  });

  it('are deleted in the form of PHP, with and without path', async () => {
    const app = appWith(user, { secure: true });
    const cookies = setCookies(await request(app).post('/sign-out'));
    const deleted = 'deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0';
    assert.deepEqual(cookies.slice(0, 2), [
      `login=${deleted}; secure; HttpOnly`,
      `login=${deleted}; path=/; secure; HttpOnly`,
    ]);
    assert.equal(cookies.length, 18);
    assert.equal(setCookies(await request(appWith(user, { path: '/app' })).post('/sign-out')).length, 27);
  });

  it('encode as rawurlencode', () => {
    assert.equal(
      rawurlencode("aZ09-_.~ !'()*+/?&=;,%\\ü"),
      'aZ09-_.~%20%21%27%28%29%2A%2B%2F%3F%26%3D%3B%2C%25%5C%C3%BC',
    );
  });
});

describe("signing in with Gyroscope's cookies", () => {
  const signIn = async (given: User) => {
    const app = appWith(given);
    const response = await request(app).post('/sign-in');
    const { body } = await request(app).get('/who').set('Cookie', cookieFrom(response));
    return { response, next: body.actor };
  };

  it('gives the actor of the next request, whatever is in the names', async () => {
    for (const given of [
      { userid: 7 },
      { userid: 7n, gsid: '12', login: "o'neil", dispname: '', groups: [] },
      { userid: '7', login: 'CORP\\jo\\0', dispname: '\\ "; %41 j:x', groups: ['ü; x=1', '', 'a'] },
      { userid: 7, gsexpiry: 1893456000, gstier: '2', dispname: 's:not signed' },
    ] as User[]) {
      const { response, next } = await signIn(given);
      assert.deepEqual(next, response.body);
      assert.equal(next.login, given.login ?? '7');
    }
  });

  it('refuses a user whom the cookies cannot carry, naming the field', async () => {
    for (const [changes, field] of [
      [{ userid: 'ann' }, 'userid'],
      [{ userid: '007' }, 'userid'],
      [{ userid: -1 }, 'userid'],
      [{ gsid: 'acme' }, 'gsid'],
      [{ login: '' }, 'login'],
      [{ login: '\ud800' }, 'login'],
      [{ groups: ['1users'] }, 'groups'],
      [{ groups: ['users|admins'] }, 'groups'],
      [{ dispname: 'j:{"a":1}' }, 'dispname'],
      [{ dispname: 'ü'.repeat(800) }, 'dispname'],
    ] as const) {
      const { response } = await signIn({ userid: 42, ...changes });
      assert.equal(response.body.code, 'session-unsignable', JSON.stringify(changes));
      assert.match(response.body.message, new RegExp(`: ${field}: .*signedSession`));
      assert.deepEqual(setCookies(response), []);
    }
  });

  it('refuses a malformed user with a TypeError', async () => {
    for (const changes of [{ userid: undefined }, { gsid: 0 }, { groups: 'users' }, { gstier: {} }] as object[]) {
      const { response } = await signIn({ userid: 42, ...changes });
      assert.equal(response.body.name, 'TypeError');
    }
  });

  it('refuses what cookie-parser would take for a cookie of its own', async () => {
    const prepare = (app: ReturnType<typeof sessionApp>) => app.use(cookieParser('a secret of cookie-parser'));
    const app = sessionApp(gyroscopeSession(local), { userid: 1, dispname: 's:x' }, prepare);
    assert.equal((await request(app).post('/sign-in')).body.code, 'session-unsignable');
  });
});

describe('the options of gyroscopeSession', () => {
  const wrong = (options: Record<string, unknown>, pattern: RegExp) =>
    assert.throws(
      () => gyroscopeSession({ ...local, ...options } as GyroscopeSessionOptions),
      (error: Error) => {
        assert.ok(error instanceof TypeError);
        assert.match(error.message, pattern);
        assert.doesNotMatch(error.message, /saltroot of this test|too short/);
        return true;
      },
    );

  it('are refused with the option named where they are wrong', () => {
    wrong({ saltroot: '' }, /saltroot/);
    wrong({ saltroot: undefined }, /saltroot/);
    wrong({ timeZone: 'Mars/Olympus' }, /timeZone.*America\/Toronto/);
    wrong({ clientAddresses: '10.0.0.9' }, /clientAddresses/);
    wrong({ path: 'app' }, /path/);
    wrong({ saltroot: 'too short', hardened: true }, /saltroot.*32 bytes/);
    wrong({ secrets: [] }, /unknown option "secrets"/);
  });

  it('warn of a short or published saltroot, and take it', async () => {
    for (const weak of ['too short', 'gyroscope_demo']) {
      const warned = nextWarning('ACTIONLOG_WEAK_SALTROOT');
      gyroscopeSession({ saltroot: weak });
      assert.doesNotMatch((await warned).message, new RegExp(weak));
    }
  });

  it('warn at a sign-in whose Secure cookies the browser drops', async () => {
    const warned = nextWarning('ACTIONLOG_INSECURE_COOKIE');
    await request(appWith(user, { secure: true }))
      .post('/sign-in')
      .set('Host', 'app.example.org');
    assert.match((await warned).message, /gyroscopeSession.*https/);
  });
});
