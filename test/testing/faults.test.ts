import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ActionlogError, Logged } from '../../lib/index.ts';
import {
  createTestActionlog,
  type Faults,
  type TestActionlog,
  type TestActionlogOptions,
} from '../../lib/testing/index.ts';

const anna = { userid: 7, gsid: 1, login: 'anna' };
const product = { rectype: 'product', recid: 12 };

function using(t: { after(close: () => Promise<void>): void }, options?: TestActionlogOptions): TestActionlog {
  const log = createTestActionlog(options);
  t.after(() => log.close());
  return log;
}

const save = (log: TestActionlog, message = 'updated'): Promise<Logged> => log.as(anna).logaction(message, {}, product);
const codesOf = (log: TestActionlog) => log.errors.map(({ error }) => (error as ActionlogError).code);

describe('a streaming server that is down', () => {
  it('is tried again, and gets the event once it is back', async (t) => {
    const log = using(t);
    log.fail({ stream: 'down' });
    const { announced } = await save(log);
    await log.advance(200);
    await log.assertNotAnnounced('updated');
    log.heal();
    await log.advance(3000);
    assert.deepEqual(await announced, { status: 'sent' });
    await log.advance(500);
    assert.equal(log.assertLogged('updated').announced, true);
    assert.equal(log.events.length, 1);
  });

  it('leaves the entry to the sweep after a while, which announces it', async (t) => {
    const log = using(t);
    log.fail({ stream: 'down' });
    const { announced } = await save(log);
    await log.advance(20_000);
    assert.deepEqual(await announced, { status: 'deferred', code: 'relay-unreachable' });
    assert.equal(log.assertLogged('updated').announced, false);
    assert.ok(codesOf(log).includes('relay-paused'));
    log.heal();
    await log.advance(30_000);
    await log.assertAnnounced('updated');
    assert.equal(log.entries[0]?.announced, true);
    assert.equal(log.announcer.stats.swept, 1);
  });

  it('makes entries expire that nobody could announce within `announceWithinMs`', async (t) => {
    const log = using(t, { announcer: { announceWithinMs: 60_000 } });
    log.fail({ stream: 'down' });
    await save(log);
    await log.advance(90_000);
    log.heal();
    await log.advance(60_000);
    assert.equal(log.entries[0]?.announced, true);
    await log.assertNotAnnounced('updated');
    assert.equal(log.announcer.stats.expired, 1);
    assert.ok(codesOf(log).includes('entries-expired'));
  });

  it('has relaying pause, and go on', async (t) => {
    const log = using(t);
    log.fail({ stream: 'down' });
    for (let n = 0; n < 6; n += 1) {
      await save(log);
      await log.advance(50);
    }
    assert.equal(log.announcer.stats.paused, true);
    assert.ok(codesOf(log).includes('relay-paused'));
    log.heal();
    await log.advance(40_000);
    assert.equal(log.announcer.stats.paused, false);
    assert.ok(codesOf(log).includes('relay-resumed'));
    assert.equal(log.events.length, 6);
  });

  it('fails the event of an entry that is sent at most once', async (t) => {
    const log = using(t, { delivery: 'at-most-once' });
    log.fail({ stream: 'down' });
    assert.deepEqual(await (await save(log)).announced, { status: 'failed', code: 'relay-unreachable' });
  });
});

describe('a streaming server that', () => {
  it('gives no answer in time is given up, and asked again', async (t) => {
    const log = using(t);
    log.fail({ stream: 'slow' });
    await save(log);
    await log.advance(2100);
    assert.equal(log.announcer.stats.retrying.events, 1);
    log.heal();
    await log.advance(3000);
    await log.assertAnnounced('updated');
    assert.equal(log.events.length, 1);
  });

  it('answers late, once it is healed, takes the event', async (t) => {
    const log = using(t);
    log.fail({ stream: 'slow' });
    const { announced } = await save(log);
    log.heal();
    assert.deepEqual(await announced, { status: 'sent' });
  });

  it('has another secret refuses, and is not asked at once again', async (t) => {
    const log = using(t);
    log.fail({ stream: 'refusing' });
    const { announced } = await save(log);
    assert.deepEqual(await announced, { status: 'deferred', code: 'relay-unauthorized' });
  });
});

describe('a database', () => {
  it('that is down has `logaction` reject, and comes back', async (t) => {
    const log = using(t);
    await log.ready();
    log.fail({ database: 'down' });
    await assert.rejects(save(log), { code: 'database-unreachable' });
    await assert.rejects(log.history({ gsid: 1 }), { code: 'database-unreachable' });
    await assert.rejects(
      log.transaction(async () => undefined),
      { code: 'database-unreachable' },
    );
    log.heal();
    await save(log);
    assert.equal((await log.history({ gsid: 1 })).length, 1);
  });

  it('that goes away before the mark has the entry announced twice, with one number', async (t) => {
    const log = using(t);
    await (await save(log)).announced;
    log.fail({ database: 'down' });
    await log.advance(1000);
    assert.ok(codesOf(log).includes('mark-failed'));
    log.heal();
    await log.advance(30_000);
    assert.deepEqual(
      log.events.map(({ alogid }) => alogid),
      ['1', '1'],
    );
    assert.equal(log.entries[0]?.announced, true);
  });

  it('refuses the entries that a test chooses', async (t) => {
    const log = using(t);
    log.fail({ write: ({ logmessage }) => logmessage === 'bad' });
    await assert.rejects(save(log, 'bad'), { code: 'entry-not-written' });
    await save(log, 'good');
    log.fail({ write: true });
    await assert.rejects(save(log, 'good as well'), { code: 'entry-not-written' });
    assert.deepEqual(
      log.entries.map(({ message }) => message),
      ['good'],
    );
  });

  it('that refuses a commit has nothing stand and nothing announced', async (t) => {
    const log = using(t);
    log.fail({ commit: 'refused' });
    let announced: Logged['announced'] | undefined;
    const saving = log.transaction(async (_tx, write) => {
      ({ announced } = await write(log.as(anna), 'in vain', {}, product));
    });
    await assert.rejects(saving, { code: 'ER_LOCK_DEADLOCK' });
    assert.deepEqual(await announced, { status: 'rolled-back' });
    log.assertNotLogged('in vain');
  });

  it('whose answer to a commit is lost has it announced by the sweep', async (t) => {
    const log = using(t);
    log.fail({ commit: 'unknown' });
    const saving = log.transaction(async (_tx, write) => void (await write(log.as(anna), 'who knows', {}, product)));
    await assert.rejects(saving, { code: 'transaction-unknown' });
    log.heal();
    await log.assertNotAnnounced('who knows');
    await log.advance(30_000);
    await log.assertAnnounced('who knows');
  });
});

it('refuses a fault that it does not know', (t) => {
  const log = using(t);
  for (const fault of [{ stream: 'dead' }, { network: 'down' }, { write: 1 }]) {
    assert.throws(() => log.fail(fault as unknown as Faults), /is no fault; there is stream: down \| slow \| refusing/);
  }
});
