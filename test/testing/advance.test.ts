import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import cookieParser from 'cookie-parser';
import express from 'express';
import request from 'supertest';
import { createTestActionlog } from '../../lib/testing/index.ts';

const anna = { userid: 7, login: 'anna' };
const product = { rectype: 'product', recid: 12 };
const hour = 3_600_000;

describe('advance', () => {
  it('ends sessions, which requests keep alive until then', async () => {
    await using log = createTestActionlog({ sessionOptions: { idleTimeoutMs: hour, absoluteTimeoutMs: 3 * hour } });
    const app = express().use(cookieParser(), log.middleware(), log.requireActor());
    app.get('/', (_req, res) => void res.end());
    const browser = request.agent(app);
    const cookie = log.cookieFor(anna);
    await browser.get('/').set('Cookie', cookie).expect(200);
    await log.advance(hour - 120_000);
    const renewed = await browser.get('/').set('Cookie', cookie).expect(200);
    assert.match(String(renewed.headers['set-cookie']), /^actionlog_session=/);
    await log.advance(hour - 120_000);
    await browser.get('/').expect(200);
    await request(app).get('/').set('Cookie', cookie).expect(401);
    await log.advance(hour + 1);
    assert.equal((await browser.get('/').expect(401)).body.error.code, 'session-expired');
  });

  it('is what entries are written at', async () => {
    await using log = createTestActionlog();
    await log.as(anna).logaction('now');
    await log.advance(hour);
    await log.as(anna).logaction('later');
    const [now, later] = log.entries;
    const apart = (later?.time ?? 0) - (now?.time ?? 0);
    assert.ok(apart >= hour && apart < hour + 60_000, `${apart}`);
  });

  it('goes a day in a moment, with all that is due on the way', async () => {
    await using log = createTestActionlog();
    log.fail({ stream: 'down' });
    await log.as(anna).logaction('updated', {}, product);
    await log.advance(24 * hour);
    assert.equal(log.announcer.stats.expired, 1);
  });

  it('takes milliseconds', async () => {
    await using log = createTestActionlog();
    for (const wrong of [-1, Number.NaN]) await assert.rejects(log.advance(wrong), TypeError);
  });

  it('does beside faked timers what it does without', async (t) => {
    mock.timers.enable({ apis: ['Date', 'setTimeout', 'setInterval', 'setImmediate'], now: 1_800_000_000_000 });
    t.after(() => mock.timers.reset());
    const log = createTestActionlog();
    const { announced } = await log.as(anna).logaction('updated', {}, product);
    assert.deepEqual(await announced, { status: 'sent' });
    await log.assertAnnounced('updated');
    assert.equal(log.entries[0]?.time, 1_800_000_000_000);
    assert.equal(log.entries[0]?.announced, false, 'no time has passed');
    await log.advance(1000);
    assert.equal(log.entries[0]?.announced, true);
    assert.equal(log.now(), 1_800_000_001_000);
    mock.timers.tick(5000);
    assert.equal(log.now(), 1_800_000_006_000, 'faked time is the log’s time too');
    assert.equal(Date.now(), 1_800_000_005_000, 'and the log’s own is its own');
    await assert.rejects(log.waitForEvent('nothing of the kind', { timeoutMs: 5 }), { name: 'AssertionError' });
    await log.close();
  });

  it('lets faked timers move it as well', async (t) => {
    mock.timers.enable({ apis: ['Date', 'setTimeout', 'setInterval', 'setImmediate'], now: 1_800_000_000_000 });
    t.after(() => mock.timers.reset());
    const log = createTestActionlog();
    await (await log.as(anna).logaction('updated', {}, product)).announced;
    mock.timers.tick(1000);
    await log.settled();
    assert.equal(log.entries[0]?.announced, true);
    await log.close();
  });
});
