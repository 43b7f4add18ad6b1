import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import cookieParser from 'cookie-parser';
import express, { type ErrorRequestHandler } from 'express';
import { createPool } from 'mysql2/promise';
import request from 'supertest';
import {
  type ActionlogOptions,
  createActionlog,
  gyroscopeSession,
  migrate,
  type SessionUser,
  signedSession,
} from '../lib/index.ts';
import { createStreamServer } from '../lib/server/index.ts';
import { closeCodes } from '../lib/stream/protocol.ts';
import { openSocket } from './server/clients.ts';
import { createDatabase } from './support/mariadb.ts';
import { openPageWith } from './support/pages.ts';

const secrets = ['a secret for the tests of thirty-two bytes'];
const ann = { userid: '42', gsid: '3', login: 'ann' };

const onErrorHandler: ErrorRequestHandler = (error, _req, res, _next) => {
  res.status(error.status ?? 500).json({ error: { code: error.code } });
};

/** One application server. */
function appServer(options: Pick<ActionlogOptions, 'database'> & Partial<ActionlogOptions>) {
  const errors: unknown[] = [];
  const session = signedSession({ secrets });
  const actionlog = createActionlog({ session, onError: (error) => errors.push(error), ...options });
  const app = express();
  app.use(cookieParser(), actionlog.middleware());
  app.use('/actionlog', actionlog.routes());
  app.get('/in', (req, res) => {
    res.json(actionlog.signIn(req, res, ann));
  });
  app.get('/out', (req, res) => {
    actionlog.signOut(req, res);
    res.end();
  });
  app.get('/who', actionlog.requireActor(), (req, res) => {
    res.json(req.actor);
  });
  app.use(onErrorHandler);
  return { app, actionlog, errors };
}

