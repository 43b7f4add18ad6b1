import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Days } from '../../lib/viewer/days.ts';
import { parseSearch, queryOf, spanOf, without } from '../../lib/viewer/search.ts';

test('what is empty counts as missing, and what the viewer does not know is left alone', () => {
  const query = { q: ' lamp ', user: '', rectype: 'product', recid: '7', from: '', utm_source: 'x', open: ['1', '2'] };
  assert.deepEqual(parseSearch(query), { search: { q: 'lamp', rectype: 'product', recid: '7' } });
  assert.deepEqual(parseSearch(undefined), { search: {} });
});

test('a record is named to the space', () => {
  const search = { rectype: ' product', recid: '12 ' };
  assert.deepEqual(parseSearch({ ...search, user: ' ann ' }), { search: { ...search, user: 'ann' } });
  assert.deepEqual(parseSearch({ rectype: ' ', recid: '\t' }), { search: {} });
});

test('what is wrong is named by field, and what was typed stays', () => {
  const { search, problems } = parseSearch({ user: 'ann', from: '2026-02-30', q: ['a', 'b'] });
  assert.deepEqual(search, { user: 'ann', from: '2026-02-30' });
  assert.deepEqual([...(problems ?? [])].sort(), [
    ['from', 'expected a day, such as 2026-05-03'],
    ['q', 'give one value, not several'],
  ]);
});

test('a span that ends before it begins is refused', () => {
  assert.deepEqual(
    parseSearch({ from: '2026-05-04', to: '2026-05-03' }).problems?.get('to'),
    'this day is before 2026-05-04',
  );
  assert.equal(parseSearch({ from: '2026-05-03', to: '2026-05-03' }).problems, undefined);
});

test('odd and hostile values are refused, not thrown', () => {
  for (const query of [
    { q: { a: 1 } },
    { q: 'x'.repeat(201) },
    { recid: '\0' },
    { user: '\ud800' },
    { before: '-1' },
    { to: 'now' },
  ])
    assert.equal(parseSearch(query).problems?.size, 1, JSON.stringify(query));
});

test('both days of a span are part of it', () => {
  const days = new Days('en-GB', 'Europe/Berlin');
  assert.deepEqual(spanOf({ from: '2026-05-03', to: '2026-05-03' }, days), {
    from: Date.parse('2026-05-02T22:00:00Z'),
    to: Date.parse('2026-05-03T22:00:00Z'),
  });
  assert.deepEqual(spanOf({}, days), {});
});

test('a search goes into an address and out of it', () => {
  const search = { q: 'a&b="c d"', rectype: 'präd ukt', recid: '#1' };
  const query = queryOf(search);
  assert.deepEqual(parseSearch(Object.fromEntries(new URLSearchParams(query))), { search });
  assert.equal(queryOf(without(search, 'q', 'rectype', 'recid')), '?');
});
