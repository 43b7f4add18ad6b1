import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type Revocation, Revocations } from '../../lib/session/revocations.ts';

const ann = { gsid: '3', userid: '42' };

/** Revocations over a list in memory, with a clock of the test's. */
function stage(t: TestContext) {
  let ms = 1_000_000;
  t.mock.timers.enable({ apis: ['Date'], now: ms });
  t.mock.method(performance, 'now', () => ms);
  const stored: Revocation[] = [];
  const reads: number[] = [];
  const errors: unknown[] = [];
  const state = { broken: false };
  const revocations = new Revocations({
    read: async (since) => {
      reads.push(since);
      if (state.broken) throw new Error('gone');
      return stored.filter(({ at }) => at >= since);
    },
    keepMs: 3_600_000,
    onError: (error) => errors.push(error),
  });
  const pass = (by: number) => {
    ms += by;
    t.mock.timers.setTime(ms);
  };
  return { revocations, stored, reads, errors, state, pass, now: () => ms };
}

describe('revocations', () => {
  test('are read by the first request, which waits for them, and by no other within half a second', async (t) => {
    const { revocations, reads, pass, stored, now } = stage(t);
    stored.push({ ...ann, at: now() });
    await revocations.refresh();
    assert.ok(revocations.refuses(ann, now()));
    for (let n = 0; n < 1_000; n += 1) assert.equal(revocations.refresh(), undefined);
    pass(499);
    assert.equal(revocations.refresh(), undefined);
    assert.equal(reads.length, 1);
  });

  test('are read again beside the requests that come on, and awaited by the first one after a pause', async (t) => {
    const { revocations, reads, pass, stored, now } = stage(t);
    await revocations.refresh();
    stored.push({ ...ann, at: now() });
    pass(600);
    assert.equal(revocations.refresh(), undefined);
    assert.equal(revocations.refresh(), undefined);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(reads.length, 2);
    assert.ok(revocations.refuses(ann, 0));
    pass(3_600);
    const waiting = revocations.refresh();
    assert.ok(waiting, 'an old answer is not relied on');
    await waiting;
    assert.equal(reads.length, 3);
  });

  test('refuse what began at or before them, and let in what began a millisecond later', async (t) => {
    const { revocations } = stage(t);
    await revocations.refresh();
    revocations.add({ ...ann, at: 5_000 });
    assert.deepEqual(
      [4_999, 5_000, 5_001].map((began) => revocations.refuses(ann, began)),
      [true, true, false],
    );
    assert.equal(revocations.refuses(ann, undefined), false, 'a session that cannot tell is left to its application');
    assert.equal(revocations.refuses({ gsid: '4', userid: '42' }, 1), false);
    assert.equal(revocations.earliest(ann), 5_001);
    revocations.add({ ...ann, at: 4_000 });
    assert.equal(revocations.earliest(ann), 5_001);
  });

  test('are forgotten once no session can be that old', async (t) => {
    const { revocations, pass, now } = stage(t);
    await revocations.refresh();
    for (let n = 0; n < 1_000; n += 1) revocations.add({ gsid: '3', userid: `${n}`, at: now() });
    assert.equal(revocations.size, 1_000);
    pass(3_600_001);
    await revocations.refresh();
    assert.equal(revocations.size, 0);
  });

  test('that could never be read let nobody pass for signed in, and are told once', async (t) => {
    const { revocations, errors, pass, state } = stage(t);
    state.broken = true;
    await revocations.refresh();
    assert.throws(() => revocations.refuses(ann, 1), { code: 'database-unreachable' });
    pass(1_000);
    await revocations.refresh();
    assert.equal(errors.length, 1);
    state.broken = false;
    pass(1_000);
    await revocations.refresh();
    assert.equal(revocations.refuses(ann, 1), false);
  });

  test('that cannot be read for a while go on to count, and delay nobody', async (t) => {
    const { revocations, pass, state, errors } = stage(t);
    await revocations.refresh();
    revocations.add({ ...ann, at: 999_000 });
    state.broken = true;
    pass(2_000);
    await revocations.refresh();
    assert.ok(revocations.refuses(ann, 1));
    pass(2_000);
    assert.equal(revocations.refresh(), undefined);
    assert.ok(revocations.refuses(ann, 1));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(errors.length, 1);
  });

  test('are read from a little before the newest that is known, not from the beginning', async (t) => {
    const { revocations, reads, pass, stored, now } = stage(t);
    pass(10_000_000);
    stored.push({ ...ann, at: now() - 1_000 });
    await revocations.refresh();
    pass(1_000);
    await revocations.refresh();
    assert.deepEqual(reads, [now() - 1_000 - 3_600_000, now() - 2_000 - 120_000]);
  });
});
