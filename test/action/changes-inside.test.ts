import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ChangesOptions, changes, changesOf } from '../../lib/action/changes.ts';

class Account {
  name: string;
  password: string;
  constructor(name: string, password: string) {
    this.name = name;
    this.password = password;
  }
}

const secret = 'hunter2';
const account = new Account('a', secret);
const twice = (value: unknown) => JSON.stringify(JSON.stringify(value));
const nested = (levels: number, inmost: unknown): unknown => (levels === 0 ? inmost : [nested(levels - 1, inmost)]);

/** Values with a password in them, in every form that a column may have. */
const hiding: Record<string, unknown> = {
  instance: account,
  'no prototype': Object.assign(Object.create(null), { password: secret }),
  map: new Map([['password', secret]]),
  'map of several kinds of keys': new Map<unknown, unknown>([
    [1, 'x'],
    ['password', secret],
    [{ a: 1 }, account],
  ]),
  set: new Set([account]),
  toJSON: { toJSON: () => ({ password: secret }) },
  'toJSON that gives a text': { toJSON: () => JSON.stringify({ password: secret }) },
  text: JSON.stringify({ password: secret }),
  'text in a text': JSON.stringify({ a: JSON.stringify({ password: secret }) }),
  'text of a text': twice({ password: secret }),
  'list of instances': [account],
  'list of Maps': [new Map([['password', secret]])],
  'list of texts': [JSON.stringify({ password: secret })],
  'list in a text in a list': [JSON.stringify([[JSON.stringify({ password: secret })]])],
  'what a Map holds': new Map([['owner', account]]),
  'what lies deep': nested(20, account),
  'what lies deep in objects': JSON.parse(`${'{"a":'.repeat(30)}{"password":"${secret}"}${'}'.repeat(30)}`),
  'what is behind much else': [...Array.from({ length: 20_000 }, (_, n) => ({ n })), account],
  'boxed text': Object(JSON.stringify({ password: secret })),
};

describe('a secret inside of a column', () => {
  for (const [title, value] of Object.entries(hiding)) {
    it(`is not told: ${title}`, () => {
      for (const [before, after] of [
        [null, value],
        [value, null],
        ['text', value],
        [[], value],
        [{ password: 'older' }, value],
      ]) {
        const found = changes({ column: before }, { column: after });
        assert.ok(Object.keys(found).length > 0);
        assert.doesNotMatch(JSON.stringify(found), /hunter2/);
        assert.doesNotMatch(JSON.stringify(changesOf(found)), /hunter2/);
      }
    });
  }

  it('is masked, left out or hashed as the options say', () => {
    const [before, after] = [{ owner: new Account('a', 'one') }, { owner: new Account('a', 'two') }];
    const of = (options: ChangesOptions) => ({ ...changes(before, after, options) });
    assert.deepEqual(of({ mask: ['password'] }), { 'owner.password': '*changed*' });
    assert.deepEqual(of({ omit: ['owner.password'] }), {});
    assert.match(
      of({ hash: ['password'], hashSecret: 'a secret for the tests, long enough for all' })['owner.password'] ?? '',
      /^#\w{16} -> #\w{16}$/,
    );
    const list = { mask: ['name'], omit: ['password'] };
    assert.equal(changes({ list: [] }, { list: [account] }, list)['list'], '[] -> [{"name":"***"}]');
  });
});

describe('what is inside of a column', () => {
  it('is compared key by key, whatever the class', () => {
    const price = { toFixed: () => '9.90', password: secret };
    const before = {
      a: new Account('x', 'p'),
      m: new Map([['k', 1]]),
      d: { at: new Date(0), price: 9.9, bytes: Buffer.from('a') },
    };
    const after = { a: new Account('y', 'p'), m: { k: 2 }, d: { at: new Date(0), price, bytes: Buffer.from('a') } };
    assert.deepEqual({ ...changes(before, after) }, { 'a.name': 'x -> y', 'm.k': '1 -> 2' });
    const id = (text: string) => ({ toJSON: () => text });
    assert.deepEqual({ ...changes({ id: id('5a') }, { id: '5a' }) }, {});
    assert.deepEqual({ ...changes({ id: id('5a') }, { id: id('5b') }) }, { id: '5a -> 5b' });
  });

  it('stays as it was written where a text of JSON has nothing to hide', () => {
    assert.equal(changes({ l: null }, { l: '[1, 12345678901234567890]' })['l'], '(none) -> [1, 12345678901234567890]');
  });

  it('may be inside itself, or throw, or be endless', () => {
    const row = { name: 'a', parent: undefined as unknown, rows: [] as unknown[] };
    row.parent = row;
    row.rows.push(row);
    assert.deepEqual(
      { ...changes({ row: null }, { row }) },
      {
        'row.name': '(none) -> a',
        'row.parent': '(none) -> [cyclic]',
        'row.rows': '(none) -> [{"name":"a","parent":"[cyclic]","rows":"[cyclic]"}]',
      },
    );
    const above = { name: 'above' };
    const found = changes({ parent: { name: 'b', parent: above } }, { parent: above });
    assert.deepEqual(Object.keys(found), ['parent.name', 'parent.parent.name']);
    const throwing = {
      ...{ get: Object.defineProperty({}, 'x', { enumerable: true, get: () => assert.fail() }) },
      ...{ json: { toJSON: () => assert.fail() }, fixed: { toFixed: () => assert.fail() } },
    };
    assert.deepEqual(
      { ...changes({ column: {} }, { column: throwing }) },
      {
        'column.get.x': '(none) -> [unreadable]',
        'column.json': '(none) -> [unreadable]',
        'column.fixed': '(none) -> [unreadable]',
      },
    );
    const everyone = Array.from({ length: 60 }, (_, n) => ({ n, others: [] as unknown[], best: {} as object }));
    for (const one of everyone) Object.assign(one.best, everyone);
    for (const one of everyone) one.others = everyone;
    assert.ok(Object.keys(changes({}, { everyone, best: everyone[0] })).length > 1);
  });

  it('is read by the toJSON of a whole record as well', () => {
    const model = (values: object) => ({ dataValues: values, toJSON: () => values });
    assert.deepEqual(
      { ...changes(model({ price: 9, pin: 1 }), { price: 8, pin: 2 }) },
      { price: '9 -> 8', pin: '*changed*' },
    );
    assert.deepEqual({ ...changes(new Map([['price', 9]]), { price: 8 }) }, { price: '9 -> 8' });
    const odd = { price: 8, toJSON: () => assert.fail() };
    assert.equal(changes({ price: 9 }, odd)['price'], '9 -> 8');
  });
});
