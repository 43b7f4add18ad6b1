import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changes, changesOf } from '../../lib/action/changes.ts';
import { type Entry, maxMany, type NewEntry } from '../../lib/action/store.ts';
import { newEntry } from './entries.ts';
import { times } from './mysql-pools.ts';
import type { Subject } from './store-contract.ts';

/** A store over a new, empty table, with its table of changed columns. */
export interface TogetherSubject extends Subject {
  /** All rows of the table of changed columns, as another connection sees them, every value as text or null. */
  traces(): Promise<Record<string, string | null>[]>;
  /** Has the database refuse changes of that column. */
  refusesTrace(field: string): Promise<void>;
  dropTrace(): Promise<void>;
}

/** The changes between two states, as `logaction` hands them to the store. */
export function traceOf(before: object | null, after: object | null): NonNullable<NewEntry['trace']> {
  return changesOf(changes(before, after)) ?? [];
}

const list = (count: number, given: (n: number) => Partial<NewEntry> = () => ({})) =>
  times(count).map((n) => newEntry({ logmessage: `m${n}`, ...given(n) }));

/** What every store must do with changed columns, and with entries that are written together. */
export function togetherContract(title: string, make: () => Promise<TogetherSubject>): void {
  const opened = async () => {
    const subject = await make();
    await subject.store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    return subject;
  };
  const messagesOf = async (subject: Subject) => (await subject.rows()).map((row) => row['logmessage']);

  describe(`${title}: changed columns`, () => {
    it('stand beside the entry: numbers with every digit, texts, times, none, and masked ones without value', async () => {
      await using subject = await opened();
      const trace = traceOf(
        { price: 9.5, tax: '19.00', code: '007', name: "it's", stock: 12345678901234567890n, gone: 1, password: 'a' },
        {
          price: 8.25,
          tax: '7.50',
          code: '008',
          name: 'é 😀\\',
          stock: 0n,
          gone: null,
          password: 'b',
          since: new Date(0),
        },
      );
      const { alogid } = await subject.store.write(newEntry({ recid: 'a-1', trace }));
      const rows = (await subject.traces()).map((row) => [
        ...['field', 'oldnum', 'oldtext', 'newnum', 'newtext', 'masked'].map((name) => row[name]),
      ]);
      assert.deepEqual(rows, [
        ['price', '9.5', '9.5', '8.25', '8.25', '0'],
        ['tax', '19', '19.00', '7.5', '7.50', '0'],
        ['code', null, '007', null, '008', '0'],
        ['name', null, "it's", null, 'é 😀\\', '0'],
        ['stock', String(Number('12345678901234567890')), '12345678901234567890', '0', '0', '0'],
        ['gone', '1', '1', null, null, '0'],
        ['password', null, null, null, null, '1'],
        ['since', null, null, null, '1970-01-01T00:00:00.000Z', '0'],
      ]);
      const [first] = await subject.traces();
      const names = ['alogid', 'gsid', 'rectype', 'recid', 'logdate'].map((name) => first?.[name]);
      assert.deepEqual(names, [alogid, '3', 'product', 'a-1', '1772701631']);
    });

    it('are bounded: in number, and each value is cut with a mark', async () => {
      await using subject = await opened();
      const wide = Object.fromEntries(times(501).map((n) => [`c${n}`, n]));
      await subject.store.write(newEntry({ trace: traceOf(null, wide) }));
      assert.equal((await subject.traces()).length, 500);
      await subject.store.write(
        newEntry({ recid: 'x'.repeat(250), trace: traceOf(null, { text: '€'.repeat(20_000) }) }),
      );
      const last = (await subject.traces()).at(-1);
      assert.equal(last?.['newtext'], `${'€'.repeat(15_999)}…`);
      assert.match(last?.['recid'] ?? '', /^x{174}…[0-9a-f]{16}$/);
    });

    it('stand or fall with the entry, and fail for no neighbour', async () => {
      await using subject = await opened();
      await subject.refusesTrace('bad');
      const outcomes = await Promise.allSettled(
        times(30).map((n) => {
          const trace = n % 3 === 0 ? traceOf(null, { [n === 9 ? 'bad' : 'good']: n, other: n }) : undefined;
          return subject.store.write(newEntry({ logmessage: `m${n}`, trace }));
        }),
      );
      const failed = outcomes.flatMap((outcome, n) =>
        outcome.status === 'rejected' ? [[n, outcome.reason.code]] : [],
      );
      assert.deepEqual(failed, [[9, 'entry-not-written']]);
      const expected = times(30).filter((n) => n !== 9);
      assert.deepEqual((await messagesOf(subject)).sort(), expected.map((n) => `m${n}`).sort());
      const byId = new Map(outcomes.flatMap((one, n) => (one.status === 'fulfilled' ? [[one.value.alogid, n]] : [])));
      const rows = await subject.traces();
      assert.equal(rows.length, 18);
      for (const { alogid, newtext } of rows) assert.equal(newtext, String(byId.get(alogid ?? '')));
    });

    it('need their table: without it the entry is refused with the remedy, and others are written', async () => {
      await using subject = await opened();
      await subject.dropTrace();
      const traced = () => subject.store.write(newEntry({ trace: traceOf(null, { a: 1 }) }));
      const [refused, written] = await Promise.allSettled([traced(), subject.store.write(newEntry())]);
      assert.equal(written.status, 'fulfilled');
      assert.ok(refused.status === 'rejected');
      assert.equal(refused.reason.code, 'table-missing');
      assert.match(refused.reason.message, /actionlog_trace.*npx express-actionlog migrate/);
      assert.equal((await subject.rows()).length, 1);
      await subject.store.write(newEntry({ trace: [] }));
    });
  });

  describe(`${title}: entries that are written together`, () => {
    it('stand in order, each as it was told, with its changed columns', async () => {
      await using subject = await opened();
      assert.deepEqual(await subject.store.writeMany([]), []);
      const trace = (n: number) => (n % 2 === 0 ? traceOf({ n: -1 }, { n }) : undefined);
      const beside = times(20).map(() => subject.store.write(newEntry({ gsid: '4' })));
      const written = await subject.store.writeMany(
        list(120, (n) => ({ recid: `r-${n}`, logmessage: n % 10 === 0 ? `é 😀 '${n}'` : `m${n}`, trace: trace(n) })),
      );
      await Promise.all(beside);
      const ids = written.map(({ alogid }) => BigInt(alogid));
      assert.ok(ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? 0n)));
      assert.deepEqual(await subject.store.history({ gsid: 3, limit: 1000 }), written.toReversed());
      const rows = await subject.traces();
      assert.deepEqual(
        rows.map(({ alogid, recid, newtext }) => [alogid, recid, newtext]),
        written.flatMap(({ alogid, recid }, n) => (n % 2 === 0 ? [[alogid, recid, String(n)]] : [])),
      );
    });

    it('are all refused for one that is, and nothing else is', async () => {
      await using subject = await opened();
      await subject.refuses('bad');
      const many = subject.store.writeMany(list(40, (n) => (n === 33 ? { logmessage: 'bad' } : {})));
      const outcomes = await Promise.allSettled([many, ...times(20).map(() => subject.store.write(newEntry()))]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['rejected', ...times(20).map(() => 'fulfilled')],
      );
      await assert.rejects(many, { code: 'entry-not-written' });
      await assert.rejects(subject.store.writeMany(list(3, (n) => (n === 2 ? { userid: 'a'.repeat(300) } : {}))), {
        code: 'id-unfit',
      });
      await subject.refusesTrace('odd');
      const traced = list(5, (n) => ({ trace: traceOf(null, n === 4 ? { odd: 1 } : { even: 1 }) }));
      await assert.rejects(subject.store.writeMany(traced), { code: 'entry-not-written' });
      assert.equal((await subject.rows()).length, 20);
      assert.deepEqual(await subject.traces(), []);
    });

    it('are bounded in number', async () => {
      await using subject = await opened();
      await assert.rejects(subject.store.writeMany(list(maxMany + 1)), TypeError);
      assert.equal((await subject.store.writeMany(list(maxMany))).length, maxMany);
      assert.equal((await subject.rows()).length, maxMany);
    });

    it("go with the caller's own transaction, and come out of it where he rolls back", async () => {
      await using subject = await opened();
      const seen: Entry[] = [];
      await subject.rolledBack(async (connection) => {
        const entries = list(7, (n) => ({ logmessage: 'é 漢 😀', trace: traceOf(null, { n }) }));
        seen.push(...(await subject.store.writeMany(entries, connection)));
        const [last] = await subject.store.writeMany(list(1), connection);
        return last as Entry;
      });
      assert.equal(new Set(seen.map(({ alogid }) => alogid)).size, 7);
      assert.deepEqual([await subject.rows(), await subject.traces()], [[], []]);
    });

    it('leave nothing behind in a transaction that goes on after they were refused', async () => {
      await using subject = await opened();
      await subject.refuses('bad');
      await subject.refusesTrace('odd');
      const transaction = await subject.store.begin();
      const { connection } = transaction;
      const before = await subject.store.write(
        newEntry({ logmessage: 'before', trace: traceOf(null, { a: 1 }) }),
        connection,
      );
      const bad = list(3, (n) => (n === 2 ? { logmessage: 'bad' } : {}));
      await assert.rejects(subject.store.writeMany(bad, connection), { code: 'entry-not-written' });
      const odd = list(3, (n) => ({ trace: traceOf(null, n === 2 ? { odd: 1 } : { even: 1 }) }));
      await assert.rejects(subject.store.writeMany(odd, connection), { code: 'entry-not-written' });
      await assert.rejects(subject.store.write(odd[2] ?? newEntry(), connection), { code: 'entry-not-written' });
      const many = await subject.store.writeMany(
        list(3, (n) => ({ trace: traceOf(null, { n }) })),
        connection,
      );
      await transaction.commit();
      const standing = (await subject.rows()).map((row) => row['alogid']);
      assert.deepEqual(standing, [before.alogid, ...many.map(({ alogid }) => alogid)]);
      assert.deepEqual(
        (await subject.traces()).map(({ alogid }) => alogid),
        standing,
      );
    });
  });
}
