import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { entryMatcher } from '../../lib/action/history-match.ts';
import { type HistoryQuery, parseHistoryQuery, parseSearch } from '../../lib/action/history-query.ts';
import type { ActionStore, Entry, NewEntry, StoreNeeds } from '../../lib/action/store.ts';
import { AnyText } from './any-text.ts';
import { newEntry } from './entries.ts';
import { tracedContract } from './traced-contract.ts';

/** A store over a new, empty table. */
interface HistorySubject {
  store: ActionStore;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface HistoryContractOptions {
  style: StoreNeeds['rawobjStyle'];
  /** Whether the table has the columns that the default schema adds. */
  added: boolean;
  /** Whether the table holds all characters. */
  unicode: boolean;
  /** Whether changed columns are kept. */
  traces: boolean;
}

const may = (day: number) => Date.UTC(2026, 4, day, 12) / 1000;

/** What is read of the past: what stores must answer alike, to the entry. */
export function historyContract(
  title: string,
  make: () => Promise<HistorySubject>,
  given: HistoryContractOptions,
): void {
  describe(`${title}: history`, () => {
    let subject: HistorySubject;
    const { style, added, unicode } = given;
    const gsid = '3';
    const names = new Map<string, string>();
    const write = async (name: string, entry: Partial<NewEntry>): Promise<Entry> => {
      const written = await subject.store.write(newEntry({ gsid, logmessage: name, rawobj: {}, ...entry }));
      names.set(written.alogid, name);
      return written;
    };
    /** The names of the entries that are found, newest first. */
    const found = async (query: Omit<HistoryQuery, 'gsid'>, tenant: HistoryQuery = { gsid }) =>
      (await subject.store.history({ ...tenant, ...query })).map(({ alogid }) => names.get(alogid) ?? alogid);

    before(async () => {
      subject = await make();
      await subject.store.open({ rawobjStyle: style, rebuildsEvents: added });
      await write('lamp', {
        logmessage: 'Updated product Red Lamp',
        rawobj: { productid: 12, price: 9, name: 'Red Lamp' },
      });
      await write('table', {
        logmessage: 'updated product Table-lamp (old)',
        rawobj: { price: '9', note: 'for the lampshade' },
      });
      await write('clamp', {
        logmessage: 'sold a clamp',
        logname: 'Ann',
        rawobj: { price: 90, sku: 'A-007', size: 9.5 },
      });
      await write('path', {
        logmessage: 'saved a file',
        rawobj: { path: 'C:\\new\\lamps', url: '/a/b_c', said: 'say "hi", O\'Brien' },
      });
      await write('lines', { logmessage: 'noted', rawobj: { text: 'first\nsecond\tthird', flag: true, none: null } });
      await write('percent', { logmessage: '100% of order_id [x] *!', rawobj: { big: 12345678901234567890n } });
      await write('other', { gsid: '4', logmessage: 'updated product Lamp of others', rawobj: { price: 9 } });
      await write('silent', { logmessage: null, rawobj: { name: 'lamp' } });
      if (unicode)
        await write('café', { logmessage: 'Öffnete das CAFÉ 価格変更', rawobj: { city: 'Ελλάς', город: 'Лампа' } });
    });
    after(() => subject[Symbol.asyncDispose]());

    it('finds words where a word of the message, the login name or the raw object begins so, whatever the case', async () => {
      assert.deepEqual(await found({ text: 'LAMP' }), ['path', 'table', 'lamp']);
      assert.deepEqual(await found({ text: 'lamps' }), ['path', 'table']);
      assert.deepEqual(await found({ text: 'amp' }), []);
      assert.deepEqual(await found({ text: 'clam' }), ['clamp']);
      assert.deepEqual(await found({ text: 'ann' }), ['clamp']);
      assert.deepEqual(await found({ text: 'product' }), ['table', 'lamp']);
      assert.deepEqual(await found({ text: 'price' }), ['clamp', 'table', 'lamp'], 'keys are words as well');
    });

    it('asks for all of several words, wherever each of them stands', async () => {
      assert.deepEqual(await found({ text: 'lamp  updated\tred' }), ['lamp']);
      assert.deepEqual(await found({ text: 'updated lampshade' }), ['table']);
      assert.deepEqual(await found({ text: 'lamp sold' }), []);
      assert.deepEqual(await found({ text: '   ' }), await found({}));
    });

    it('finds words with signs, short ones and common ones, and takes no sign for a wildcard', async () => {
      assert.deepEqual(await found({ text: 'a-00' }), ['clamp']);
      assert.deepEqual(await found({ text: '9.5' }), ['clamp']);
      assert.deepEqual(await found({ text: '-lamp' }), ['table']);
      assert.deepEqual(await found({ text: '(old)' }), ['table']);
      assert.deepEqual(await found({ text: 'the' }), ['table']);
      assert.deepEqual(await found({ text: 'of' }), ['percent']);
      assert.deepEqual(await found({ text: '100%' }), ['percent']);
      assert.deepEqual(await found({ text: 'order_id' }), ['percent']);
      assert.deepEqual(await found({ text: 'order-id' }), []);
      assert.deepEqual(await found({ text: 'id' }), [], 'a word goes on over _');
      assert.deepEqual(await found({ text: '[x]' }), ['percent']);
      for (const sign of ['%', '*']) assert.deepEqual(await found({ text: sign }), ['percent'], sign);
      assert.deepEqual(await found({ text: '?' }), []);
      assert.deepEqual(await found({ text: 'l%p' }), []);
      assert.deepEqual(await found({ text: 'l_mp' }), []);
      assert.deepEqual(await found({ text: `'; DROP TABLE actionlog; --` }), []);
    });

    it('looks at the raw object as it was meant, not as JSON writes it', async () => {
      assert.deepEqual(await found({ text: 'c:\\new' }), ['path']);
      assert.deepEqual(await found({ text: '/a/b' }), ['path']);
      assert.deepEqual(await found({ text: '"hi"' }), ['path']);
      assert.deepEqual(await found({ text: "o'brien" }), ['path']);
      assert.deepEqual(await found({ text: 'brien' }), ['path']);
      assert.deepEqual(await found({ text: 'second' }), ['lines']);
      assert.deepEqual(await found({ text: 'nsecond' }), []);
    });

    it('knows letters beyond ASCII, and scripts that are written without spaces', async () => {
      if (!unicode) return assert.deepEqual(await found({ text: 'café' }), []);
      for (const text of ['café', 'CAFÉ', 'öffn', 'ελλάσ', 'ΕΛΛΆΣ', 'лАМп', '価格', '変更']) {
        assert.deepEqual(await found({ text }), ['café'], text);
      }
      assert.deepEqual(await found({ text: 'cafe' }), []);
      assert.deepEqual(await found({ raw: { город: 'лампа' } }), ['café']);
    });

    it('finds pairs of the raw object: whole keys with whole values, numbers as text and the other way round', async () => {
      assert.deepEqual(await found({ raw: { price: '9' } }), ['table', 'lamp']);
      assert.deepEqual(await found({ raw: { price: 9 } }), ['table', 'lamp']);
      assert.deepEqual(await found({ raw: { price: 9, name: 'red lamp' } }), ['lamp']);
      assert.deepEqual(await found({ raw: { PRICE: 90 } }), ['clamp']);
      assert.deepEqual(await found({ raw: { rice: 9 } }), []);
      assert.deepEqual(await found({ raw: { size: '9.5' } }), ['clamp']);
      assert.deepEqual(await found({ raw: { name: 'Red' } }), []);
      assert.deepEqual(await found({ raw: { name: '%' } }), []);
      assert.deepEqual(await found({ raw: { big: '12345678901234567890' } }), ['percent'], 'no digit is lost');
      assert.deepEqual(await found({ raw: { big: '12345678901234567891' } }), []);
      assert.deepEqual(await found({ raw: { path: 'c:\\NEW\\lamps', url: '/a/b_c', said: `say "hi", O'Brien` } }), [
        'path',
      ]);
      assert.deepEqual(await found({ raw: { '" OR 1=1': `' OR '1'='1` } }), []);
      if (style === 'json') {
        assert.deepEqual(await found({ raw: { flag: true } }), ['lines']);
        assert.deepEqual(await found({ raw: { none: null } }), ['lines']);
      }
    });

    it('finds a login name, the whole of it', async () => {
      assert.deepEqual(await found({ login: 'ANN' }), ['clamp']);
      assert.deepEqual(await found({ login: 'an' }), []);
      assert.deepEqual(await found({ login: 'a%' }), []);
    });

    it('takes record types for what they are, to the case', async () => {
      await write('typed', { gsid: '5', rectype: 'Product', recid: '1' });
      assert.deepEqual(await found({ rectype: 'Product' }, { gsid: '5' }), ['typed']);
      assert.deepEqual(await found({ rectype: 'product' }, { gsid: '5' }), []);
    });

    it('finds what was written from a time on and before another', async () => {
      for (const day of [3, 4, 5]) await write(`day ${day}`, { gsid: '6', logdate: may(day) });
      const of = async (query: HistoryQuery) => await found(query, { gsid: '6' });
      assert.deepEqual(await of({ from: new Date(may(4) * 1000) }), ['day 5', 'day 4']);
      assert.deepEqual(await of({ from: may(4) * 1000 + 1 }), ['day 5', 'day 4'], 'entries know the second');
      assert.deepEqual(await of({ from: (may(4) + 1) * 1000 }), ['day 5']);
      assert.deepEqual(await of({ to: may(4) * 1000 }), ['day 3']);
      assert.deepEqual(await of({ to: may(4) * 1000 + 1 }), ['day 4', 'day 3']);
      assert.deepEqual(await of({ from: may(4) * 1000, to: may(5) * 1000 }), ['day 4']);
    });

    it('keeps tenants apart, and gives all of them where that is asked for', async () => {
      assert.deepEqual(await found({ text: 'lamp others' }), []);
      assert.deepEqual(await found({ text: 'lamp others' }, { gsid: '4' }), ['other']);
      assert.deepEqual(await found({ text: 'product lamp' }, { tenants: 'all' }), ['other', 'table', 'lamp']);
      for (const wrong of [{}, { gsid, tenants: 'all' }, { tenants: 'every' }, undefined, null, 'x'] as never[]) {
        await assert.rejects(subject.store.history(wrong), TypeError);
      }
    });

    it('finds what belongs together', async () => {
      for (const [name, correlation] of [
        ['a', 'req-1'],
        ['b', 'req-2'],
        ['c', 'req-1'],
        ['d', null],
      ] as const) {
        await write(name, { gsid: '7', correlation });
      }
      assert.deepEqual(await found({ correlation: 'req-1' }, { gsid: '7' }), added ? ['c', 'a'] : []);
      assert.deepEqual(await found({ correlation: 'REQ-1' }, { gsid: '7' }), []);
      const long = `job-${'x'.repeat(100)}`;
      await write('long', { gsid: '7', correlation: long });
      assert.deepEqual(await found({ correlation: long }, { gsid: '7' }), added ? ['long'] : []);
    });

    it('finds each record that is kept, whatever its id', async () => {
      const ids = ['12', '12 ', ' 12', 'a\nb', 'k'.repeat(220)];
      for (const [n, recid] of ids.entries()) await write(`record ${n}`, { gsid: '11', rectype: 'product', recid });
      const written = await subject.store.history({ gsid: '11' });
      for (const { alogid, recid } of written) {
        const own = await found({ rectype: 'product', recid }, { gsid: '11' });
        assert.ok(own.includes(names.get(alogid) ?? ''), recid);
      }
      if (!added) return;
      for (const [n, recid] of ids.entries()) assert.deepEqual(await found({ recid }, { gsid: '11' }), [`record ${n}`]);
    });

    it('takes each pair for a condition, also of the same key and of __proto__', async () => {
      await write('two', { gsid: '12', rawobj: { price: 9, Price: 8 } });
      await write('one', { gsid: '12', rawobj: { price: 8 } });
      const typed = async (text: string) => await found(parseSearch(text), { gsid: '12' });
      assert.deepEqual(await typed('price=8'), ['one', 'two']);
      assert.deepEqual(await typed('price=9 price=8'), ['two']);
      assert.deepEqual(await typed('price=8 price=9'), ['two']);
      assert.deepEqual(await typed('price=8 price=7'), []);
      assert.deepEqual(await typed('__proto__=1'), []);
      assert.deepEqual(await found({ raw: JSON.parse('{"__proto__":1}') }, { gsid: '12' }), []);
    });

    it('fills each page, however rare what is asked for', async () => {
      const wanted: string[] = [];
      for (let n = 0; n < 60; n += 1) {
        const rare = n % 12 === 0;
        await write(`n${n}`, { gsid: '8', rawobj: rare ? { price: 9 } : { price: 90, size: 9, cost: 9 } });
        if (rare) wanted.unshift(`n${n}`);
      }
      const pages: string[] = [];
      let before: string | undefined;
      for (;;) {
        const page = await subject.store.history({ gsid: '8', raw: { price: 9 }, limit: 2, before });
        pages.push(...page.map(({ alogid }) => names.get(alogid) ?? alogid));
        if (page.length < 2) break;
        before = page.at(-1)?.alogid;
      }
      assert.deepEqual(pages, wanted);
    });

    it('finds exactly what entryMatcher says, for any texts', async () => {
      const any = new AnyText(7);
      const entries = await Promise.all(
        Array.from({ length: 200 }, () => {
          const rawobj = { [any.piece()]: any.text(), [any.piece()]: any.below(100), city: any.piece() };
          return subject.store.write(newEntry({ gsid: '20', logmessage: any.text(), logname: any.piece(), rawobj }));
        }),
      );
      const newest = entries.toSorted((a, b) => Number(b.alogid) - Number(a.alogid));
      const ids = (list: Entry[]) => list.map(({ alogid }) => alogid);
      let sum = 0;
      for (let n = 0; n < 200; n += 1) {
        const queries: Omit<HistoryQuery, 'gsid'>[] = [
          { text: any.word() },
          { text: `${any.word()} ${any.word()}` },
          { raw: { [any.piece()]: any.below(100) } },
          { raw: { CITY: any.piece() } },
          { login: any.piece() },
        ];
        const query = { gsid: '20', limit: 200, ...queries[n % queries.length] };
        const wanted = newest.filter(entryMatcher(parseHistoryQuery(query)));
        assert.deepEqual(ids(await subject.store.history(query)), ids(wanted), JSON.stringify(query));
        sum += wanted.length;
      }
      assert.ok(sum > 1000, `${sum} found`);
    });

    if (given.traces) tracedContract(() => subject);
  });
}
