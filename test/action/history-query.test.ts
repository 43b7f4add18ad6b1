import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HistoryQuery, parseHistoryQuery, parseSearch } from '../../lib/action/history-query.ts';
import { parseTracedQuery } from '../../lib/action/traced-query.ts';
import { vouchFor } from '../../lib/session/actor.ts';

describe('a query of history', () => {
  it('is taken apart: ids as text, times in seconds, words and pairs', () => {
    const filter = parseHistoryQuery({
      gsid: 3n,
      userid: 7,
      recid: '0012',
      from: new Date(1500),
      to: 1500,
      text: ' red\tlamp red ',
      raw: { price: 9, on: true, none: null },
      trace: { field: 'price', below: 10 },
      before: 12,
    });
    assert.deepEqual(filter, {
      ...{ gsid: '3', userid: '7', recid: '0012', before: '12', limit: 50, from: 1, to: 2, words: ['red', 'lamp'] },
      raw: [
        ['price', '9'],
        ['on', 'true'],
        ['none', 'null'],
      ],
      trace: [{ field: 'price', below: 10 }],
      ...{ login: undefined, rectype: undefined, correlation: undefined },
    });
  });

  it('names whose entries they are in exactly one way', () => {
    const actor = vouchFor({ userid: 1, gsid: 8 });
    assert.equal(parseHistoryQuery({ actor }).gsid, '8');
    assert.equal(parseHistoryQuery({ tenants: 'all' }).gsid, undefined);
    const forged = { userid: '1', gsid: '8' } as never;
    for (const query of [{}, { gsid: 8, actor }, { gsid: 8, tenants: 'all' }, { actor: forged }, { gsid: null }]) {
      assert.throws(() => parseHistoryQuery(query as HistoryQuery), TypeError);
    }
  });

  it('may come from a request: what is wrong is refused by its name', () => {
    const wrong: Record<string, unknown> = {
      gsid: { $ne: 1 },
      userid: ['1', '2'],
      login: { a: 1 },
      rectype: ['a', 'b'],
      recid: {},
      from: 'yesterday',
      to: Number.NaN,
      text: ['a'],
      raw: 'price=9',
      'raw.price': undefined,
      trace: 'price',
      correlation: 5,
      before: '1 OR 1=1',
      limit: '20',
      tenants: 'every',
      'rectyp, x': undefined,
    };
    for (const [name, value] of Object.entries(wrong)) {
      const query =
        name === 'raw.price' ? { gsid: 1, raw: { price: { $gt: 1 } } } : { gsid: 1, rectype: 'a', [name]: value };
      const named = (error: Error) => error instanceof TypeError && error.message.includes(name);
      assert.throws(() => parseHistoryQuery(query as HistoryQuery), named, name);
    }
    for (const raw of [[['a']], [['a', 1, 2]], [{ a: 1 }], new Map([['a', 1]]), [[1, 1]], null]) {
      const named = (error: Error) => error instanceof TypeError && error.message.startsWith('history: raw');
      assert.throws(() => parseHistoryQuery({ gsid: 1, raw } as never), named, JSON.stringify(raw));
    }
  });

  it('takes pairs as a list as well, each of which counts', () => {
    const pairsOf = (raw: HistoryQuery['raw']) => parseHistoryQuery({ gsid: 1, raw }).raw;
    assert.deepEqual(pairsOf(JSON.parse('{"__proto__":"x"}')), [['__proto__', 'x']]);
    const twice = [
      ['price', 9],
      ['price', null],
    ] as const;
    assert.deepEqual(pairsOf(twice), [
      ['price', '9'],
      ['price', 'null'],
    ]);
  });

  it('takes each id that a record may have', () => {
    for (const recid of ['12 ', 'a\nb', 'k'.repeat(255), 'k'.repeat(1000)]) {
      assert.equal(parseHistoryQuery({ gsid: 1, recid }).recid, recid);
      assert.ok('recid' in parseTracedQuery({ gsid: 1, rectype: 'product', recid }));
    }
    for (const recid of ['', 'k'.repeat(1001), '\0', '\ud800', 1.5, null]) {
      assert.throws(() => parseHistoryQuery({ gsid: 1, recid } as never), /^TypeError: history: recid: /);
    }
  });

  it('has bounds', () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => `w${n}`);
    const queries: Partial<HistoryQuery>[] = [
      { text: many(21).join(' ') },
      { text: 'x'.repeat(101) },
      { text: ' '.repeat(3000) },
      { text: 'a\0b' },
      { text: '\ud800' },
      { raw: Object.fromEntries(many(11).map((key) => [key, 1])) },
      { raw: many(11).map((key) => [key, 1] as const) },
      { raw: { a: 'x'.repeat(501) } },
      { trace: many(6).map((field) => ({ field })) },
      { trace: { field: '' } },
      { trace: { field: 'price', below: Number.NaN } },
      { login: 'x'.repeat(1001) },
      { limit: 0 },
      { limit: 1001 },
      { limit: 1.5 },
    ];
    for (const query of queries) {
      assert.throws(() => parseHistoryQuery({ gsid: 1, ...query }), TypeError, JSON.stringify(query).slice(0, 80));
    }
    parseHistoryQuery({ gsid: 1, text: many(20).join(' '), limit: 1000 });
  });
});

