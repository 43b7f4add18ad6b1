import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { phpJson, phpRawobj, phpText, type Scalar } from '../../lib/action/php.ts';
import { vectors } from '../support/vectors.ts';
import { oddRawobjs } from './entries.ts';

describe('phpText', () => {
  const texts: [Scalar, string][] = [
    [true, '1'],
    [false, ''],
    [null, ''],
    [undefined, ''],
    ['a', 'a'],
    [7, '7'],
    [-7, '-7'],
    [2n ** 64n, '18446744073709551616'],
    [1.5, '1.5'],
    [0.1 + 0.2, '0.3'],
    [1 / 3, '0.33333333333333'],
    [-2 / 3, '-0.66666666666667'],
    [123456.789, '123456.789'],
    [0.0001, '0.0001'],
    [0.00001, '1.0E-5'],
    [-1.5e-7, '-1.5E-7'],
    [1e15, '1000000000000000'],
    [2 ** 53, '9007199254740992'],
    [1e25, '1.0E+25'],
    [1.25e100, '1.25E+100'],
    [12345678901234.5, '12345678901234'], // a tie goes to the even digit
    [12345678901235.5, '12345678901236'],
    [-0, '-0'],
    [Number.POSITIVE_INFINITY, 'INF'],
    [Number.NEGATIVE_INFINITY, '-INF'],
    [Number.NaN, 'NAN'],
  ];
  for (const [value, text] of texts) {
    it(`turns ${typeof value} ${String(value)} into ${JSON.stringify(text)}`, () => assert.equal(phpText(value), text));
  }
});

describe('phpJson', () => {
  it('writes the recorded payloads', () => {
    for (const { payload } of vectors.redis) assert.equal(phpJson(JSON.parse(payload)), payload);
    for (const { rows } of vectors.logaction) {
      for (const { rawobj } of rows) assert.equal(phpJson(JSON.parse(String(rawobj))), rawobj);
    }
  });

  it('escapes slashes and everything but ASCII, in keys as well', () => {
    assert.equal(
      phpJson({ 'é/': 'a/b\\c"\n\t\b\u0001\u2028😀' }),
      String.raw`{"\u00e9\/":"a\/b\\c\"\n\t\b\u0001\u2028\ud83d\ude00"}`,
    );
    assert.equal(phpJson('\ud800'), String.raw`"\ufffd"`);
  });

  it('takes an object with the keys 0, 1, 2 for a list, and an empty one too', () => {
    assert.equal(phpJson([{}, { 0: 'a', 1: 'b' }, { 1: 'b' }, []]), '[[],["a","b"],{"1":"b"},[]]');
  });

  it('writes numbers as PHP does', () => {
    assert.equal(
      phpJson([1, 1.5, 0.1, 1e25, 0.00001, -0, 10n ** 20n, Number.NaN]),
      '[1,1.5,0.1,1.0e+25,1.0e-5,-0,100000000000000000000,0]',
    );
    assert.equal(
      phpJson({ a: true, b: null, c: undefined, d: () => 1, e: new Date(0) }),
      '{"a":true,"b":null,"e":"1970-01-01T00:00:00.000Z"}',
    );
  });
});

describe('phpRawobj', () => {
  for (const { title, call, rows } of vectors.logaction) {
    for (const row of rows)
      it(`writes the recorded row: ${title}`, () => assert.equal(phpRawobj(call.rawobj), row['rawobj']));
  }

  it('keeps scalars alone, each as text', () => {
    const value = {
      date: new Date(0),
      none: undefined,
      list: [1],
      inner: {},
      map: new Map(),
      f: () => 1,
      big: 2n ** 64n,
      bad: new Date(Number.NaN),
    };
    assert.equal(phpRawobj(value), '{"date":"1970-01-01T00:00:00.000Z","none":"","big":"18446744073709551616"}');
    assert.equal(phpRawobj(['a', [1], 'b']), '{"0":"a","2":"b"}');
    assert.equal(phpRawobj(new Map([['a', 1]])), '{"a":"1"}');
    assert.equal(phpRawobj('text'), '["text"]');
    assert.equal(phpRawobj(undefined), '[]');
  });

  it('adds slashes, and makes NUL, line ends and double quotes harmless', () => {
    assert.equal(phpRawobj({ a: `\0'"\\\r\n` }), String.raw`{"a":"\\0\\'\\&quot;\\\\  "}`);
  });

  it('puts the kept texts first, under keys that the object does not have', () => {
    const kept = new Map([['_message', 'é']]);
    assert.equal(phpRawobj({ _message: 'mine' }, { kept }), String.raw`{"__message":"\u00e9","_message":"mine"}`);
    assert.equal(phpRawobj(null, { kept }), String.raw`{"_message":"\u00e9"}`);
  });

  for (const [name, value] of Object.entries(oddRawobjs)) {
    it(`gives valid JSON within the bound for ${name}`, () => {
      for (const maxBytes of [2, 30, 100, 1000, 65_535]) {
        const json = phpRawobj(value, { maxBytes, kept: new Map([['_message', '"é\n'.repeat(300)]]) });
        assert.ok(json.length <= maxBytes, `${json.length} of ${maxBytes}`);
        JSON.parse(json);
      }
    });
  }

  it('says how much it cut', () => {
    const parsed = JSON.parse(phpRawobj({ text: 'x'.repeat(500), after: 1 }, { maxBytes: 100 }));
    assert.match(parsed.text, /^x+\.\.\. \[\d+ more\]$/);
    assert.equal(parsed.after, '1');
  });
});
