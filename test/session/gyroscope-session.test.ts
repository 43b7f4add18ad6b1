import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Express } from 'express';
import request from 'supertest';
import { authOf, type SignedCookies, saltBase } from '../../lib/session/gyroscope-salt.ts';
import { type GyroscopeSessionOptions, gyroscopeSession } from '../../lib/session/gyroscope-session.ts';
import { sessionHour } from '../../lib/session/hours.ts';
import { type Vectors, vectors } from '../support/vectors.ts';
import { begunApp, cookieFrom, sessionApp, setCookies } from './app.ts';

type Recording = Vectors['sessions'][number];
const hourMs = 3_600_000;

const header = (cookies: Record<string, string>) =>
  Object.entries(cookies)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('; ');

const cookieValue = (cookies: readonly string[], name: string) =>
  decodeURIComponent(cookies.find((cookie) => cookie.startsWith(`${name}=`))?.split(/[=;]/)[1] ?? '');

/** An application that sees the addresses of the recording: the client's behind a proxy, the peer's on the socket. */
function appOf({ saltroot, timezone, remoteAddr, originalAddr, cookies }: Recording, options = {}) {
  const { userid = '', gsid, login, dispname, gsexpiry, gstier, groupnames = '' } = cookies;
  const user = { userid, gsid, login, dispname, gsexpiry, gstier, groups: groupnames.split('|') };
  const prepare = (app: Express) => {
    app.set('trust proxy', true);
    app.use((req, _res, next) => {
      req.headers['x-forwarded-for'] = remoteAddr;
      Object.defineProperty(req.socket, 'remoteAddress', { value: originalAddr });
      next();
    });
  };
  return sessionApp(gyroscopeSession({ saltroot, timeZone: timezone, secure: false, ...options }), user, prepare);
}

const freeze = (t: TestContext, { utc }: Recording) =>
  t.mock.timers.enable({ apis: ['Date'], now: new Date(utc).getTime() });

