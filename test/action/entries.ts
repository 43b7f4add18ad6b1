import type { NewEntry } from '../../lib/action/store.ts';

/** An entry of the test's own, with nothing odd about it but what the test gives. */
export function newEntry(given: Partial<NewEntry> = {}): NewEntry {
  return {
    gsid: '3',
    userid: '42',
    logname: 'admin',
    logmessage: 'updated product Foo',
    rawobj: { productid: 12 },
    logdate: 1_772_701_631,
    sid: 77,
    rectype: 'product',
    recid: '12',
    extra: undefined,
    ctxid: null,
    wssdone: 0,
    bulldozed: 0,
    correlation: null,
    ...given,
  };
}

const cyclic: Record<string, unknown> = { a: 1 };
cyclic['self'] = cyclic;
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const refuse = () => {
  throw new Error('no');
};

/** Raw objects that no caller should log, and that some caller will. */
export const oddRawobjs: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  text: 'just a text',
  number: 7,
  'not a number': Number.NaN,
  bigint: 2n ** 70n,
  'a function': () => 1,
  'a symbol': Symbol('s'),
  cyclic,
  'cyclic list': (() => {
    const list: unknown[] = [];
    list.push(list);
    return list;
  })(),
  'a date': new Date(0),
  'an invalid date': { at: new Date(Number.NaN) },
  'a small buffer': Buffer.from('hello'),
  'a large buffer': { file: Buffer.alloc(1_000_000) },
  'a map': new Map<unknown, unknown>([
    ['a', 1],
    ['b', { c: 2 }],
  ]),
  'a map of objects': new Map([[{}, 1]]),
  'a set': new Set([1, 2n]),
  'an error': new Error('with "quotes"'),
  'values of all kinds': { big: 10n, none: undefined, nan: Number.NaN, inf: Number.POSITIVE_INFINITY, at: new Date(5) },
  'a getter that throws': Object.defineProperty({ a: 1 }, 'bang', { enumerable: true, get: refuse }),
  'a toJSON that throws': { inner: { toJSON: refuse } },
  'a proxy that refuses': new Proxy({}, { ownKeys: refuse, get: refuse, has: refuse, getPrototypeOf: refuse }),
  'a revoked proxy': revoked.proxy,
  'a revoked proxy inside': { inner: revoked.proxy },
  'lone surrogates': { '\ud800': '\udc00x' },
  'control characters': { nul: 'a\0b', bell: '\u0007', line: 'a\r\nb\u2028' },
  emoji: { emoji: '😀'.repeat(10), é: 'ÿ' },
  'a huge text': { text: '"😀'.repeat(1_000_000), after: 1 },
  'a huge list': { list: new Array(1_000_000).fill(1), after: 1 },
  'many keys': Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key${index}`, index])),
  'a huge key': { ['k'.repeat(1_000_000)]: 1 },
  deep: (() => {
    let deep: unknown = 1;
    for (let level = 0; level < 10_000; level += 1) deep = { deep };
    return deep;
  })(),
  'keys of ours': { _message: 'mine', _recid: 'mine' },
};
