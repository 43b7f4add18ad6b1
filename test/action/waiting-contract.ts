import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { WaitingEntry } from '../../lib/action/store.ts';
import { newEntry } from './entries.ts';
import type { ContractOptions, Subject } from './store-contract.ts';

/** What every store must do for those who announce later, and for transactions. */
export function waitingContract(subject: () => Subject, options: ContractOptions): void {
  const gsid = '210';
  const logdate = 1_600_000_000; // long before everything else in the table
  const waiting = async (more = {}) => {
    const query = { after: '0', writtenBefore: (logdate + 100) * 1000, limit: 1000, ...more };
    const entries = await subject().store.waiting(query);
    return entries.filter((entry) => entry.gsid === gsid && entry.logdate < logdate + 1000);
  };
  const ids = (entries: WaitingEntry[]) => entries.map(({ alogid }) => alogid);

  it('gives what waits, oldest first, with all of the event; not what is done, young, or of no record', async () => {
    const { store } = subject();
    const write = async (given: object) => (await store.write(newEntry({ gsid, logdate, ...given }))).alogid;
    const first = await write({ extra: { a: 1 }, ctxid: 7, sid: 9, recid: options.added ? 'a-1' : '1' });
    await write({ wssdone: 1 });
    await write({ rectype: '', recid: '0' });
    await write({ logdate: logdate + 101 });
    const second = await write({ logdate: logdate + 100 });
    const ahead = await write({ logdate: logdate + 900 });
    const [entry, ...rest] = await waiting();
    assert.deepEqual(ids(rest), [second, ahead], 'what a clock ahead has written waits for nobody');
    const event = { gsid, userid: '42', logname: 'admin', sid: 9, rectype: 'product', alogid: first, logdate };
    const added = options.added
      ? { recid: 'a-1', extra: '{"a":1}', ctxid: 7 }
      : { recid: '1', extra: null, ctxid: null };
    for (const [name, value] of Object.entries({ ...event, ...added })) {
      assert.equal(entry?.[name as keyof WaitingEntry], value, name);
    }
    assert.deepEqual(ids(await waiting({ after: first })), [second, ahead]);
    assert.deepEqual(ids(await waiting({ limit: 1 })).length <= 1, true);

    const before = async (from: number, until: number) =>
      await store.lastBefore({ from: (logdate + from) * 1000, until: (logdate + until) * 1000 });
    const last = await before(100, 101);
    assert.ok(
      BigInt(last) >= BigInt(first) && BigInt(last) < BigInt(second),
      'whatever was committed late is above it',
    );
    assert.equal(await before(900, 900), second, 'by its number, not by its time');
    assert.ok(BigInt(await before(2000, 2001)) >= BigInt(ahead), 'the last of before, where nothing was written');

    await store.markAnnounced([first], undefined);
    await store.markAnnounced([second, ahead], 1);
    assert.deepEqual(await waiting(), []);
    const rows = (await subject().rows()).filter(({ alogid }) => [first, second].includes(alogid ?? ''));
    assert.deepEqual(
      rows.map((row) => row['announcedat']),
      options.added ? ['0', '1'] : [undefined, undefined],
    );
    await assert.rejects(store.waiting({ after: '1) OR (1=1', writtenBefore: 1, limit: 1 }), TypeError);
  });

  it('gives the lease to one, renews it, and gives it to the next once it is given back', async () => {
    const { store } = subject();
    assert.deepEqual(await Promise.all(['a', 'a'].map((name) => store.takeLease(name, 60_000))), [true, true]);
    assert.equal(await store.takeLease('b', 60_000), false);
    await store.releaseLease('b');
    assert.equal(await store.takeLease('b', 60_000), false, 'nobody gives back what is another one’s');
    await store.releaseLease('a');
    assert.equal(await store.takeLease('b', 60_000), true);
    assert.equal(await store.takeLease('a', 60_000), false);
    await store.releaseLease('b');
  });

  it('tells the database’s clock', async () => {
    assert.ok(Math.abs((await subject().store.now()) - Date.now()) < 60_000);
  });

  it('begins transactions: what is rolled back does not stand, what is committed does', async () => {
    const { store } = subject();
    const undone = await store.begin();
    const one = await store.write(newEntry({ gsid: '211' }), undone.connection);
    await undone.rollback();
    const done = await store.begin();
    const two = await store.write(newEntry({ gsid: '211' }), done.connection);
    const [rows] = await done.connection.query<{ n: unknown }[]>('SELECT COUNT(*) AS n FROM actionlog WHERE gsid = ?', [
      '211',
    ]);
    await done.commit();
    assert.deepEqual(await store.standing([one.alogid, two.alogid, '99999999']), [two.alogid]);
    assert.equal((await store.history({ gsid: '211' })).length, 1);
    assert.equal(Number(rows[0]?.n), 1);
  });
}
