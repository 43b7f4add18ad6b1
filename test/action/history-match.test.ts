import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { entryMatcher, textMatcher } from '../../lib/action/history-match.ts';
import { type HistoryQuery, parseHistoryQuery } from '../../lib/action/history-query.ts';
import type { Entry } from '../../lib/action/store.ts';

const holds = (rawobj: string, query: Omit<HistoryQuery, 'gsid'>) =>
  textMatcher(parseHistoryQuery({ gsid: 1, ...query }))({
    rectype: 'p',
    recid: '1',
    logname: 'ann',
    logmessage: 'm',
    rawobj,
  });

describe('whether an entry holds what is asked for', () => {
  it('reads pairs at any depth, as JSON and as PHP write them', () => {
    const raw = '{ "a" : {"b":[{"price": 9.50, "on":true}, "x", "y:", 3]}, "name":"red \\"lamp\\"", "e":"" }';
    for (const pair of [{ price: '9.50' }, { on: true }, { name: 'red "lamp"' }, { e: '' }, { NAME: 'RED "LAMP"' }]) {
      assert.ok(holds(raw, { raw: pair as never }), JSON.stringify(pair));
    }
    for (const pair of [{ price: '9.5' }, { x: 'y:' }, { 'y:': 3 }, { b: '' }, { lamp: ', ' }, { name: 'red' }]) {
      assert.ok(!holds(raw, { raw: pair as never }), JSON.stringify(pair));
    }
    assert.ok(holds('{"name":"O\\\\\'Brien \\\\&quot;x\\\\&quot; caf\\u00e9"}', { raw: { name: `o'brien "x" café` } }));
    assert.ok(holds('{"n":123456789012345678901234567890}', { raw: { n: '123456789012345678901234567890' } }));
  });

  it('takes what is cut off or no JSON for what there is of it', () => {
    for (const raw of ['', '{', '"', '{"a', '{"a":', '{"a":"', '{"a":"b', '{"a":"b\\', 'null', '[]', 'a:b', '"a":']) {
      assert.equal(holds(raw, { raw: { a: 'c' } }), false, raw);
    }
    assert.equal(holds('{"a":"b', { raw: { a: 'b' } }), true);
  });

  it('is done soon with any raw object', () => {
    for (const part of ['x', '\\"', '"', '"a":', '{', '\\', '"":"']) {
      const raw = `{"a":"${part.repeat(2_000_000)}`;
      assert.equal(holds(raw, { raw: { b: 'c' }, text: 'nothing such' }), false);
    }
  });

  it('compares everything else of an entry', () => {
    const entry: Entry = {
      ...{
        alogid: '20',
        gsid: '1',
        userid: '2',
        logname: 'Ann',
        logmessage: 'sold a lamp',
        rawobj: '{}',
        logdate: 100,
      },
      ...{ sid: 0, rectype: 'product', recid: '7', extra: null, ctxid: null, wssdone: 1, bulldozed: 0 },
      correlation: 'r',
    };
    const asked = (query: Omit<HistoryQuery, 'gsid'>) => entryMatcher(parseHistoryQuery({ gsid: 1, ...query }))(entry);
    const right = { userid: 2, login: 'ann', rectype: 'product', recid: 7, from: 100_000, to: 101_000, before: 21 };
    assert.ok(asked({ ...right, correlation: 'r', text: 'LAMP' }));
    const wrong = { userid: 3, login: 'an', rectype: 'Product', recid: 8, from: 101_000, to: 100_000, before: 20 };
    for (const [key, value] of Object.entries({ ...wrong, correlation: 'R', text: 'amp' })) {
      assert.ok(!asked({ [key]: value }), key);
    }
    assert.ok(!entryMatcher(parseHistoryQuery({ gsid: 2 }))(entry));
    assert.ok(entryMatcher(parseHistoryQuery({ tenants: 'all' }))(entry));
    assert.ok(!entryMatcher(parseHistoryQuery({ gsid: 1 }))({ ...entry, logmessage: null }));
  });
});
