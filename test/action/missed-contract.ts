import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { MissedQuery, NewEntry } from '../../lib/action/store.ts';
import { newEntry } from './entries.ts';
import type { ContractOptions, Subject } from './store-contract.ts';

/** What every store must tell of the entries that a page may have missed. */
export function missedContract(title: string, make: () => Promise<Subject>, options: ContractOptions): void {
  describe(`${title}: what a page may have missed`, () => {
    let subject: Subject;
    after(() => subject[Symbol.asyncDispose]());

    const gsid = '120';
    const since = 1_772_800_000_000;
    const missed = async (more: Partial<MissedQuery> = {}) =>
      await subject.store.missed({ gsid, since, announceWithinMs: 3_600_000, limit: 100, whole: false, ...more });
    const messages = async (more: Partial<MissedQuery> = {}) =>
      (await missed({ whole: true, ...more })).map(({ logmessage }) => logmessage);
    const early = { gsid, logdate: since / 1000 - 60, wssdone: 1 } as const;

    before(async () => {
      subject = await make();
      await subject.store.open({ rawobjStyle: options.style, rebuildsEvents: options.added });
      const write = async (given: Partial<NewEntry>) => (await subject.store.write(newEntry(given))).alogid;
      const late = await write({ ...early, logmessage: 'announced later', wssdone: 0, extra: { a: 1 } });
      const done = await write({ ...early, logmessage: 'announced before', wssdone: 0 });
      await write({ ...early, logmessage: 'waits', wssdone: 0 });
      await write({ ...early, logmessage: 'waits in vain', wssdone: 0, logdate: since / 1000 - 7_200 });
      await write({ ...early, logmessage: 'without a record', rectype: '', recid: '0', wssdone: 0 });
      await write({ ...early, logmessage: 'of another tenant', gsid: '121', wssdone: 0 });
      await write({ ...early, logmessage: 'written since', logdate: since / 1000 });
      await subject.store.markAnnounced([late], since);
      await subject.store.markAnnounced([done], since - 1);
    });

    it('is what was announced or written since, and what waits, of its tenant alone, oldest first', async () => {
      const expected = ['waits', 'written since'];
      // a table that does not keep when an entry was announced cannot tell
      assert.deepEqual(await messages(), options.added ? ['announced later', ...expected] : expected);
      assert.deepEqual(await missed({ gsid: '122' }), []);
      if (options.ids === 'numbers') assert.deepEqual(await missed({ gsid: 'no number' }), []);
    });

    it('is of what waits only what was not too old to be announced', async () => {
      const waiting = async (announceWithinMs: number) =>
        (await messages({ announceWithinMs })).filter((message) => message?.startsWith('waits'));
      assert.deepEqual(await waiting(59_000), []);
      assert.deepEqual(await waiting(60_000), ['waits']);
      assert.deepEqual(await waiting(7_200_000), ['waits', 'waits in vain']);
    });

    it('has all of the event, and message and raw object only where they are asked for', async () => {
      const [first] = await missed();
      const [whole] = await missed({ whole: true });
      const { logmessage, rawobj, ...event } = first ?? assert.fail();
      assert.deepEqual([logmessage, rawobj], [null, '{}']);
      assert.notEqual(whole?.rawobj, '{}');
      const { userid, logname, rectype, recid, extra } = event;
      assert.deepEqual([userid, logname, rectype, recid], ['42', 'admin', 'product', '12']);
      assert.equal(extra, options.added ? '{"a":1}' : null);
    });

    it('comes page by page', async () => {
      const all = await missed();
      const paged = [];
      for (let after: string | undefined; ; ) {
        const [next] = await missed({ limit: 1, ...(after === undefined ? {} : { after }) });
        if (!next) break;
        paged.push(next);
        after = next.alogid;
      }
      assert.deepEqual(paged, all);
      await assert.rejects(missed({ after: '1) OR (1=1' }), TypeError);
    });
  });
}
