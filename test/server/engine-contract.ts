import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine, Wanted } from '../../lib/server/engine.ts';
import type { EngineSink } from '../../lib/server/engine-sink.ts';
import type { HistoryBounds } from '../../lib/server/history.ts';
import type { GivenIds } from '../../lib/server/messages.ts';
import type { Dump, RevokeItem, UpdateEvent } from '../../lib/stream/protocol.ts';

/** A sink that keeps what it was told. */
export class RecordingSink implements EngineSink {
  readonly events: UpdateEvent[] = [];
  readonly givens: (GivenIds | undefined)[] = [];
  readonly lostOf: string[] = [];
  readonly revoked: RevokeItem[] = [];
  readonly replacedPages: object[] = [];
  readonly errors: unknown[] = [];

  deliver(event: UpdateEvent, given?: GivenIds): void {
    this.events.push(event);
    this.givens.push(given);
  }
  lost(gsid: string): void {
    this.lostOf.push(gsid);
  }
  revoke(item: RevokeItem): void {
    this.revoked.push(item);
  }
  replaced(page: object): void {
    this.replacedPages.push(page);
  }
  dump(rectype: string): Dump {
    return rectype === 'gsidmap' ? { gsidmap: { '1': [7] } } : { wsclientmap: { 7: { gsid: '1', userid: '5' } } };
  }
  onError(error: unknown): void {
    this.errors.push(error);
  }

  recids(gsid?: string): string[] {
    return this.events.filter((event) => gsid === undefined || event.gsid === gsid).map(({ recid }) => recid);
  }
}

/** An engine of a test, started. */
export interface Subject {
  engine: Engine;
  sink: RecordingSink;
}

export const eventOf = (gsid: string, fields: Partial<UpdateEvent> = {}): UpdateEvent => ({
  ...{ type: 'update', sid: 0, gsid, userid: '7', rectype: 'product', recid: '5' },
  ...fields,
});

export const defaultHistory: HistoryBounds = { maxEvents: 100, maxBytes: 1e6, maxTotalBytes: 1e7, maxAgeMs: 300_000 };

/** Waits for what comes by itself, such as over a channel. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`this did not come to be within ${withinMs} ms: ${holds}`);
    await sleep(5);
  }
}

/** Appends events named from..to. */
export async function fill(engine: Engine, gsid: string, from: number, to: number): Promise<void> {
  for (let recid = from; recid <= to; recid += 1) await engine.append(eventOf(gsid, { recid: String(recid) }));
}

export async function recidsAfter(engine: Engine, gsid: string, wanted: Wanted) {
  const { recovered, missed } = await engine.begin(gsid, wanted);
  return recovered ? missed.map(({ recid }) => recid) : recovered;
}

/** Waits until the engine itself has heard of a place: over Redis an acknowledged event comes back by a channel. */
async function hears(engine: Engine, gsid: string, offset: number, offset0 = 0): Promise<void> {
  await until(async () => {
    const { newest } = await engine.begin(gsid);
    return newest.offset >= offset && newest.offset0 >= offset0;
  });
}

