import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changes } from '../../lib/index.ts';
import { detailsOf } from '../../lib/viewer/shown-changes.ts';

test('what changes() made is shown as changes, all else as facts', () => {
  const made = changes({ price: '9.00', note: null, pin: '1' }, { price: '8.50', note: 'new', pin: '2' });
  const { changes: shown, facts, left } = detailsOf(JSON.stringify({ productid: 7, ...made }));
  assert.deepEqual(shown, [
    { field: 'price', before: '9.00', after: '8.50', masked: false },
    { field: 'note', before: null, after: 'new', masked: false },
    { field: 'pin', before: null, after: null, masked: true },
  ]);
  assert.deepEqual([facts, left], [[['productid', '7']], 0]);
});

test('a text with several arrows is not taken apart', () => {
  const { changes: shown, facts } = detailsOf('{"route":"A -> B -> C"}');
  assert.deepEqual([shown, facts], [[], [['route', 'A -> B -> C']]]);
});

test('traced changes stand for those of the raw object', () => {
  const traced = [{ field: 'route', before: 'A -> B', after: 'C', masked: false }];
  const { changes: shown, facts } = detailsOf('{"route":"A -> B -> C","id":1}', traced);
  assert.deepEqual([shown, facts], [traced, [['id', '1']]]);
});

test('numbers keep all their digits, nested values are laid out', () => {
  const { facts } = detailsOf('{"big":12345678901234567890.10,"in":{"id":9007199254740993,"list":[1]},"no":null}');
  assert.deepEqual(facts[0], ['big', '12345678901234567890.10']);
  assert.match(facts[1]?.[1] ?? '', /"id": 9007199254740993/);
  assert.deepEqual(facts[2], ['no', '(none)']);
});

test('any raw object can be shown', () => {
  assert.deepEqual(detailsOf('{}'), { changes: [], facts: [], left: 0 });
  assert.deepEqual(detailsOf('[]').facts, []);
  assert.deepEqual(detailsOf('""').facts, []);
  assert.deepEqual(detailsOf('7').facts, [['', '7']]);
  assert.deepEqual(detailsOf('"text"').facts, [['', 'text']]);
  assert.deepEqual(detailsOf('[1,"a"]').facts, [
    ['0', '1'],
    ['1', 'a'],
  ]);
  assert.deepEqual(detailsOf('{"cut of').facts, [['', '{"cut of']]);
  assert.deepEqual(detailsOf('{"__proto__":{"x":1}}').facts.length <= 1, true);
  for (const depth of [1000, 2500, 3500, 10_000, 30_000]) {
    const deep = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    assert.equal(detailsOf(deep).facts.length, 1, String(depth));
  }
});

test('a large raw object is shown in part, and says how much is missing', () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`key${index}`, index]));
  const { facts, left } = detailsOf(JSON.stringify({ text: 'x'.repeat(5000), ...many }));
  assert.equal(facts.length, 60);
  assert.equal(left, 41);
  assert.match(facts[0]?.[1] ?? '', /^x{2000}… 3000 more characters: see the export$/);
});
