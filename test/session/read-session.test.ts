import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import cookieParser from 'cookie-parser';
import express from 'express';
import request from 'supertest';
import { Actor, vouchFor } from '../../lib/session/actor.ts';
import { actorOf } from '../../lib/session/guards.ts';
import { gyroscopeSession } from '../../lib/session/gyroscope-session.ts';
import { sessionFrom } from '../../lib/session/own-session.ts';
import { readSession, sessionReadingOf } from '../../lib/session/read-session.ts';
import type { Session, SessionFunction } from '../../lib/session/session.ts';
import { signedSession } from '../../lib/session/signed-session.ts';
import { errorHandler } from './app.ts';

const signed = signedSession({ secrets: ['a secret of this test, 32 bytes+'] });

function appWith(...sessions: Session[]) {
  const app = express();
  for (const session of sessions) app.use(readSession(session));
  app.get('/', (req, res) => {
    res.json({ actor: req.actor ?? null, reading: sessionReadingOf(req) });
  });
  return app.use(errorHandler);
}

const own = (userOf: SessionFunction) => request(appWith(sessionFrom(userOf))).get('/');

describe('readSession', () => {
  it('asks for cookie-parser where it is missing, and says how', async () => {
    for (const session of [signed, gyroscopeSession({ saltroot: 'a saltroot of this test, 32 bytes' })]) {
      const { status, body } = await request(appWith(session)).get('/');
      assert.deepEqual([status, body.code], [500, 'cookie-parser-missing']);
      assert.match(body.message, /app\.use\(cookieParser\(\)\)/);
    }
  });

  it('sets req.actor to undefined where nobody is signed in', async () => {
    const app = express().use(cookieParser(), readSession(signed));
    app.get('/', (req, res) => {
      res.json(['actor' in req, req.actor === undefined, sessionReadingOf(req)]);
    });
    assert.deepEqual((await request(app).get('/')).body, [true, true, {}]);
  });

  it('reads a session once, however often it is mounted', async () => {
    let reads = 0;
    const session = sessionFrom(() => {
      reads += 1;
      return { userid: 1 };
    });
    const { body } = await request(appWith(session, session)).get('/');
    assert.equal(body.actor.userid, '1');
    assert.equal(reads, 1);
  });

  it('lets the later of two different sessions decide', async () => {
    const { body } = await request(
      appWith(
        sessionFrom(() => ({ userid: 1 })),
        sessionFrom(async () => ({ userid: 2 })),
      ),
    ).get('/');
    assert.equal(body.actor.userid, '2');
  });

  it('sends an error of a session to next(err)', async () => {
    const failing: Session = {
      readsCookies: false,
      read() {
        throw new RangeError('broken');
      },
    };
    assert.equal((await request(appWith(failing)).get('/')).body.name, 'RangeError');
  });

  it('refuses a session whose actor only looks like one', async () => {
    const real = vouchFor({ userid: 1 });
    for (const actor of [{ ...real }, Object.create(Actor.prototype), Object.create(real), new Proxy(real, {})]) {
      for (const read of [() => ({ actor }), async () => ({ actor })]) {
        const { status, body } = await request(appWith({ readsCookies: false, read })).get('/');
        assert.deepEqual([status, body.name], [500, 'TypeError']);
      }
    }
  });

  it('does not know a request that it has not seen', () => {
    assert.equal(sessionReadingOf(express.request), undefined);
  });
});

describe('sessionFrom', () => {
  it("takes the application's user, told at once or later", async () => {
    const user = { userid: 42n, gsid: '3', login: 'jo', dispname: 'Jo', groups: ['users'], passwordhash: 'x' };
    for (const userOf of [() => user, async () => user]) {
      const { actor } = (await own(userOf)).body;
      assert.deepEqual(actor, { userid: '42', gsid: '3', login: 'jo', dispname: 'Jo', groups: ['users'] });
    }
  });

  it("takes a promise of another library's, which has then() alone", async () => {
    const later = {
      // biome-ignore lint/suspicious/noThenProperty: it stands for such a promise
      then: (resolve: (user: unknown) => void) => resolve({ userid: 5 }),
    };
    assert.equal((await own(() => later as never)).body.actor.userid, '5');
  });

  it('is not signed in where the function gives nothing', async () => {
    for (const userOf of [() => undefined, () => null, async () => undefined, async () => null]) {
      assert.deepEqual((await own(userOf)).body, { actor: null, reading: {} });
    }
  });

  it('sends what the function throws or rejects with to next(err)', async () => {
    const sync = () => {
      throw new RangeError('database is down');
    };
    const async = async () => sync();
    for (const userOf of [sync, async]) {
      const { status, body } = await own(userOf);
      assert.deepEqual([status, body.name, body.message], [500, 'RangeError', 'database is down']);
    }
  });

  it('refuses a malformed user with a TypeError that names the field', async () => {
    for (const [user, field] of [
      [{}, 'userid'],
      [{ userid: null }, 'userid'],
      [{ userid: 2 ** 53 }, 'userid'],
      [{ userid: 1, gsid: null }, 'gsid'],
      [{ userid: 1, gsid: '0' }, 'gsid'],
      [{ userid: 1, login: 7 }, 'login'],
      [{ userid: 1, dispname: null }, 'dispname'],
      [{ userid: 1, groups: 'admins' }, 'groups'],
      [{ userid: 1, groups: [1] }, 'groups'],
      [{ userid: 1, gsexpiry: true }, 'gsexpiry'],
      [false, 'expected a user'],
      [42, 'expected a user'],
      [['ann'], 'expected a user'],
    ] as const) {
      for (const userOf of [() => user, async () => user]) {
        const { body } = await own(userOf as unknown as SessionFunction);
        assert.equal(body.name, 'TypeError', JSON.stringify(user));
        assert.ok(body.message.includes(field), body.message);
      }
    }
  });
});

describe('actorOf', () => {
  it('throws where the middleware has not run', async () => {
    const app = express().get('/', (req) => void actorOf(req));
    const { body } = await request(app.use(errorHandler)).get('/');
    assert.equal(body.code, 'middleware-missing');
  });

  it('does not take an object that somebody put into req.actor', async () => {
    const app = express().use(readSession(sessionFrom(() => undefined)));
    app.get('/', (req) => {
      Object.assign(req, { actor: { ...vouchFor({ userid: 1 }) } });
      actorOf(req);
    });
    assert.equal((await request(app.use(errorHandler)).get('/')).body.code, 'not-signed-in');
  });

  it('follows a sign-in and a sign-out in the course of the request', async () => {
    const app = express().use(cookieParser(), readSession(signed));
    app.get('/', (req, res) => {
      req.actor = signed.signIn?.(req, res, { userid: 9 });
      const { userid } = actorOf(req);
      req.actor = undefined;
      assert.throws(() => actorOf(req), { code: 'not-signed-in' });
      res.json(userid);
    });
    assert.equal((await request(app.use(errorHandler)).get('/')).body, '9');
  });

  it('says why nobody is signed in, as a 401', async () => {
    const app = express().use(cookieParser(), readSession(signed));
    app.get('/', (req, res) => void res.json(actorOf(req)));
    const { status, body } = await request(app.use(errorHandler)).get('/').set('Cookie', 'actionlog_session=v1.a.b');
    assert.deepEqual([status, body.code], [401, 'session-invalid']);
  });
});