/** What every engine promises. @param make makes and starts one, which ends with the test */
export function engineContract(
  name: string,
  make: (history: HistoryBounds, end: (work: () => unknown) => void) => Promise<Subject>,
): void {
  const contract = (title: string, work: (subject: Subject) => Promise<void>, history: Partial<HistoryBounds> = {}) =>
    test(title, async (t) => {
      const subject = await make({ ...defaultHistory, ...history }, (end) => t.after(end as () => void));
      await work(subject);
      assert.deepEqual(subject.sink.errors, []);
    });
  const joinAll = (engine: Engine, ...gsids: string[]) =>
    Promise.all(
      gsids.map((gsid, index) => {
        engine.joined?.({ gsid, userid: '7', sid: index + 1 }, false);
        return engine.begin(gsid);
      }),
    );

  describe(`${name}: the contract of an engine`, () => {
    contract('delivers each event once, in its tenant’s order, with its place', async ({ engine, sink }) => {
      await joinAll(engine, '1', '2');
      for (const gsid of ['1', '1', '2', '0', '1']) await engine.append(eventOf(gsid));
      await until(() => sink.events.length === 5);
      const offsets = (gsid: string) => sink.events.filter((one) => one.gsid === gsid).map(({ offset }) => offset);
      assert.deepEqual([offsets('1'), offsets('2'), offsets('0')], [[1, 2, 3], [1], [1]]);
      const [one, two] = [await engine.begin('1'), await engine.begin('2')];
      assert.deepEqual([one.newest.offset, one.newest.offset0], [3, 1]);
      assert.deepEqual([two.newest.offset, two.newest.offset0], [1, 1]);
      assert.notEqual(one.newest.epoch, two.newest.epoch);
      assert.equal(sink.events.find(({ gsid }) => gsid === '1')?.epoch, one.newest.epoch);
    });

    contract('keeps the order of many at once, whatever place they came with', async ({ engine, sink }) => {
      await joinAll(engine, '1');
      const given: UpdateEvent = { ...eventOf('1'), epoch: 'mine', offset: 99 };
      await Promise.all([given, ...Array.from({ length: 250 }, () => eventOf('1'))].map((one) => engine.append(one)));
      await until(() => sink.events.length === 251);
      assert.deepEqual(
        sink.events.map(({ offset }) => offset),
        Array.from({ length: 251 }, (_, index) => index + 1),
      );
      assert.notEqual(sink.events[0]?.epoch, 'mine');
    });

    contract('carries everything in an event, and the ids of Gyroscope’s wire beside it', async ({ engine, sink }) => {
      await joinAll(engine, '1');
      const extra = { text: 'ü😀\u2028"', deep: [{ a: null }] };
      const whole = eventOf('1', { sid: 9, alogid: '12', time: 5, login: 'änn', ctxid: 3, extra });
      const given = { sid: '"9"', gsid: '1', userid: '7', recid: '9007199254740993' };
      await engine.append({ ...whole }, given); // what is given is the engine's from then on
      await until(() => sink.events.length === 1);
      const { epoch, offset, ...rest } = sink.events[0] ?? whole;
      assert.deepEqual([rest, offset, typeof epoch], [whole, 1, 'string']);
      assert.deepEqual(sink.givens, [given]);
    });

    contract('gives a page that names no place nothing of the past', async ({ engine }) => {
      await fill(engine, '1', 1, 3);
      const { from, newest, recovered, missed } = await engine.begin('1');
      assert.deepEqual([from, recovered, missed], [newest, undefined, []]);
      assert.equal(newest.offset, 3);
    });

    contract('gives a page exactly what came after its place, of its tenant and tenant 0', async ({ engine }) => {
      await fill(engine, '1', 1, 2);
      const { newest } = await engine.begin('1');
      await engine.append(eventOf('1', { recid: 'a' }));
      await engine.append(eventOf('2', { recid: 'of another tenant' }));
      await engine.append(eventOf('0', { recid: 'b' }));
      await engine.append(eventOf('1', { recid: 'c' }));
      await hears(engine, '1', 4, 1);
      assert.deepEqual(await recidsAfter(engine, '1', newest), ['a', 'b', 'c']);
      assert.deepEqual((await engine.begin('1', newest)).from, newest);
      assert.deepEqual(await recidsAfter(engine, '1', { ...newest, offset: 3, offset0: 1 }), ['c']);
      assert.deepEqual(await recidsAfter(engine, '1', { ...newest, offset: 4, offset0: 1 }), []);
      const { missed } = await engine.begin('1', newest);
      assert.deepEqual(missed.map(({ offset, epoch }) => [offset, epoch === newest.epoch]).at(-1), [4, true]);
    });

    contract('works before the first event', async ({ engine }) => {
      const { newest } = await engine.begin('1');
      assert.deepEqual([newest.offset, newest.offset0], [0, 0]);
      assert.deepEqual(await recidsAfter(engine, '1', newest), []);
      await fill(engine, '1', 1, 2);
      await hears(engine, '1', 2);
      assert.deepEqual(await recidsAfter(engine, '1', newest), ['1', '2']);
    });

    contract('does not know a place of another life or tenant, or one that was never reached', async ({ engine }) => {
      await fill(engine, '1', 1, 3);
      const { newest } = await engine.begin('1');
      const strangers: Wanted[] = [
        { ...newest, epoch: 'another' },
        { ...newest, epoch: '' },
        { ...(await engine.begin('2')).newest, offset: 1 },
        { ...newest, offset: 4 },
        { ...newest, offset0: 1 },
        { ...newest, offset: Number.NaN },
        { since: Number.NaN },
        { since: Date.now() + 60_000 },
      ];
      for (const wanted of strangers) {
        const { from, recovered, missed } = await engine.begin('1', wanted);
        assert.deepEqual([from, recovered, missed], [newest, false, []], JSON.stringify(wanted));
      }
    });

    contract(
      'never gives a part: one event that is forgotten, and nothing is sent',
      async ({ engine }) => {
        const { newest } = await engine.begin('1');
        await fill(engine, '1', 1, 4);
        await hears(engine, '1', 4);
        assert.equal(await recidsAfter(engine, '1', newest), false);
        assert.deepEqual(await recidsAfter(engine, '1', { ...newest, offset: 1 }), ['2', '3', '4']);
        for (let n = 0; n < 4; n += 1) await engine.append(eventOf('0'));
        await hears(engine, '1', 4, 4);
        assert.equal(await recidsAfter(engine, '1', { ...newest, offset: 4, offset0: 0 }), false);
      },
      { maxEvents: 3 },
    );

    contract(
      'bounds what it remembers of a tenant in bytes, at no other tenant’s cost',
      async ({ engine }) => {
        const { newest } = await engine.begin('1');
        await fill(engine, '1', 1, 5);
        await hears(engine, '1', 5);
        await engine.append(eventOf('2', { extra: 'x'.repeat(50_000) }));
        assert.deepEqual(await recidsAfter(engine, '1', newest), ['1', '2', '3', '4', '5']);
        const two = (await engine.begin('2')).newest;
        assert.equal(two.offset, 1);
        assert.equal(await recidsAfter(engine, '2', { ...two, offset: 0 }), false, 'too large to be remembered');
        assert.deepEqual(await recidsAfter(engine, '2', two), []);
      },
      { maxEvents: 10, maxBytes: 10_000 },
    );

    contract('knows what came since a time', async ({ engine }) => {
      await engine.begin('1');
      const start = Date.now() + 2;
      await until(() => Date.now() > start + 2);
      await fill(engine, '1', 1, 2);
      assert.deepEqual(await recidsAfter(engine, '1', { since: start }), ['1', '2']);
      const filled = Date.now();
      await until(() => Date.now() > filled + 2);
      const later = Date.now();
      await until(() => Date.now() > later + 2);
      await engine.append(eventOf('1', { recid: '3' }));
      await engine.append(eventOf('0', { recid: 'all' }));
      assert.deepEqual(await recidsAfter(engine, '1', { since: later }), ['3', 'all']);
      const { from } = await engine.begin('1', { since: later });
      assert.deepEqual([from.offset, from.offset0], [2, 0]);
      assert.equal(await recidsAfter(engine, '1', { since: start - 3_600_000 }), false, 'before it began');
    });

    contract('takes revocations, and tells who is connected', async ({ engine, sink }) => {
      await engine.revoke({ type: 'revoke', gsid: '1', userid: '7', at: 5 });
      await until(() => sink.revoked.length > 0);
      assert.deepEqual(sink.revoked, [{ type: 'revoke', gsid: '1', userid: '7', at: 5 }]);
      assert.deepEqual(await engine.dump('gsidmap', '0'), { gsidmap: { '1': [7] } });
      assert.deepEqual(await engine.dump('wsclientmap', '0'), { wsclientmap: { 7: { gsid: '1', userid: '5' } } });
    });
  });
}
