import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rawJson } from '../../lib/action/raw-object.ts';
import { oddRawobjs } from './entries.ts';

const json = (value: unknown, maxBytes = 65_535) => JSON.parse(rawJson(value, { maxBytes }));

describe('rawJson', () => {
  it('writes plain data as JSON.stringify does', () => {
    const data = { a: 1, b: 'é "q" 😀', c: [true, null, -1.5e-9, []], d: { e: {} }, 7: 'x', none: undefined, f() {} };
    assert.equal(rawJson(data, { maxBytes: 1000 }), JSON.stringify(data));
    assert.equal(rawJson([undefined, () => 1], { maxBytes: 1000 }), '[null,null]');
  });

  it('gives {} for nothing', () => {
    for (const value of [undefined, null, () => 1, Symbol('s')]) assert.equal(rawJson(value, { maxBytes: 100 }), '{}');
  });

  it('marks what JSON has no form for', () => {
    const value: Record<string, unknown> = {
      nan: Number.NaN,
      inf: Number.NEGATIVE_INFINITY,
      big: 2n ** 64n,
      date: new Date(0),
      bad: new Date(Number.NaN),
      small: Buffer.from('hello'),
      large: new Float64Array(100),
      raw: new ArrayBuffer(0),
      map: new Map([['a', 1]]),
      pairs: new Map([[{ k: 1 }, 2]]),
      set: new Set(['x']),
      error: Object.assign(new Error('boom'), { sql: 'SELECT secret' }),
      regexp: /a/g,
      boxed: new String('s'),
      url: new URL('https://example.com/a'),
      lone: 'a\udc00',
    };
    value['self'] = value;
    assert.deepEqual(json(value), {
      nan: 'NaN',
      inf: '-Infinity',
      big: '18446744073709551616',
      date: '1970-01-01T00:00:00.000Z',
      bad: '[invalid date]',
      small: '[5 bytes: aGVsbG8=]',
      large: '[800 bytes]',
      raw: '[0 bytes]',
      map: { a: 1 },
      pairs: [[{ k: 1 }, 2]],
      set: ['x'],
      error: { name: 'Error', message: 'boom' },
      regexp: '/a/g',
      boxed: 's',
      url: 'https://example.com/a',
      lone: 'a\ufffd',
      self: '[cyclic]',
    });
  });

  it('writes an object that occurs twice twice, and marks it inside itself alone', () => {
    const shared = { a: 1 };
    assert.deepEqual(json({ x: shared, y: [shared, shared] }), { x: { a: 1 }, y: [{ a: 1 }, { a: 1 }] });
  });

  it('marks what throws, and goes on', () => {
    const throws = () => {
      throw new Error('no');
    };
    const value = {
      get bang() {
        return throws();
      },
      json: { toJSON: throws },
      proxy: new Proxy({}, { ownKeys: throws }),
      ok: 1,
    };
    assert.deepEqual(json(value), { bang: '[unreadable]', json: '[unreadable]', proxy: '[unreadable]', ok: 1 });
  });

  it('keeps twelve levels', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 20; level += 1) deep = { d: deep };
    assert.equal(rawJson(deep, { maxBytes: 1000 }), `${'{"d":'.repeat(12)}"[too deep]"${'}'.repeat(12)}`);
  });

  it('says how much of a text, a list and an object it cut', () => {
    const text = json('x'.repeat(1000), 100);
    const [, head = '', cut] = /^(x+)… \[(\d+) more\]$/.exec(text) ?? [];
    assert.equal(head.length + Number(cut), 1000);
    const list: unknown[] = json(new Array(1000).fill(1), 100);
    assert.equal(list.at(-1), `… ${1000 - (list.length - 1)} more`);
    const object = json(Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`k${n}`, n])), 200);
    assert.equal(object['…'], `${1000 - (Object.keys(object).length - 1)} left out`);
  });

  it('lets small values in that come after large ones', () => {
    const value = {
      body: 'x'.repeat(1e6),
      list: new Array(1e6).fill(0),
      inner: { text: 'y'.repeat(1e6) },
      id: 7,
      name: 'Foo',
    };
    const cut = json(value, 1000);
    assert.equal(cut.id, 7);
    assert.equal(cut.name, 'Foo');
    for (const name of ['body', 'list', 'inner']) assert.ok(JSON.stringify(cut[name]).length > 200, name);
  });

  it('fills most of the room that it has', () => {
    for (const value of [
      { a: 'x'.repeat(1e5), b: 1 },
      { a: 'é'.repeat(1e5), b: 'x'.repeat(3e4) },
      ['😀'.repeat(1e5)],
    ]) {
      assert.ok(Buffer.byteLength(rawJson(value, { maxBytes: 65_535 })) > 65_000);
    }
  });

  it('does not split a character', () => {
    for (let maxBytes = 30; maxBytes < 60; maxBytes += 1) {
      assert.ok(!rawJson('😀'.repeat(100), { maxBytes }).includes('\ufffd'));
    }
  });

  it('escapes everything but ASCII where asked, marks as well', () => {
    const ascii = rawJson({ é: '😀'.repeat(100), b: ['ü'.repeat(100)] }, { maxBytes: 200, ascii: true });
    assert.match(ascii, /^[\x20-\x7e]+$/);
    assert.match(JSON.parse(ascii)['é'], /^(😀)+\.\.\. \[\d+ more\]$/u);
  });

  it('puts the kept texts first, and moves what is no object under _value', () => {
    const kept = new Map([['_message', 'm']]);
    assert.equal(rawJson({ a: 1 }, { maxBytes: 100, kept }), '{"_message":"m","a":1}');
    assert.equal(rawJson([1], { maxBytes: 100, kept }), '{"_message":"m","_value":[1]}');
    assert.equal(rawJson('t', { maxBytes: 100, kept }), '{"_message":"m","_value":"t"}');
    assert.equal(rawJson(undefined, { maxBytes: 100, kept }), '{"_message":"m"}');
    assert.equal(rawJson({ _message: 1 }, { maxBytes: 100, kept }), '{"__message":"m","_message":1}');
  });

  for (const [name, value] of Object.entries(oddRawobjs)) {
    it(`gives valid JSON within the bound, whatever the bound, for ${name}`, () => {
      for (const maxBytes of [2, 3, 10, 25, 50, 100, 101, 102, 200, 1000, 65_535]) {
        for (const ascii of [true, false]) {
          for (const kept of [undefined, new Map([['_message', 'é'.repeat(300)]])]) {
            const text = rawJson(value, { maxBytes, ascii, kept });
            assert.ok(Buffer.byteLength(text) <= maxBytes, `${Buffer.byteLength(text)} of ${maxBytes}`);
            JSON.parse(text);
          }
        }
      }
    });
  }

  it('does not walk through what has no room', () => {
    const reads = { count: 0 };
    const list = new Proxy(new Array(10_000_000).fill(1), {
      get(target, key, receiver) {
        reads.count += 1;
        return Reflect.get(target, key, receiver);
      },
    });
    const wide = (levels: number): unknown =>
      levels === 0 ? list : Array.from({ length: 100 }, () => wide(levels - 1));
    for (const value of [list, { list }, wide(2), new Set([list, 1]), 'x'.repeat(50_000_000)]) {
      reads.count = 0;
      rawJson(value, { maxBytes: 10_000 });
      assert.ok(reads.count < 200_000, String(reads.count));
    }
  });

  it('gives up on properties that cost time and no room', () => {
    const empty = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`k${n}`, undefined]));
    let reads = 0;
    const get = () => {
      reads += 1;
    };
    const counting = () => new Proxy(empty, { get });
    const value = { all: Array.from({ length: 5000 }, counting) };
    JSON.parse(rawJson(value, { maxBytes: 5000 }));
    assert.ok(reads <= 16 * 5000 + 5000, String(reads));
  });
});