describe('gyroscopeSession, against recordings of PHP', () => {
  for (const recording of vectors.sessions) {
    const title = `${recording.cookies['login']} in ${recording.timezone}`;
    const app = appOf(recording);
    const cookie = header(recording.cookies);
    const ask = () => request(app).get('/who').set('Cookie', cookie);

    it(`takes what PHP signed, for the hour and the next: ${title}`, async (t) => {
      freeze(t, recording);
      const first = await ask();
      const { groups, ...info } = recording.userinfo;
      assert.deepEqual(first.body.actor, { ...info, groups: Object.keys(groups) });
      assert.deepEqual(setCookies(first), []);
      t.mock.timers.tick(hourMs);
      const later = await ask();
      assert.deepEqual(later.body.actor, first.body.actor);
      assert.deepEqual(
        setCookies(later).map((header) => header.replace(/=\w{32};/, '=…;')),
        ['auth=…; HttpOnly'],
      );
      t.mock.timers.tick(hourMs);
      assert.deepEqual((await ask()).body, { refusal: 'session-expired' });
      const renewed = header({ ...recording.cookies, auth: cookieValue(setCookies(later), 'auth') });
      assert.deepEqual((await request(app).get('/who').set('Cookie', renewed)).body.actor, first.body.actor);
    });

    it(`signs what PHP takes: ${title}`, async (t) => {
      freeze(t, recording);
      const response = await request(app).post('/sign-in');
      const cookies = setCookies(response);
      for (const [name, value] of Object.entries(recording.cookies))
        assert.equal(cookieValue(cookies, name), value, name);
      const { groups, ...info } = recording.userinfo;
      assert.deepEqual(response.body, { ...info, groups: Object.keys(groups) });
      const { body } = await request(app).get('/who').set('Cookie', cookieFrom(response));
      assert.deepEqual(body.actor, response.body);
    });

    it(`salts as PHP does: ${title}`, () => {
      const { saltroot, remoteAddr, originalAddr, utc, timezone, salt, cookies } = recording;
      const ours = saltBase(saltroot, { remoteAddr, originalAddr }) + sessionHour(new Date(utc).getTime(), timezone);
      assert.equal(ours, salt);
      assert.equal(authOf(ours, cookies as unknown as SignedCookies), cookies['auth']);
    });
  }

  it('signs again for the whole site, also where the request lies deeper', async (t) => {
    const recording = vectors.sessions[0] as Recording;
    freeze(t, recording);
    t.mock.timers.tick(hourMs);
    const response = await request(appOf(recording)).get('/deep/who').set('Cookie', header(recording.cookies));
    assert.match(setCookies(response).join(), /^auth=\w{32}; path=\/; HttpOnly$/);
  });

  it('takes the hour before, but signs nothing, where the response has begun', async (t) => {
    const recording = vectors.sessions[0] as Recording;
    freeze(t, recording);
    t.mock.timers.tick(hourMs);
    const { saltroot, remoteAddr, originalAddr } = recording;
    const session = gyroscopeSession({ saltroot, clientAddresses: () => ({ remoteAddr, originalAddr }) });
    const { headers, text } = await request(begunApp(session)).get('/').set('Cookie', header(recording.cookies));
    assert.equal(text, String(Date.parse('2026-03-05T11:00:00Z')));
    assert.deepEqual(setCookies({ headers }), []);
  });

  it('says when the session ends: with the hour after the current one', async (t) => {
    const [utc, toronto] = [vectors.sessions[0], vectors.sessions[3]] as [Recording, Recording];
    freeze(t, utc);
    const ask = (recording: Recording, options = {}) =>
      request(appOf(recording, options)).get('/who').set('Cookie', header(recording.cookies));
    assert.equal((await ask(utc)).body.endsAt, Date.parse('2026-03-05T11:00:00Z'));
    t.mock.timers.setTime(Date.parse('2026-03-05T10:30:00Z')); // signed again
    assert.equal((await ask(utc)).body.endsAt, Date.parse('2026-03-05T12:00:00Z'));
    t.mock.timers.setTime(new Date(toronto.utc).getTime());
    assert.equal((await ask(toronto)).body.endsAt, Date.parse('2026-03-16T01:00:00Z'));
  });
});

const recording = vectors.sessions[0] as Recording;

/** Cookies that are rightly signed for the recording's time and addresses. */
function signed(changes: Partial<Record<string, string>>): Record<string, string> {
  const { auth: _, ...cookies } = { ...recording.cookies, ...changes } as Record<string, string>;
  return { ...cookies, auth: changes['auth'] ?? authOf(recording.salt, cookies as unknown as SignedCookies) };
}

