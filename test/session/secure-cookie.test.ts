import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Express } from 'express';
import request from 'supertest';
import { isLoopbackHost } from '../../lib/session/secure-cookie.ts';
import type { SignedSessionOptions } from '../../lib/session/signed-options.ts';
import { signedSession } from '../../lib/session/signed-session.ts';
import { cookieFrom, nextWarning, sessionApp, setCookies } from './app.ts';

const secrets = ['a secret of this test, 32 bytes+'];

async function signInCookie(
  options: Partial<SignedSessionOptions>,
  headers: Record<string, string> = {},
  prepare?: (app: Express) => void,
): Promise<string> {
  const app = sessionApp(signedSession({ secrets, ...options }), { userid: 1 }, prepare);
  const response = await request(app).post('/sign-in').set(headers);
  assert.equal(response.status, 200, JSON.stringify(response.body));
  return (setCookies(response)[0] ?? '').replace(/=v1\.[^;]*/, '=…');
}

const plain = 'actionlog_session=…; Path=/; HttpOnly; SameSite=Lax';
const secure = 'actionlog_session=…; Path=/; HttpOnly; Secure; SameSite=Lax';

describe('Secure, where nothing is set', () => {
  it('is left out in development on plain http to this machine', async () => {
    assert.equal(await signInCookie({}), plain);
    for (const Host of ['localhost', 'localhost:3000', 'app.localhost:80', '127.0.0.1', '127.8.9.10:1', '[::1]:3000']) {
      assert.equal(await signInCookie({}, { Host }), plain, Host);
    }
  });

  it('is set for every other host', async () => {
    for (const Host of [
      'app.example.org',
      '10.0.0.9:3000',
      'localhost.example.org',
      '127.0.0.1.example.org',
      'notlocalhost',
    ]) {
      assert.equal(await signInCookie({}, { Host }), secure, Host);
    }
  });

  it('is set behind a proxy, trusted or not', async () => {
    for (const header of [
      'X-Forwarded-For',
      'X-Forwarded-Proto',
      'X-Forwarded-Host',
      'Forwarded',
      'Via',
      'X-Real-IP',
    ]) {
      assert.equal(await signInCookie({}, { [header]: '127.0.0.1' }), secure, header);
    }
  });

  it('is set in production', async () => {
    assert.equal(await signInCookie({}, {}, (app) => app.set('env', 'production')), secure);
  });

  it('is set on https that a trusted proxy reports', async () => {
    const headers = { 'X-Forwarded-Proto': 'https', Host: 'localhost' };
    assert.equal(await signInCookie({}, headers, (app) => app.set('trust proxy', 'loopback')), secure);
  });

  it('is set on a cookie that browsers refuse without', async () => {
    assert.match(await signInCookie({ cookieName: '__Host-session' }), /^__Host-session=.*; Secure/);
    assert.match(await signInCookie({ cookieName: '__Secure-session', path: '/app' }), /; Path=\/app; .*Secure/);
    assert.match(await signInCookie({ sameSite: 'none' }), /; Secure; SameSite=None$/);
  });
});

describe('the attributes of the cookie', () => {
  it('follow the options', async () => {
    const options = {
      secure: true,
      sameSite: 'strict',
      path: '/erp',
      domain: 'example.org',
      cookieName: 'who',
    } as const;
    assert.equal(
      await signInCookie(options),
      'who=…; Path=/erp; Domain=example.org; HttpOnly; Secure; SameSite=Strict',
    );
    assert.equal(await signInCookie({ secure: false }, { Host: 'app.example.org' }), plain);
  });

  it('are the same where the cookie is cleared, renewed, and set', async () => {
    const app = sessionApp(signedSession({ secrets, path: '/', domain: 'example.org', sameSite: 'strict' }));
    const [header] = setCookies(await request(app).post('/sign-out').set('Host', 'www.example.org'));
    assert.equal(
      header,
      'actionlog_session=; Path=/; Domain=example.org; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; Secure; SameSite=Strict',
    );
    const old = cookieFrom(await request(sessionApp(signedSession({ secrets: ['x'.repeat(32)] }))).post('/sign-in'));
    const rotating = sessionApp(signedSession({ secrets: [...secrets, 'x'.repeat(32)] }));
    const renewed = await request(rotating).get('/who').set({ Cookie: old, Host: 'app.example.org' });
    assert.equal((setCookies(renewed)[0] ?? '').replace(/=v1\.[^;]*/, '=…'), secure);
  });

  it('leaves other cookies of the response alone', async () => {
    const app = sessionApp(signedSession({ secrets }), { userid: 1 }, (app) => {
      app.use((_req, res, next) => {
        res.cookie('theme', 'dark');
        next();
      });
    });
    assert.deepEqual(
      setCookies(await request(app).post('/sign-in')).map((header) => header.split('=')[0]),
      ['theme', 'actionlog_session'],
    );
  });
});

describe('the warning of a cookie that browsers drop', () => {
  it('comes once, with the remedy, at a sign-in over plain http', async () => {
    const app = sessionApp(signedSession({ secrets }));
    const warnings: Error[] = [];
    const listener = (warning: Error & { code?: string }) => {
      if (warning.code === 'ACTIONLOG_INSECURE_COOKIE') warnings.push(warning);
    };
    process.on('warning', listener);
    for (let time = 0; time < 3; time += 1) await request(app).post('/sign-in').set('Host', 'app.example.org');
    process.off('warning', listener);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]?.message ?? '', /trust proxy.*secure: false/);
  });

  it('does not come on https, to this machine, or with secure: false', async () => {
    const codes: unknown[] = [];
    const listener = (warning: Error & { code?: string }) => codes.push(warning.code);
    process.on('warning', listener);
    const https = { 'X-Forwarded-Proto': 'https', Host: 'a.example.org' };
    await signInCookie({}, https, (app) => app.set('trust proxy', true));
    await signInCookie({ secure: true }, { Host: 'localhost' });
    await signInCookie({ secure: false }, { Host: 'b.example.org' });
    const last = nextWarning('LAST_OF_TEST');
    process.emitWarning('warnings come in order', { code: 'LAST_OF_TEST' });
    await last;
    process.off('warning', listener);
    assert.deepEqual(codes, ['LAST_OF_TEST']);
  });
});

describe('isLoopbackHost', () => {
  it('takes no host that only looks like this machine', () => {
    for (const host of [
      undefined,
      '',
      'localhost.',
      '127.0.0.1@example.org',
      'a..localhost',
      '[::1].example.org',
      '128.0.0.1',
    ]) {
      assert.equal(isLoopbackHost(host), false, host);
    }
  });
});
