import assert from 'node:assert/strict';
import { it } from 'node:test';
import { changes, changesOf } from '../../lib/action/changes.ts';
import type { HistoryQuery } from '../../lib/action/history-query.ts';
import type { ActionStore } from '../../lib/action/store.ts';
import { newEntry } from './entries.ts';

const may = (day: number, hour = 12) => Date.UTC(2026, 4, day, hour) / 1000;

/** What is read of changed columns: part of what `historyContract` asks of stores. */
export function tracedContract(subjectOf: () => { store: ActionStore }): void {
  const gsid = '9';
  const names = new Map<string, string>();
  const set = async (day: number, was: object | null, is: object | null, recid = '12', tenant = gsid) => {
    const diff = changes(was, is);
    const entry = newEntry({ gsid: tenant, recid, logdate: may(day), rawobj: diff, trace: changesOf(diff) });
    const written = await subjectOf().store.write(entry);
    names.set(written.alogid, `${day}`);
    return written;
  };
  const found = async (trace: HistoryQuery['trace'], tenant: HistoryQuery = { gsid }) =>
    (await subjectOf().store.history({ ...tenant, trace })).map(({ alogid }) => names.get(alogid));

  it('answers who set a column so, never from what is masked', async () => {
    await set(1, null, { price: 12, name: 'Red Lamp', password: 'secret' });
    await set(2, { price: 12 }, { price: 8.5 });
    await set(3, { price: 8.5, name: 'Red Lamp' }, { price: 11, name: 'Blue 9% lamp' });
    await set(4, { password: 'secret' }, { password: 'other' });
    await set(5, { price: 5 }, { price: 4 }, '13');
    await set(6, { price: 5 }, { price: 4 }, '12', '10');
    assert.deepEqual(await found({ field: 'price', below: 10 }), ['5', '2']);
    assert.deepEqual(await found({ field: 'price', above: 8, below: 11.5 }), ['3', '2']);
    assert.deepEqual(await found({ field: 'price', is: 11 }), ['3']);
    assert.deepEqual(await found({ field: 'price', is: '8.50' }), ['2']);
    assert.deepEqual(await found({ field: 'PRICE', is: 11 }), []);
    assert.deepEqual(await found({ field: 'name', contains: 'LAMP' }), ['3', '1']);
    assert.deepEqual(await found({ field: 'name', contains: '9%' }), ['3']);
    assert.deepEqual(await found({ field: 'name', contains: '_' }), []);
    assert.deepEqual(await found({ field: 'name', is: 'red lamp' }), []);
    assert.deepEqual(
      await found([
        { field: 'name', contains: 'lamp' },
        { field: 'price', above: 11 },
      ]),
      ['1'],
    );
    assert.deepEqual(await found({ field: 'password' }), []);
    assert.deepEqual(await found({ field: 'price', below: 10 }, { tenants: 'all' }), ['6', '5', '2']);
    assert.deepEqual(await found({ field: `x' OR '1'='1`, is: `' OR 1=1 -- ` }), []);
  });

  it('gives the changed columns of entries of one tenant', async () => {
    const { store } = subjectOf();
    const mine = await set(7, { a: 1, password: 'x' }, { a: 2, password: 'y' }, '70');
    const theirs = await set(8, { a: 1 }, { a: 2 }, '70', '10');
    const { alogid, logdate } = mine;
    assert.deepEqual(await store.traced({ gsid, alogids: [mine.alogid, theirs.alogid] }), [
      { alogid, logdate, field: 'a', before: '1', after: '2', masked: false },
      { alogid, logdate, field: 'password', before: null, after: null, masked: true },
    ]);
    assert.deepEqual(await store.traced({ gsid, alogids: [] }), []);
    await assert.rejects(store.traced({ gsid, alogids: Array.from({ length: 1001 }, () => '1') }), TypeError);
    await assert.rejects(store.traced({ gsid, alogids: ['1) OR (1=1'] }), TypeError);
    await assert.rejects(store.traced({ alogids: ['1'] }), TypeError);
    await assert.rejects(store.traced({ gsid } as never), TypeError);
  });

  it('gives the changed columns of a record, whole entries a page', async () => {
    const record = { gsid, rectype: 'product', recid: '80' };
    for (const n of [1, 2, 3]) await set(10 + n, { a: n, b: n }, { a: n + 1, b: n + 1 }, '80');
    const first = await subjectOf().store.traced({ ...record, limit: 2 });
    assert.deepEqual(
      first.map(({ field, after }) => `${field}=${after}`),
      ['a=4', 'b=4', 'a=3', 'b=3'],
    );
    const second = await subjectOf().store.traced({ ...record, limit: 2, before: first.at(-1)?.alogid });
    assert.deepEqual(
      second.map(({ field, after }) => `${field}=${after}`),
      ['a=2', 'b=2'],
    );
    assert.deepEqual(await subjectOf().store.traced({ ...record, gsid: '11' }), []);
  });

  it('gives the last change of each column of a record until a time', async () => {
    const record = { gsid, rectype: 'product', recid: '90' };
    await set(1, null, { price: 12, name: 'Lamp', pin: 'x' }, '90');
    await set(3, { price: 12 }, { price: 9 }, '90');
    await set(5, { price: 9, name: 'Lamp' }, { price: null, name: 'Light' }, '90');
    const at = async (day: number, hour = 12) => {
      const changed = await subjectOf().store.traced({ ...record, at: new Date(may(day, hour) * 1000) });
      return Object.fromEntries(changed.map(({ field, after }) => [field, after]));
    };
    assert.deepEqual(await at(1, 11), {});
    assert.deepEqual(await at(2), { price: '12', name: 'Lamp', pin: null });
    assert.deepEqual(await at(3), { price: '9', name: 'Lamp', pin: null });
    assert.deepEqual(await at(9), { price: null, name: 'Light', pin: null });
  });

  it('tells texts apart to the letter and to the space, in any case where a part of them is asked for', async () => {
    const texts = [
      'café',
      'cafe',
      'CAFÉ',
      'Straße',
      'a',
      'a ',
      'A',
      '🚀 up',
      '9%_x',
      '10 \u2126',
      'σοφός',
      'აბგ',
      'a\0b',
    ];
    for (const [n, text] of texts.entries())
      names.set((await set(20, null, { word: text }, `${100 + n}`)).alogid, text);
    const words = async (condition: object) => await found({ field: 'word', ...condition });
    assert.deepEqual(await words({ contains: 'cafe' }), ['cafe']);
    assert.deepEqual(await words({ contains: 'Café' }), ['CAFÉ', 'café']);
    assert.deepEqual(await words({ contains: 'strase' }), []);
    assert.deepEqual(await words({ contains: 'STRAßE' }), ['Straße']);
    assert.deepEqual(await words({ contains: '😀' }), []);
    assert.deepEqual(await words({ contains: '🚀 U' }), ['🚀 up']);
    assert.deepEqual(await words({ contains: 'straẞe' }), ['Straße']);
    assert.deepEqual(await words({ contains: 'ᲑᲒ' }), ['აბგ']);
    assert.deepEqual(await words({ contains: '10 ω' }), ['10 \u2126']);
    assert.deepEqual(await words({ contains: 'ΣΟΦΌΣ' }), ['σοφός']);
    assert.deepEqual(await words({ contains: '\ufffdB' }), ['a\0b']);
    for (const text of ['a', 'a ', 'A', 'cafe', 'café', '🚀 up']) assert.deepEqual(await words({ is: text }), [text]);
    for (const text of ['a  ', 'CAFE', '🚁 up']) assert.deepEqual(await words({ is: text }), []);
    const [one] = await subjectOf().store.traced({ gsid, rectype: 'product', recid: `${100 + texts.indexOf('a\0b')}` });
    assert.equal(one?.after, 'a\ufffdb');
  });

  it('fills each page where a part of a text is asked for, however many look alike', async () => {
    const wanted: string[] = [];
    for (let n = 0; n < 30; n += 1) {
      const { alogid } = await set(21, null, { label: n % 10 === 0 ? 'résumé' : 'resume' }, '200');
      if (n % 10 === 0) wanted.unshift(alogid);
    }
    const trace = { field: 'label', contains: 'RÉSUMÉ' };
    const first = await subjectOf().store.history({ gsid, trace, limit: 2 });
    const second = await subjectOf().store.history({ gsid, trace, limit: 2, before: first.at(-1)?.alogid });
    assert.deepEqual(
      [...first, ...second].map(({ alogid }) => alogid),
      wanted,
    );
  });

  it('finds a small number as it is typed and as it was kept', async () => {
    await set(22, null, { rate: '0.0000001' }, '201');
    await set(23, null, { rate: 1e-7 }, '201');
    for (const is of [1e-7, '0.0000001'])
      assert.deepEqual(await found({ field: 'rate', is }), ['23', '22'], String(is));
    assert.deepEqual(await found({ field: 'rate', is: '1e-7' }), ['23'], 'a text that is no plain number');
  });

  it('keeps records apart whose ids differ by a space, or beyond what a column of ids has', async () => {
    const long = 'k'.repeat(220);
    for (const recid of ['300', '300 ', long, `${long} `]) {
      await set(24, null, { of: recid.length }, recid);
      const changed = await subjectOf().store.traced({ gsid, rectype: 'product', recid });
      assert.deepEqual(
        changed.map(({ after }) => after),
        [String(recid.length)],
      );
    }
  });
}