describe('gyroscopeSession, against what a browser may send', () => {
  const app = appOf(recording);
  const ask = (cookie: string) => request(app).get('/who').set('Cookie', cookie);
  const assertBody = async (cookie: string, expected: unknown) => assert.deepEqual((await ask(cookie)).body, expected);
  const invalid = { refusal: 'session-invalid' };

  it('is not signed in, without refusal, where login or auth is missing', async (t) => {
    freeze(t, recording);
    await assertBody('theme=dark', {});
    for (const name of ['login', 'auth']) await assertBody(header(signed({ [name]: '' })), {});
  });

  it('refuses a change of any signed cookie', async (t) => {
    freeze(t, recording);
    for (const name of ['login', 'dispname', 'userid', 'gsid', 'gsexpiry', 'gstier', 'groupnames']) {
      await assertBody(header({ ...signed({}), [name]: '5' }), invalid);
    }
    const auth = recording.cookies['auth'] ?? '';
    for (const wrong of ['x', auth.slice(0, -1), auth.toUpperCase(), `${auth}0`, '0e462097431906509019562988736854']) {
      await assertBody(header(signed({ auth: wrong })), invalid);
    }
  });

  it('refuses userid 100 of group 1users, though the md5 is that of 1001 of users', async (t) => {
    freeze(t, recording);
    const honest = signed({ userid: '1001', groupnames: 'users' });
    const forged = { ...honest, userid: '100', groupnames: '1users' };
    assert.equal(authOf(recording.salt, forged as unknown as SignedCookies), honest['auth']);
    assert.equal((await ask(header(honest))).body.actor.userid, '1001');
    await assertBody(header(forged), invalid);
    await assertBody(header({ ...honest, userid: '', groupnames: '1001users' }), invalid);
    await assertBody(header({ ...honest, userid: '1001users', groupnames: '' }), invalid);
    await assertBody(header({ ...honest, userid: '1001us', groupnames: 'ers' }), invalid);
  });

  it('refuses ids that no user and no tenant has, though rightly signed', async (t) => {
    freeze(t, recording);
    for (const userid of ['', '-1', '007', '1e3', ' 1', '1 ', 'ann', '٣']) {
      await assertBody(header(signed({ userid })), invalid);
    }
    for (const gsid of ['', '0', '00', '-1', 'x', '1.0']) await assertBody(header(signed({ gsid })), invalid);
  });

  it('refuses cookies that cookie-parser has turned into something else than text', async (t) => {
    freeze(t, recording);
    for (const name of Object.keys(recording.cookies)) {
      for (const json of ['{"a":1}', '["42"]', '42']) {
        await assertBody(header({ ...signed({}), [name]: `j:${json}` }), invalid);
      }
    }
  });

  it('refuses very long values, though rightly signed', async (t) => {
    freeze(t, recording);
    await assertBody(header(signed({ dispname: 'x'.repeat(4097) })), invalid);
  });

  it('takes a missing dispname, groupnames, gsexpiry or gstier for an empty one, as PHP does', async (t) => {
    freeze(t, recording);
    const { login, userid, gsid, auth } = signed({ dispname: '', groupnames: '', gsexpiry: '', gstier: '' });
    const { actor } = (await ask(header({ login, userid, gsid, auth } as Record<string, string>))).body;
    assert.deepEqual(actor, {
      ...{ userid: '42', gsid: '3', login: 'admin', dispname: '' },
      ...{ groups: [''], gsexpiry: '', gstier: '' },
    });
  });

  it('takes the backslashes off the login, after the check', async (t) => {
    freeze(t, recording);
    for (const [login, read] of [
      ["o\\'neil", "o'neil"],
      ['a\\\\b', 'a\\b'],
      ['a\\0b', 'a\0b'],
      ['a\\', 'a'],
      ['\\\n', '\n'],
    ] as const) {
      assert.equal((await ask(header(signed({ login })))).body.actor.login, read);
    }
  });

  it('is bound to both addresses and the saltroot', async (t) => {
    freeze(t, recording);
    for (const change of [{ remoteAddr: '10.0.0.8' }, { originalAddr: '10.0.0.8' }, { saltroot: 'other' }]) {
      const elsewhere = request(appOf({ ...recording, ...change }));
      const { body } = await elsewhere.get('/who').set('Cookie', header(recording.cookies));
      assert.deepEqual(body, invalid);
    }
  });

  it('tells a session that ended today from one that is not valid', async (t) => {
    freeze(t, recording);
    t.mock.timers.tick(23 * hourMs);
    await assertBody(header(recording.cookies), { refusal: 'session-expired' });
    t.mock.timers.tick(hourMs);
    await assertBody(header(recording.cookies), invalid);
  });

  it('takes the addresses of the clientAddresses option where there is one', async (t) => {
    freeze(t, recording);
    const { remoteAddr, originalAddr } = recording;
    const options: Partial<GyroscopeSessionOptions> = { clientAddresses: () => ({ remoteAddr, originalAddr }) };
    const elsewhere = appOf({ ...recording, remoteAddr: '10.9.9.9', originalAddr: '10.9.9.9' }, options);
    const { body } = await request(elsewhere).get('/who').set('Cookie', header(recording.cookies));
    assert.equal(body.actor.userid, '42');
  });
});
