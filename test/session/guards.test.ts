import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import cookieParser from 'cookie-parser';
import express, { type RequestHandler } from 'express';
import request from 'supertest';
import type { User } from '../../lib/session/actor.ts';
import { type GuardOptions, requireActor, requireGroup } from '../../lib/session/guards.ts';
import { sessionFrom } from '../../lib/session/own-session.ts';
import { readSession } from '../../lib/session/read-session.ts';
import type { Session } from '../../lib/session/session.ts';
import { signedSession } from '../../lib/session/signed-session.ts';
import { cookieFrom, errorHandler, sessionApp } from './app.ts';

const page = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

function guarded(guard: RequestHandler, user?: User, session: Session = sessionFrom(() => user)) {
  const app = express().use(cookieParser(), readSession(session));
  app.use('/shop', guard, (req, res) => void res.json(req.actor));
  return app.use(errorHandler);
}

const signInPage = (options: GuardOptions = { signInUrl: '/sign-in' }) => guarded(requireActor(options));

describe('requireActor', () => {
  it('lets a signed-in user pass', async () => {
    const { status, body } = await request(guarded(requireActor(), { userid: 7 })).get('/shop');
    assert.deepEqual([status, body.userid], [200, '7']);
  });

  it('answers 401 in JSON that nobody keeps', async () => {
    for (const app of [signInPage(), signInPage({})]) {
      const { status, body, headers } = await request(app).get('/shop').set('Accept', 'application/json');
      assert.equal(status, 401);
      assert.deepEqual(body, { error: { code: 'not-signed-in', message: 'not signed in' } });
      assert.equal(headers['cache-control'], 'no-store');
    }
  });

  it('sends a page to the sign-in address, with the way back', async () => {
    const { status, headers } = await request(signInPage()).get('/shop/cart?id=1&x=%20').set(page);
    assert.equal(status, 303);
    assert.equal(headers['location'], '/sign-in?next=%2Fshop%2Fcart%3Fid%3D1%26x%3D%2520');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal((await request(signInPage()).head('/shop').set(page)).headers['location'], '/sign-in?next=%2Fshop');
  });

  it('adds the way back to an address that has a query or a fragment', async () => {
    for (const [signInUrl, location] of [
      ['/sign-in?lang=en', '/sign-in?lang=en&next=%2Fshop'],
      ['/sign-in?', '/sign-in?next=%2Fshop'],
      ['/sign-in#form', '/sign-in?next=%2Fshop#form'],
      ['https://id.example.org/in?app=1#a#b', 'https://id.example.org/in?app=1&next=%2Fshop#a#b'],
    ] as const) {
      const { headers } = await request(signInPage({ signInUrl })).get('/shop').set(page);
      assert.equal(headers['location'], location);
    }
  });

  it('gives no way back to what cannot be repeated, or lies on another site', async () => {
    const post = await request(signInPage()).post('/shop').set(page);
    assert.deepEqual([post.status, post.headers['location']], [303, '/sign-in']);
    for (const path of ['//example.org/shop', '/\\example.org/shop']) {
      const app = express().use(readSession(sessionFrom(() => undefined)), requireActor({ signInUrl: '/sign-in' }));
      const { headers } = await request(app).get('/').set(page);
      assert.equal(headers['location'], '/sign-in?next=%2F');
      const other = express();
      other.use((req, _res, next) => {
        req.originalUrl = path; // as a client may send it, which supertest cannot
        next();
      });
      other.use(app);
      assert.equal((await request(other).get('/').set(page)).headers['location'], '/sign-in');
    }
  });

  it('does not redirect what is no page: fetch, XMLHttpRequest, JSON', async () => {
    for (const headers of [
      { ...page, 'X-Requested-With': 'XMLHttpRequest' },
      { Accept: '*/*', 'Sec-Fetch-Mode': 'cors' },
      { Accept: 'application/json, text/html;q=0.5' },
      { Accept: 'image/png' },
    ]) {
      assert.equal((await request(signInPage()).get('/shop').set(headers)).status, 401);
    }
    const navigation = { ...page, 'Sec-Fetch-Mode': 'navigate' };
    assert.equal((await request(signInPage()).get('/shop').set(navigation)).status, 303);
  });

  it('says why a session is not taken', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 1e12 });
    const session = signedSession({ secrets: ['a secret of this test, 32 bytes+'] });
    const app = guarded(requireActor(), undefined, session);
    const cookie = cookieFrom(await request(sessionApp(session)).post('/sign-in'));
    assert.equal((await request(app).get('/shop').set('Cookie', cookie)).status, 200);
    t.mock.timers.tick(2 * 3_600_000);
    for (const [sent, code] of [
      [cookie, 'session-expired'],
      [`${cookie}x`, 'session-invalid'],
    ] as const) {
      const { status, body } = await request(app).get('/shop').set('Cookie', sent);
      assert.deepEqual([status, body.error.code], [401, code]);
    }
  });

  it('sends a missing middleware to next(err)', async () => {
    for (const guard of [requireActor({ signInUrl: '/sign-in' }), requireGroup('admins')]) {
      const { status, body } = await request(express().use(guard, errorHandler)).get('/').set(page);
      assert.deepEqual([status, body.code], [500, 'middleware-missing']);
    }
  });
});

describe('requireGroup', () => {
  const user = { userid: 7, groups: ['users', 'sales'] };

  it('lets a user of any of the groups pass', async () => {
    for (const group of ['sales', ['admins', 'sales'], ['users']]) {
      assert.equal((await request(guarded(requireGroup(group), user)).get('/shop')).status, 200);
    }
  });

  it('answers 403 to a user of none of them', async () => {
    for (const group of ['admins', ['admins', 'sale'], 'toString', 'users|sales']) {
      const app = guarded(requireGroup(group, { signInUrl: '/sign-in' }), user);
      const { status, body, headers } = await request(app).get('/shop').set('Accept', 'application/json');
      assert.deepEqual([status, body.error.code], [403, 'not-in-group']);
      assert.equal(headers['cache-control'], 'no-store');
    }
  });

  it("leaves a page's 403 to the application's error handler", async () => {
    const { status, body } = await request(guarded(requireGroup('admins'), user))
      .get('/shop')
      .set(page);
    assert.deepEqual([status, body.code, body.name], [403, 'not-in-group', 'ActionlogError']);
  });

  it('answers who is not signed in as requireActor does', async () => {
    const app = guarded(requireGroup('admins', { signInUrl: '/sign-in' }));
    assert.equal((await request(app).get('/shop').set('Accept', 'application/json')).status, 401);
    assert.equal((await request(app).get('/shop').set(page)).headers['location'], '/sign-in?next=%2Fshop');
  });
});

describe('the options of the guards', () => {
  it('are refused at construction where they are wrong', () => {
    assert.throws(() => requireActor({ signInUrl: '' }), /TypeError: requireActor: option "signInUrl"/);
    assert.throws(() => requireActor({ signInUrl: '/a b' }), TypeError);
    assert.throws(() => requireActor({ signinurl: '/' } as GuardOptions), /unknown option "signinurl"/);
    for (const group of ['', [], [''], undefined, 7]) {
      assert.throws(() => requireGroup(group as string), /TypeError: requireGroup: option "groups/);
    }
  });
});
