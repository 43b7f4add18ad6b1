import assert, { AssertionError } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTestActionlog, type TestActionlog } from '../../lib/testing/index.ts';

const anna = { userid: 7, login: 'anna' };
const bert = { userid: 8, login: 'bert' };

async function logOfThree(): Promise<TestActionlog> {
  const log = createTestActionlog();
  await log.as(anna).logaction('updated product Foo', { price: 9, size: { w: 2 } }, { rectype: 'product', recid: 12 });
  await log.as(bert).logaction('updated product Bar', { price: 11 }, { rectype: 'product', recid: 13 });
  await log.as(anna).logaction('signed in');
  return log;
}

/** What it fails with. */
async function failureOf(assertion: () => unknown): Promise<AssertionError> {
  try {
    await assertion();
  } catch (error) {
    assert.ok(error instanceof AssertionError, String(error));
    return error;
  }
  return assert.fail('it did not fail');
}

describe('assertLogged', () => {
  it('shows the nearest entries, and of each what differs', async () => {
    await using log = await logOfThree();
    const failure = await failureOf(() =>
      log.assertLogged({
        message: 'updated product Foo',
        rawobj: { price: 10, size: { w: 2 } },
        record: { rectype: 'product', recid: 12 },
        user: anna,
      }),
    );
    assert.equal(
      failure.message,
      `nothing was logged with: message 'updated product Foo', rawobj { price: 10, size: { w: 2 } }, user { userid: 7, login: 'anna' }, record product 12

the nearest of 3, best first:
  #1 'updated product Foo' by anna (user 7, tenant 1), product 12
    rawobj.price: expected 10, got 9
  #3 'signed in' by anna (user 7, tenant 1)
    message: expected 'updated product Foo', got 'signed in'
    record.rectype: expected 'product', got undefined
    record.recid: expected '12', got undefined
    rawobj.price: expected 10, got undefined
    rawobj.size: expected { w: 2 }, got undefined
  #2 'updated product Bar' by bert (user 8, tenant 1), product 13
    message: expected 'updated product Foo', got 'updated product Bar'
    record.recid: expected '12', got '13'
    user.userid: expected '7', got '8'
    user.login: expected 'anna', got 'bert'
    rawobj.price: expected 10, got 11
    rawobj.size: expected { w: 2 }, got undefined`,
    );
    assert.deepEqual([failure.actual, failure.expected], [{ 'rawobj.price': 9 }, { 'rawobj.price': 10 }]);
    assert.match(failure.stack ?? '', /\n {4}at .*failures\.test\.ts/);
    assert.doesNotMatch(failure.stack ?? '', /test-actionlog\.ts/);
  });

  it('says so where there is nothing at all, and why that may be', async () => {
    await using log = createTestActionlog();
    log.fail({ write: true });
    await assert.rejects(log.as(anna).logaction('x'));
    assert.equal(
      (await failureOf(() => log.assertLogged(/updated/))).message,
      'nothing was logged with: message /updated/\n\nthere is no entry at all\nfaults that are set: write: true',
    );
  });

  it('takes parts of the raw object, expressions, ids as numbers, and dates', async () => {
    await using log = await logOfThree();
    assert.equal(log.assertLogged({ rawobj: { size: { w: 2 } } }).alogid, '1');
    assert.equal(log.assertLogged(/^updated/).alogid, '2', 'the newest');
    assert.equal(log.assertLogged({ record: { rectype: 'product', recid: '12' } }).alogid, '1');
    assert.equal(log.assertLogged({ record: null, user: log.actorFor(anna) }).alogid, '3');
    const at = new Date(0);
    await log.as(anna).logaction('dated', { at, big: 2n ** 60n, list: [1, 'two'] });
    log.assertLogged({ rawobj: { at, list: [1, /t.o/] } });
    await failureOf(() => log.assertLogged({ rawobj: { list: [1] } }));
  });

  it('refuses to look for what no entry has', async () => {
    await using log = await logOfThree();
    const wrong = { mesage: 'updated' } as object;
    assert.throws(() => log.assertLogged(wrong), /assertLogged: unknown mesage; there is message, rawobj, record/);
    assert.throws(() => log.assertNotLogged(wrong), TypeError);
    await assert.rejects(log.assertAnnounced(wrong), TypeError);
  });
});

describe('the other assertions', () => {
  it('show what is there and should not be', async () => {
    await using log = await logOfThree();
    assert.equal(
      (await failureOf(() => log.assertNotLogged({ user: { login: 'bert' } }))).message,
      `logged, though it should not be: user { login: 'bert' }

there is:
  #2 'updated product Bar' by bert (user 8, tenant 1), product 13, rawobj { price: 11 }`,
    );
    log.assertNotLogged({ user: { login: 'carl' } });
    const failure = await failureOf(() => log.assertNotAnnounced({ record: { rectype: 'product' } }));
    assert.match(failure.message, /^announced, though it should not be: record product\n\nthere are:\n {2}#1 /);
  });

  it('show the events that come nearest, and why one may be missing', async () => {
    await using log = await logOfThree();
    await log.settled();
    log.fail({ stream: 'refusing' });
    await log.as(anna).logaction('deleted product Foo', {}, { rectype: 'product', recid: 12 });
    const failure = await failureOf(() => log.assertAnnounced('deleted product Foo'));
    assert.equal(
      failure.message,
      `nothing was announced with: message 'deleted product Foo'

the nearest of 2, best first:
  #2 'updated product Bar' by bert (user 8, tenant 1), product 13
    message: expected 'deleted product Foo', got 'updated product Bar'
  #1 'updated product Foo' by anna (user 7, tenant 1), product 12
    message: expected 'deleted product Foo', got 'updated product Foo'
faults that are set: stream: refusing
errors that were told: relay-unauthorized`,
    );
  });

  it('end a wait in vain with the nearest events', async () => {
    await using log = await logOfThree();
    const failure = await failureOf(() => log.waitForEvent({ record: { rectype: 'user' } }, { timeoutMs: 5 }));
    assert.match(failure.message, /^within 5 ms there was no event with: record user\n\nthe nearest of 2, best first:/);
    const none = await failureOf(() => log.waitForEvent(() => false, { timeoutMs: 5 }));
    assert.match(none.message, /^within 5 ms there was no event that the function takes/);
  });

  it('show no more of a large value than a line has room for', async () => {
    await using log = createTestActionlog();
    await log.as(anna).logaction('large', { text: 'x'.repeat(10_000) });
    const failure = await failureOf(() => log.assertLogged({ rawobj: { text: 'y'.repeat(10_000) } }));
    assert.ok(failure.message.length < 2000, `${failure.message.length}`);
  });
});
