import assert from 'node:assert/strict';
import { afterEach, describe, it, mock } from 'node:test';
import { createTestActionlog, type TestActionlog } from '../../lib/testing/index.ts';

const product = { rectype: 'product', recid: 12 };

async function announced(log: TestActionlog, message: string): Promise<void> {
  await log.as({ userid: 7 }).logaction(message, {}, product);
  await log.assertAnnounced(message);
}

describe('a test that fakes Date', () => {
  afterEach(() => mock.timers.reset());
  const setDate = (date: string) => {
    mock.timers.reset();
    mock.timers.enable({ apis: ['Date'], now: new Date(date) });
  };

  it('is announced to, also before the time at which the log was made', async () => {
    await using log = createTestActionlog();
    await announced(log, 'now');
    setDate('2020-01-01');
    await announced(log, 'in the past');
    assert.equal(log.entries.at(-1)?.time, Date.UTC(2020, 0, 1));
    mock.timers.reset();
    await announced(log, 'now again');
    assert.deepEqual(log.errors, []);
  });

  it('leaves nothing to the next one, whatever time it came from', async () => {
    await using log = createTestActionlog();
    setDate('2035-01-01');
    await announced(log, 'in the future');
    await log.advance(300_000);
    await announced(log, 'later');
    await log.reset();
    setDate('2020-01-01');
    await announced(log, 'in the past');
    assert.deepEqual(log.errors, []);
  });
});
