import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import cookieParser from 'cookie-parser';
import express from 'express';
import request from 'supertest';
import { gyroscopeSession, type Logged } from '../../lib/index.ts';
import { createTestActionlog, type TestActionlog, type TestActionlogOptions } from '../../lib/testing/index.ts';

const anna = { userid: 7, gsid: 1, login: 'anna' };
const product = { rectype: 'product', recid: 12 };

/** A log for one test; closed with it. */
function using(t: { after(close: () => Promise<void>): void }, options?: TestActionlogOptions): TestActionlog {
  const log = createTestActionlog(options);
  t.after(() => log.close());
  return log;
}

const save = (log: TestActionlog, message = 'updated product Foo', user = anna): Promise<Logged> =>
  log.as(user).logaction(message, { productid: 12 }, product);

/** An app that takes its action log, as an application does. */
function appOf(log: TestActionlog) {
  const app = express();
  app.use(cookieParser(), log.middleware());
  app.post('/products/:id', log.requireActor(), async (req, res) => {
    await req.logaction('updated product Foo', { price: 9 }, { rectype: 'product', recid: String(req.params['id']) });
    res.sendStatus(204);
  });
  app.use('/actionlog', log.routes());
  return app;
}

describe('createTestActionlog', () => {
  it('keeps what a route logs, for the user whose cookie a request has', async (t) => {
    const log = using(t);
    const app = appOf(log);
    await request(app).post('/products/12').expect(401);
    await request(app).post('/products/12').set('Cookie', log.cookieFor(anna)).expect(204);
    const [entry, ...rest] = log.entries;
    assert.equal(rest.length, 0);
    assert.deepEqual(
      { ...entry, time: 0, announced: true },
      {
        ...{ alogid: '1', gsid: '1', userid: '7', login: 'anna', message: 'updated product Foo', rawobj: { price: 9 } },
        record: { rectype: 'product', recid: '12' },
        ...{ extra: undefined, ctxid: null, correlation: null, trace: {}, connection: 0, conflicted: false, time: 0 },
        announced: true,
      },
    );
  });

  it('announces over the real wire: signed, with a place, to pages of the tenant alone', async (t) => {
    const log = using(t);
    const [own, other] = [log.openPage(anna), log.openPage({ userid: 7, gsid: 2 })];
    const { announced } = await log.as(anna, { wssid: own.sid }).logaction('x', {}, product, { extra: { by: 'Anna' } });
    assert.deepEqual(await announced, { status: 'sent' });
    const [event] = log.events;
    assert.match(event?.epoch ?? '', /^[\w-]{12}$/);
    const { epoch: _, time: __, ...plain } = event ?? assert.fail();
    assert.deepEqual(plain, {
      ...{ type: 'update', sid: own.sid, gsid: '1', userid: '7', rectype: 'product', recid: '12', alogid: '1' },
      ...{ login: 'anna', extra: { by: 'Anna' }, offset: 1 },
    });
    assert.equal(own.events[0]?.own, true);
    assert.deepEqual(other.events, []);
    assert.deepEqual([log.eventsFor(anna).length, log.eventsFor({ userid: 7, gsid: 2 }).length], [1, 0]);
  });

  it('gives an event whose connection id was but claimed to its page as of nobody', async (t) => {
    const log = using(t);
    const page = log.openPage({ userid: 8 });
    await (await log.as(anna, { wssid: page.sid }).logaction('x', {}, product)).announced;
    assert.deepEqual([page.events[0]?.sid, page.events[0]?.own], [0, false]);
  });

  it('resolves a wait for an event that has been already, and for one that comes', async (t) => {
    const log = using(t);
    const coming = log.waitForEvent({ record: product });
    await save(log);
    const event = await coming;
    assert.equal(event.recid, '12');
    assert.equal(await log.waitForEvent('updated product Foo'), event);
    assert.equal(await log.waitForEvent(({ userid }) => userid === '7'), event);
  });

  it('announces after the commit, never after a rollback', async (t) => {
    const log = using(t);
    const user = log.as(anna);
    await log.transaction(async (_tx, write) => {
      await write(user, 'inside', {}, product);
      log.assertNotLogged('inside');
      await log.assertNotAnnounced('inside');
    });
    await log.assertAnnounced('inside');
    const undone = log.transaction(async (_tx, write) => {
      await write(user, 'undone', {}, product);
      throw new Error('no');
    });
    await assert.rejects(undone, { message: 'no' });
    log.assertNotLogged('undone');
    await log.assertNotAnnounced('undone');
  });

  it('runs statements of a transaction where the test says, and says what is missing where it does not', async (t) => {
    const ran: unknown[] = [];
    const log = using(t, {
      execute: (sql, params) => {
        ran.push([sql, params]);
        return [{ name: 'Foo' }];
      },
    });
    const rows = await log.transaction(
      async (tx) => (await tx.query('SELECT name FROM products WHERE id = ?', [12]))[0],
    );
    assert.deepEqual(rows, [{ name: 'Foo' }]);
    assert.deepEqual(ran, [
      ['BEGIN', []],
      ['SELECT name FROM products WHERE id = ?', [12]],
      ['COMMIT', []],
    ]);
    const bare = using(t);
    await assert.rejects(
      bare.transaction((tx) => tx.execute('UPDATE products SET price = 9')),
      { name: 'TypeError', message: /createTestActionlog\(\{ execute \}\).*UPDATE products/ },
    );
  });

  it('keeps an entry on a connection of the application’s own back until its commit is told', async (t) => {
    const log = using(t);
    const statements: string[] = [];
    const connection = async (sql: string) => {
      statements.push(sql);
      return { insertId: 41 };
    };
    const logged = await log.as(anna).logaction('own transaction', {}, product, { connection });
    assert.match(statements[0] ?? '', /^INSERT INTO `actionlog`/);
    assert.deepEqual(log.entries, []);
    assert.deepEqual(await logged.committed(), { status: 'sent' });
    assert.equal(log.assertLogged('own transaction').alogid, '41');
    const next = await log.as(anna).logaction('own transaction 2', {}, product, {
      connection: async () => ({ insertId: 42 }),
    });
    assert.deepEqual(await next.rolledBack(), { status: 'rolled-back' });
    log.assertNotLogged('own transaction 2');
  });

  it('closes a user’s pages and refuses his sessions once they are revoked', async (t) => {
    const log = using(t);
    const app = appOf(log);
    const page = log.openPage(anna);
    const other = log.openPage({ userid: 8 });
    const cookie = log.cookieFor(anna);
    await log.advance(1);
    await (await log.revoke(anna)).announced;
    assert.deepEqual([page.closed, other.closed], ['revoked', undefined]);
    const refused = await request(app).post('/products/1').set('Cookie', cookie);
    assert.deepEqual([refused.status, refused.body.error.code], [401, 'session-revoked']);
    await log.advance(1);
    await request(app).post('/products/1').set('Cookie', log.cookieFor(anna)).expect(204);
  });

  it('tells pages what they missed, and the way to nowhere', async (t) => {
    const log = using(t);
    await save(log);
    const cookie = log.cookieFor(anna);
    const { body } = await request(appOf(log)).get('/actionlog/entries?since=0').set('Cookie', cookie).expect(200);
    assert.equal(body.entries[0].recid, '12');
    const connect = await request(appOf(log)).get('/actionlog/connect').set('Cookie', cookie).expect(200);
    assert.equal(new URL(connect.body.url).hostname, 'actionlog.test');
  });

  it('takes the application’s own session, and makes the cookies of Gyroscope’s', async (t) => {
    const session = gyroscopeSession({ saltroot: 'a salt of the tests that is long enough', secure: false });
    const log = using(t, { session });
    const cookie = log.cookieFor({ userid: 7, gsid: 1, login: 'anna', groups: ['admins'] });
    await request(appOf(log)).post('/products/12').set('Cookie', cookie).expect(204);
    log.assertLogged({ user: { login: 'anna' } });
    const own = using(t, { session: () => anna });
    assert.throws(() => own.cookieFor(anna), { code: 'sign-in-unsupported' });
    await request(appOf(own)).post('/products/12').expect(204);
  });

  it('announces nothing where the app has no streaming server', async (t) => {
    const log = using(t, { stream: false });
    assert.deepEqual(await (await save(log)).announced, { status: 'off' });
    log.assertLogged('updated product Foo');
  });

  it('takes ids as the default schema does, where that is asked for', async (t) => {
    const log = using(t, { ids: 'bigint' });
    await assert.rejects(log.as({ userid: 'anna' }).logaction('x'), { code: 'id-unfit' });
  });

  it('is empty after a reset, and numbers go on', async (t) => {
    const log = using(t);
    const page = log.openPage(anna);
    log.fail({ stream: 'down' });
    await save(log);
    await log.reset();
    assert.deepEqual([log.entries, log.events, log.errors, page.closed], [[], [], [], 'gone']);
    assert.deepEqual(await (await save(log)).announced, { status: 'sent' });
    assert.equal(log.entries[0]?.alogid, '2');
    assert.equal(log.events.length, 1);
  });

  it('is closed by `await using`, and refuses what comes then', async () => {
    let kept: TestActionlog | undefined;
    {
      await using log = createTestActionlog();
      kept = log;
    }
    await assert.rejects(save(kept), { code: 'closed' });
  });

  it('refuses options that it does not have', () => {
    assert.throws(
      () => createTestActionlog({ database: 'sqlite:x' } as TestActionlogOptions),
      /unknown option "database"/,
    );
    assert.throws(() => createTestActionlog({ ids: 'uuid' } as unknown as TestActionlogOptions), TypeError);
  });

  it('keeps two logs apart', async (t) => {
    const [one, two] = [using(t), using(t)];
    await save(one);
    await one.advance(100_000);
    assert.equal(two.entries.length, 0);
    assert.ok(one.now() - two.now() >= 99_000);
  });
});
