import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changes, changesOf } from '../../lib/action/changes.ts';

test('only what changed is given, old and new', () => {
  const before = { productid: 7, name: 'lamp', price: '9.00' };
  assert.deepEqual({ ...changes(before, { ...before, price: '8.50' }) }, { price: '9.00 -> 8.50' });
  assert.deepEqual({ ...changes(before, { ...before }) }, {});
});

test('an update that names only some columns leaves the others alone', () => {
  const before = { name: 'lamp', price: 9, stock: 4 };
  assert.deepEqual({ ...changes(before, { price: 8, stock: undefined }) }, { price: '9 -> 8' });
});

test('a new record shows all that it has, a deleted one all that it had', () => {
  assert.deepEqual({ ...changes(null, { name: 'lamp', note: null }) }, { name: '(none) -> lamp' });
  assert.deepEqual({ ...changes({ name: 'lamp', note: null }, undefined) }, { name: 'lamp -> (none)' });
});

test('values that say the same are not changes', () => {
  const at = new Date(2026, 4, 3, 10, 30);
  const decimal = { toFixed: () => '9.90' };
  const before = { a: '9.90', b: 9.9, c: at, d: 1, e: 10n, f: decimal, g: '{"x":1}', h: Buffer.from('abc') };
  const after = {
    a: 9.9,
    b: '9.900',
    c: '2026-05-03 10:30:00',
    d: true,
    e: '10',
    f: 9.9,
    g: { x: 1 },
    h: Buffer.from('abc'),
  };
  assert.deepEqual({ ...changes(before, after) }, {});
});

test('texts are equal only where they are the same', () => {
  const before = { code: '007', version: '1.10', note: '' };
  const after = { code: '7', version: '1.1', note: null };
  assert.deepEqual(Object.keys(changes(before, after)), ['code', 'version', 'note']);
});

test('what cannot be the same number is a change', () => {
  assert.deepEqual({ ...changes({ n: 1 }, { n: 'one' }) }, { n: '1 -> one' });
  assert.deepEqual({ ...changes({ n: '' }, { n: 0 }) }, { n: ' -> 0' });
  assert.deepEqual(
    { ...changes({ n: 12345678901234567890n }, { n: '12345678901234567891' }) },
    {
      n: '12345678901234567890 -> 12345678901234567891',
    },
  );
});

test('objects and JSON texts are compared key by key', () => {
  const before = { address: { city: 'Ulm', zip: '1' }, options: '{"a":1,"b":{"c":2}}' };
  const after = { address: { city: 'Bonn', zip: '1' }, options: { a: 1, b: { c: 3 } } };
  assert.deepEqual({ ...changes(before, after) }, { 'address.city': 'Ulm -> Bonn', 'options.b.c': '2 -> 3' });
  assert.deepEqual({ ...changes({ a: { b: 1, c: 2 } }, { a: { b: 1 } }) }, { 'a.c': '2 -> (none)' });
});

test('secrets are masked unless they are named, also inside lists and JSON', () => {
  const before = { password: 'a', apiKey: 'k1', tokens_used: 3, accounts: [{ id: 1, token: 'x' }], json: null };
  const after = {
    password: 'b',
    apiKey: 'k2',
    tokens_used: 4,
    accounts: [{ id: 2, token: 'y' }],
    json: '{"card_number":"4111"}',
  };
  assert.deepEqual(
    { ...changes(before, after, { show: ['tokens_used'] }) },
    {
      password: '*changed*',
      apiKey: '*changed*',
      tokens_used: '3 -> 4',
      accounts: '[{"id":1,"token":"***"}] -> [{"id":2,"token":"***"}]',
      'json.card_number': '*changed*',
    },
  );
});

test('a secret that alone changes in a list is a change all the same', () => {
  const found = changes({ list: [{ token: 'x' }] }, { list: [{ token: 'y' }] });
  assert.deepEqual({ ...found }, { list: '[{"token":"***"}] -> [{"token":"***"}]' });
});

test('mask, omit and hash are for names anywhere, or for one place', () => {
  const before = { salary: 1, updatedat: 1, email: 'a@b', home: { phone: '1', fax: '1' }, work: { phone: '1' } };
  const after = { salary: 2, updatedat: 2, email: 'c@d', home: { phone: '2', fax: '2' }, work: { phone: '2' } };
  const found = changes(before, after, {
    mask: ['Salary', 'home.phone'],
    omit: ['updated_at'],
    hash: ['email'],
    hashSecret: 'a secret for the tests, long enough for all',
  });
  assert.deepEqual(Object.keys(found), ['salary', 'email', 'home.phone', 'home.fax', 'work.phone']);
  assert.equal(found['salary'], '*changed*');
  assert.equal(found['home.phone'], '*changed*');
  assert.equal(found['work.phone'], '1 -> 2');
  assert.match(found['email'] ?? '', /^#[0-9a-f]{16} -> #[0-9a-f]{16}$/);
  assert.equal(
    changes(
      { email: 'a@b' },
      { email: 'x' },
      { hash: ['email'], hashSecret: 'a secret for the tests, long enough for all' },
    )['email']?.slice(0, 17),
    found['email']?.slice(0, 17),
  );
});

test('nothing that a record may hold breaks it', () => {
  const circle: Record<string, unknown> = { name: 'a' };
  circle['self'] = circle;
  const hostile = JSON.parse('{"__proto__":{"x":1},"constructor":"c"}') as object;
  const deep = JSON.parse(`${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`) as object;
  for (const odd of [
    circle,
    hostile,
    deep,
    { list: [circle] },
    { fn: () => 1 },
    { sym: Symbol('s') },
    { bad: new Date(Number.NaN) },
  ]) {
    assert.ok(Object.keys(changes({}, odd)).length > 0);
  }
  assert.equal(({} as { x?: unknown }).x, undefined);
});

test('a masked change keeps no value for the trace', () => {
  const [change] = changesOf(changes({ password: 'a' }, { password: 'b' })) ?? [];
  assert.deepEqual(change, { field: 'password', before: undefined, after: undefined, masked: true });
  assert.equal(changesOf({ password: '*changed*' }), undefined);
});

test('what is no record is refused, and so is an unknown option', () => {
  assert.throws(
    () => changes('lamp' as unknown as object, {}),
    /changes: before: expected the record as an object, got string/,
  );
  assert.throws(() => changes({}, [1]), /changes: after: .* got a list/);
  assert.throws(() => changes({}, {}, { masks: ['x'] } as never), TypeError);
});
