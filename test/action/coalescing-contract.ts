import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Entry, StoreNeeds } from '../../lib/action/store.ts';
import type { WriterBounds } from '../../lib/action/writer-bounds.ts';
import type { ActionlogError } from '../../lib/errors.ts';
import { newEntry } from './entries.ts';
import type { ContractOptions, Subject } from './store-contract.ts';

const byId = (a: Entry, b: Entry) => Number(BigInt(b.alogid) - BigInt(a.alogid));
const times = (count: number) => Array.from({ length: count }, (_, index) => index);

/** What every store must do with entries that come at the same time. */
export function coalescingContract(
  title: string,
  make: (writer?: WriterBounds) => Promise<Subject>,
  options: ContractOptions,
): void {
  const needs: StoreNeeds = { rawobjStyle: options.style, rebuildsEvents: options.added };
  const opened = async (writer?: WriterBounds) => {
    const subject = await make(writer);
    await subject.store.open(needs);
    return subject;
  };

  describe(`${title}: entries that come at the same time`, () => {
    it('get an id of their own each, and stand as they were told, whatever their tenant and form', async () => {
      await using subject = await opened();
      const written = await Promise.all(
        times(230).map((n) =>
          subject.store.write(
            newEntry({
              gsid: String(1 + (n % 3)),
              logmessage: n % 7 === 0 ? null : `it's "m${n}" \\ é😀`,
              rawobj: { n, text: n % 50 === 0 ? 'x'.repeat(20_000) : "'" },
              recid: n % 2 === 0 ? String(n) : '',
              ctxid: n % 5 === 0 ? n : null,
              extra: n % 4 === 0 ? { n } : undefined,
            }),
          ),
        ),
      );
      assert.equal(new Set(written.map(({ alogid }) => alogid)).size, 230);
      written.forEach((entry, n) => {
        assert.equal(String(JSON.parse(entry.rawobj).n), String(n));
      });
      for (const gsid of ['1', '2', '3']) {
        const told = written.filter((entry) => entry.gsid === gsid && entry.logmessage !== null);
        assert.deepEqual(await subject.store.history({ gsid, limit: 1000 }), told.toSorted(byId));
      }
    });

    it('do not fail for their neighbours', async () => {
      await using subject = await opened();
      await subject.refuses('bad');
      const unfit = options.ids === 'numbers' ? 'acme' : 'a'.repeat(300);
      const outcomes = await Promise.allSettled(
        times(50).map((n) =>
          subject.store.write(
            newEntry({ logmessage: n === 17 ? 'bad' : `m${n}`, ...(n === 31 ? { gsid: unfit } : {}) }),
          ),
        ),
      );
      const failed = outcomes.flatMap((outcome, n) =>
        outcome.status === 'rejected' ? [[n, outcome.reason.code]] : [],
      );
      assert.deepEqual(failed, [
        [17, 'entry-not-written'],
        [31, 'id-unfit'],
      ]);
      const written = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
      assert.deepEqual(await subject.store.history({ gsid: 3, limit: 1000 }), written.toSorted(byId));
    });

    const bounds: Record<string, WriterBounds> = {
      'one row to a statement': { maxRowsPerStatement: 1 },
      'few rows to a statement': { maxRowsPerStatement: 3, maxStatements: 1 },
      'few bytes to a statement': { maxBytesPerStatement: 2000 },
    };
    for (const [name, writer] of Object.entries(bounds)) {
      it(`are all written with ${name}`, async () => {
        await using subject = await opened(writer);
        const written = await Promise.all(times(20).map((n) => subject.store.write(newEntry({ rawobj: { n } }))));
        assert.deepEqual(await subject.store.history({ gsid: 3 }), written.toSorted(byId));
      });
    }

    it('are refused where too many wait, and told how many do; the others are written', async () => {
      for (const writer of [{ maxWaiting: 3 }, { maxWaitingBytes: 1 }]) {
        await using subject = await opened(writer);
        const outcomes = await Promise.allSettled(times(10).map(() => subject.store.write(newEntry())));
        const most = writer.maxWaiting ?? 1;
        for (const outcome of outcomes.slice(most)) {
          assert.equal(outcome.status, 'rejected');
          const { code, status, fields } = outcome.reason as ActionlogError;
          assert.deepEqual([code, status, fields['waiting']], ['writer-full', 503, most]);
        }
        assert.equal((await subject.store.history({ gsid: 3 })).length, most);
        await subject.store.write(newEntry());
      }
    });

    it('wait, however many, where the options say so', async () => {
      await using subject = await opened({ maxWaiting: 1, whenFull: 'wait' });
      await Promise.all(times(30).map(() => subject.store.write(newEntry())));
      assert.equal((await subject.store.history({ gsid: 3 })).length, 30);
    });

    it('are written before the store is closed', async () => {
      await using subject = await opened();
      const writing = times(30).map(() => subject.store.write(newEntry()));
      await Promise.resolve();
      await Promise.all([subject.store.close(), ...writing]);
      assert.equal((await subject.rows()).length, 30);
    });
  });
}