describe('what is typed into a search field', () => {
  it('is words and pairs of the raw object', () => {
    assert.deepEqual(parseSearch('lamp price=9'), { text: 'lamp', raw: { price: '9' } });
    assert.deepEqual(parseSearch('  red   lamp '), { text: 'red lamp' });
    assert.deepEqual(parseSearch('name="red lamp" note="" old'), { text: 'old', raw: { name: 'red lamp', note: '' } });
    assert.deepEqual(parseSearch('straße=Weg'), { raw: { straße: 'Weg' } });
    assert.deepEqual(parseSearch('price= =9 a==b'), { text: 'price= =9', raw: { a: '=b' } });
    assert.deepEqual(parseSearch(''), {});
    const both = [
      ['price', '9'],
      ['price', '8'],
    ];
    assert.deepEqual(parseSearch('price=9 price=8'), { raw: both });
    assert.deepEqual(Object.entries(parseSearch('__proto__=1').raw ?? {}), [['__proto__', '1']]);
  });

  it('is always a query, or refused as one', () => {
    for (const typed of ['', '"', '="="', '__proto__=1', 'a="b', '% _ \\', '='.repeat(50), 'name="red lamp"x']) {
      parseHistoryQuery({ gsid: 1, ...parseSearch(typed) });
    }
    assert.throws(() => parseHistoryQuery({ gsid: 1, ...parseSearch('x'.repeat(1000)) }), TypeError);
  });
});

describe('a query of changed columns', () => {
  it('is of entries, of a record, or of a record at a time', () => {
    const record = { rectype: 'product', recid: '12' };
    assert.deepEqual(parseTracedQuery({ gsid: 1, alogids: [1n, '2'] }), { gsid: '1', alogids: ['1', '2'] });
    const page = { gsid: '1', ...record, before: undefined, limit: 50 };
    assert.deepEqual(parseTracedQuery({ gsid: 1, ...record }), page);
    assert.deepEqual(parseTracedQuery({ gsid: 1, ...record, at: 1999 }), { gsid: '1', ...record, at: 1 });
    assert.equal(parseTracedQuery({ actor: vouchFor({ userid: 1, gsid: 8 }), ...record }).gsid, '8');
    const wrong = [
      ...[{}, { gsid: 1 }, { gsid: 1, rectype: 'product' }, { ...record }, { gsid: 1, alogids: ['x'] }, undefined],
      ...[
        { gsid: 1, alogids: [1], ...record },
        { gsid: 1, ...record, at: 1, limit: 1 },
        { gsid: 1, ...record, at: '1' },
      ],
      { tenants: 'all', ...record },
    ];
    for (const query of wrong as never[]) {
      assert.throws(() => parseTracedQuery(query), TypeError, JSON.stringify(query));
    }
  });
});