/** Two application servers on one database, and their streaming server. */
async function stage(options: Partial<ActionlogOptions> = {}) {
  const database = await createDatabase();
  await migrate({ database: database.url });
  const server = createStreamServer({ secrets });
  const { port } = await server.listen();
  const url = `http://127.0.0.1:${port}`;
  const [one, two] = [1, 2].map(() => appServer({ database: database.url, stream: { url, secrets }, ...options }));
  assert.ok(one && two);
  return {
    ...{ one, two, database, url, server },
    async [Symbol.asyncDispose]() {
      await Promise.all([one.actionlog.close(), two.actionlog.close()]);
      await server.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

type Agent = ReturnType<typeof request.agent>;

/** A page of whoever the agent is signed in as, opened as the page's client does. */
async function pageOf(agent: Agent, url: string) {
  const { body } = await agent.get('/actionlog/connect').expect(200);
  return await openPageWith(url, ['actionlog', `bearer.${body.token}`]);
}

const codeOf = async (agent: Agent) => (await agent.get('/who')).body.error?.code as string | undefined;

/** The second that is promised, which test/session/revocations.test.ts holds by a clock of its own, and all that a busy machine adds. */
const soonMs = 20_000;

const soon = async <T>(promise: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it did not come')), soonMs);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

describe('revoke', () => {
  test('refuses the user’s sessions on every application server within a second, and lets him sign in anew at once', async () => {
    await using stand = await stage();
    const old = [request.agent(stand.one.app), request.agent(stand.two.app)] as const;
    for (const agent of old) await agent.get('/in').expect(200);
    for (const agent of old) assert.equal(await codeOf(agent), undefined);
    const { at } = await stand.one.actionlog.revoke({ userid: 42, gsid: 3 });
    assert.equal(await codeOf(old[0]), 'session-revoked', 'at once where it was revoked');
    const until = performance.now() + soonMs;
    while ((await codeOf(old[1])) !== 'session-revoked') assert.ok(performance.now() < until);
    const { body } = await old[1].get('/who').expect(401);
    assert.equal(body.error.code, 'session-revoked');

    const anew = request.agent(stand.one.app);
    await anew.get('/in').expect(200);
    assert.equal(await codeOf(anew), undefined);
    const cookies = (await anew.get('/in')).headers['set-cookie'] as unknown as string[];
    const [, payload = ''] = cookies[0]?.split('.') ?? [];
    assert.ok(JSON.parse(Buffer.from(payload, 'base64url').toString()).at > at);
  });

  test('in the very millisecond of the sign-in tells old from new', async (t) => {
    await using stand = await stage();
    const [old, anew] = [request.agent(stand.one.app), request.agent(stand.one.app)];
    await stand.one.actionlog.ready();
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    await old.get('/in').expect(200);
    await stand.one.actionlog.revoke(ann);
    await anew.get('/in').expect(200);
    assert.deepEqual([await codeOf(old), await codeOf(anew)], ['session-revoked', undefined]);
  });

  test('puts a disabled user’s open pages out within a second, on whatever server; others stay', async () => {
    await using stand = await stage();
    const agent = request.agent(stand.two.app);
    await agent.get('/in').expect(200);
    await using page = await pageOf(agent, stand.url);
    const token = (await agent.get('/actionlog/connect')).body.token;
    const { announced } = await stand.one.actionlog.revoke(ann);
    assert.equal(await soon(page.closed), closeCodes.revoked.code);
    assert.equal((await announced).status, 'sent');
    await assert.rejects(openSocket(stand.url.replace('http', 'ws'), ['actionlog', `bearer.${token}`]), {
      status: 401,
    });
    assert.equal(stand.server.connections, 0);

    await agent.get('/in').expect(200);
    await using back = await pageOf(agent, stand.url);
    assert.equal(back.greeting.userid, '42');
  });

  test('asks the database now and then, and not with each request', async () => {
    await using stand = await stage();
    const pool = createPool({ uri: stand.database.url });
    const { app, actionlog } = appServer({ database: pool });
    const agent = request.agent(app);
    await agent.get('/in').expect(200);
    await agent.get('/who').expect(200);
    let asked = 0;
    pool.on('acquire', () => {
      asked += 1;
    });
    const begun = performance.now();
    for (let n = 0; n < 200; n += 1) await agent.get('/who').expect(200);
    assert.ok(asked <= 1 + Math.ceil((2 * (performance.now() - begun)) / 1_000), `${asked} times`);
    await actionlog.close();
    await pool.end();
  });

  test('without its table names the remedy, and sessions go on', async () => {
    await using stand = await stage();
    await stand.database.query('DROP TABLE actionlog_revoked');
    const agent = request.agent(stand.one.app);
    await agent.get('/in').expect(200);
    assert.equal(await codeOf(agent), undefined);
    await assert.rejects(stand.one.actionlog.revoke(ann), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'table-missing');
      assert.match(error.message, /npx express-actionlog migrate/);
      return true;
    });
    assert.deepEqual(stand.one.errors, []);
  });

  test('takes a user of one tenant alone', async () => {
    await using stand = await stage();
    for (const wrong of [{ userid: 42, gsid: 0 }, { userid: '' }, {}]) {
      await assert.rejects(stand.one.actionlog.revoke(wrong as { userid: string }), TypeError);
    }
  });
});

test('signing out closes the pages of that session, and leaves the user’s others', async () => {
  await using stand = await stage();
  const [here, there] = [request.agent(stand.one.app), request.agent(stand.two.app)];
  for (const agent of [here, there]) await agent.get('/in').expect(200);
  await using out = await pageOf(here, stand.url);
  await using stays = await pageOf(there, stand.url);
  await here.get('/out').expect(200);
  assert.equal(await soon(out.closed), closeCodes.revoked.code);
  await stand.one.actionlog.as(ann).streamaction('product', 1);
  assert.equal((await stays.until(1)).length, 1);
});

test('signing out of an own session closes its pages where the function names it, and else is not ours', async () => {
  let user: SessionUser | undefined = { ...ann, sessionId: 'own' };
  await using stand = await stage({ session: () => user });
  const agent = request.agent(stand.one.app);
  await using page = await pageOf(agent, stand.url);
  await agent.get('/out').expect(200);
  assert.equal(await soon(page.closed), closeCodes.revoked.code);
  user = ann;
  assert.equal((await agent.get('/out').expect(500)).body.error.code, 'sign-in-unsupported');
  user = undefined;
  await agent.get('/out').expect(200);
});

describe('revoke, with other sessions', () => {
  test('of an own sign-in counts where the function tells when the user signed in', async () => {
    let user: SessionUser = { ...ann, signedInAt: Date.now() - 1_000, sessionId: 'own' };
    await using stand = await stage({ session: () => user });
    const agent = request.agent(stand.one.app);
    assert.equal(await codeOf(agent), undefined);
    await using page = await pageOf(agent, stand.url);
    const { at } = await stand.one.actionlog.revoke(ann);
    assert.equal(await soon(page.closed), closeCodes.revoked.code);
    assert.equal(await codeOf(agent), 'session-revoked');
    user = { ...ann, signedInAt: at + 1 };
    assert.equal(await codeOf(agent), undefined);
    user = ann;
    assert.equal(await codeOf(agent), undefined, 'the application ends it itself');
    user = { ...ann, signedInAt: 'yesterday' as unknown as number };
    assert.equal((await agent.get('/who')).status, 500);
  });

  test('of Gyroscope’s cookies counts for the hour that signed them: until it turns nobody of that name is let in', async (t) => {
    const saltroot = 'a saltroot of the tests of thirty-two bytes';
    const session = gyroscopeSession({ saltroot, timeZone: 'UTC', secure: false });
    const { app, actionlog } = appServer({ database: 'sqlite::memory:', session });
    t.after(() => actionlog.close());
    await actionlog.ready();
    const start = Date.UTC(2026, 2, 5, 9, 10);
    t.mock.timers.enable({ apis: ['Date'], now: start });
    const agent = request.agent(app);
    await agent.get('/in').expect(200);
    assert.equal(await codeOf(agent), undefined);
    await actionlog.revoke(ann);
    assert.equal(await codeOf(agent), 'session-revoked');
    const again = await request(app).get('/in').expect(401);
    assert.equal(again.body.error.code, 'session-revoked');
    t.mock.timers.setTime(start + 3_600_000);
    const refused = await agent.get('/who').expect(401);
    assert.equal(refused.body.error.code, 'session-revoked');
    assert.equal(refused.headers['set-cookie'], undefined, 'it is not renewed into the new hour');
    await agent.get('/in').expect(200);
    assert.equal(await codeOf(agent), undefined);
  });
});
