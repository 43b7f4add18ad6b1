import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ActionStore, WaitingEntry } from '../../lib/action/store.ts';
import type { ActionlogError } from '../../lib/errors.ts';
import { Announcer } from '../../lib/stream/announcer.ts';
import type { Relay } from '../../lib/stream/relay.ts';

const relay = {
  send: async () => ({}),
  close: async () => {},
  retrying: { events: 0, bytes: 0 },
} as unknown as Relay;

const entry = (alogid: number): WaitingEntry => ({
  ...{ alogid: String(alogid), gsid: '3', userid: '42', logname: 'ann', logdate: 1_772_701_631, sid: 7 },
  ...{ rectype: 'product', recid: '12', extra: null, ctxid: null },
});

/** An announcer whose statements are kept, the first `failures` of which fail. */
function stage(failures = 0) {
  const statements: string[][] = [];
  const errors: ActionlogError[] = [];
  let atWork = 0;
  let told: () => void = () => undefined;
  const markAnnounced: ActionStore['markAnnounced'] = async (alogids) => {
    atWork += 1;
    assert.equal(atWork, 1, 'one statement at a time');
    statements.push([...alogids]);
    await new Promise((resolve) => setImmediate(resolve));
    atWork -= 1;
    told();
    if (statements.length <= failures) throw new Error('away');
  };
  const announcer = new Announcer({
    ...{ relay, store: { markAnnounced } as unknown as ActionStore, marks: true },
    onError: (error) => {
      errors.push(error as ActionlogError);
    },
  });
  const announce = async (from: number, count: number) => {
    const entries = Array.from({ length: count }, (_, index) => entry(from + index));
    await Promise.all(entries.map((one) => announcer.announce(one, one.recid, one.sid)));
  };
  /** The next statement. The announcer's own timer does not keep a process alive. */
  const statement = async () => {
    const awake = setInterval(() => undefined, 1000);
    await new Promise<void>((resolve) => {
      told = resolve;
    });
    clearInterval(awake);
  };
  return { announcer, statements, errors, announce, statement };
}

describe('Announcer and the marks of what is acknowledged', () => {
  it('marks soon, and together what is acknowledged one after the other', async () => {
    const { announcer, statements, announce, statement } = stage();
    const marked = statement();
    await announce(1, 1);
    await announce(2, 1);
    await announce(3, 1);
    assert.deepEqual(statements, []);
    await marked;
    assert.deepEqual(statements, [['1', '2', '3']]);
    await announcer.close(100);
  });

  it('marks at once where many are acknowledged, in statements of a bounded size, one at a time', async () => {
    const { announcer, statements, announce } = stage();
    await announce(1, 1200);
    await announcer.close(100);
    assert.ok(statements.every((alogids) => alogids.length <= 500));
    assert.deepEqual(
      statements.flat().sort((a, b) => Number(a) - Number(b)),
      Array.from({ length: 1200 }, (_, index) => String(index + 1)),
    );
  });

  it('marks at once when it is closed', async () => {
    const { announcer, statements, announce } = stage();
    await announce(1, 3);
    await announcer.close(100);
    assert.deepEqual(statements, [['1', '2', '3']]);
  });

  it('tries a statement that failed once more, and says nothing where that works', async () => {
    const { announcer, statements, errors, announce } = stage(1);
    await announce(1, 2);
    await announcer.close(100);
    assert.deepEqual(statements, [
      ['1', '2'],
      ['1', '2'],
    ]);
    assert.deepEqual(errors, []);
  });

  it('says what could not be marked', async () => {
    const { announcer, errors, announce } = stage(2);
    await announce(1, 2);
    await announcer.close(100);
    assert.deepEqual(
      errors.map(({ code, fields }) => [code, fields['alogids']]),
      [['mark-failed', ['1', '2']]],
    );
  });
});
