import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ActionlogError, Logged } from '../../lib/index.ts';
import { createTestActionlog, type TestActionlog } from '../../lib/testing/index.ts';

const anna = { userid: 7, gsid: 1, login: 'anna' };
const product = { rectype: 'product', recid: 12 };

const save = (log: TestActionlog, message = 'updated'): Promise<Logged> => log.as(anna).logaction(message, {}, product);
const codesOf = (log: TestActionlog) => log.errors.map(({ error }) => (error as ActionlogError).code);
const resultOf = async <T>(log: TestActionlog, promise: Promise<T>) =>
  await Promise.race([promise, log.settled().then(() => 'open' as const)]);

describe('after reset()', () => {
  it('the relay lets everything pass that it had paused for', async () => {
    await using log = createTestActionlog();
    log.fail({ stream: 'down' });
    for (let n = 0; n < 5; n += 1) {
      await save(log);
      await log.settled();
    }
    assert.ok(codesOf(log).includes('relay-paused'));
    await log.reset();
    assert.equal(log.announcer.stats.paused, false);
    const listed = ['a', 'b'].map((recid) => ({ message: recid, record: { rectype: 'product', recid } }));
    const { announced } = await log.as(anna).logaction.many(listed);
    assert.deepEqual(await announced, [{ status: 'sent' }, { status: 'sent' }]);
    await log.assertAnnounced('a');
    await log.assertAnnounced('b');
    assert.deepEqual(codesOf(log), []);
  });

  it('failures that did not yet pause it count for nothing', async () => {
    await using log = createTestActionlog();
    const failThrice = async () => {
      log.fail({ stream: 'refusing' });
      for (let n = 0; n < 3; n += 1) await (await save(log)).announced;
    };
    await failThrice();
    await log.reset();
    await failThrice();
    assert.equal(log.announcer.stats.paused, false);
  });

  it('a revocation that was tried again is done, and leaves later pages alone', async () => {
    await using log = createTestActionlog();
    log.fail({ stream: 'down' });
    const { announced } = await log.revoke(anna);
    await log.settled();
    await log.reset();
    assert.deepEqual(await resultOf(log, announced), { status: 'sent' });
    const page = log.openPage(anna);
    await log.advance(70_000);
    assert.equal(page.closed, undefined);
  });

  it('what waited for a commit that nobody told is settled', async () => {
    await using log = createTestActionlog();
    const { announced } = await log.as(anna).logaction('x', {}, product, { connection: async () => ({ insertId: 1 }) });
    await log.reset();
    assert.deepEqual(await resultOf(log, announced), { status: 'deferred', code: 'closed' });
  });
});

it('a revocation that comes late closes the pages from before it alone', async () => {
  await using log = createTestActionlog();
  log.fail({ stream: 'down' });
  const before = log.openPage(anna);
  const { announced } = await log.revoke(anna);
  const after = log.openPage(anna);
  log.heal();
  await log.advance(5000);
  assert.deepEqual(await announced, { status: 'sent' });
  assert.deepEqual([before.closed, after.closed], ['revoked', undefined]);
});
