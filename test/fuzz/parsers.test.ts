import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { entryMatcher } from '../../lib/action/history-match.ts';
import { type HistoryQuery, parseHistoryQuery, parseSearch } from '../../lib/action/history-query.ts';
import { phpRawobj } from '../../lib/action/php.ts';
import { rawJson } from '../../lib/action/raw-object.ts';
import { parseGyroscopeRelay, parseIntroduction } from '../../lib/server/gyroscope-message.ts';
import { seal, sessionKey, unseal } from '../../lib/session/signed-cookie.ts';
import { connectionId } from '../../lib/stream/claim.ts';
import { holderOfKey, userKey } from '../../lib/stream/gyroscope-keys.ts';
import { AnswerReader } from '../../lib/stream/http-answer.ts';
import { StreamKeys } from '../../lib/stream/keys.ts';
import { parseEvent, parseServerMessage } from '../../lib/stream/protocol.ts';
import { parseRedisAction } from '../../lib/stream/redis-relay.ts';
import { vectors } from '../support/vectors.ts';

const numRuns = 10_000;
const secret = 'a secret for the tests of thirty-two bytes';
const hostile = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.string());

/** A text with one to five of its characters replaced, removed, doubled or put elsewhere; never the text itself. */
function mutated(text: string): fc.Arbitrary<string> {
  const edit = fc.tuple(
    fc.nat(text.length),
    fc.constantFrom('cut', 'double', 'put', 'drop'),
    fc.string({ maxLength: 3 }),
  );
  return fc
    .array(edit, { minLength: 1, maxLength: 5 })
    .map((edits) => edits.reduce((now, [at, how, what]) => apply(now, at, how, what), text))
    .filter((changed) => changed !== text);
}

function apply(text: string, at: number, how: string, what: string): string {
  if (how === 'cut') return text.slice(0, at);
  if (how === 'double') return text.slice(0, at) + text.slice(Math.max(0, at - 4), at) + text.slice(at);
  if (how === 'put') return text.slice(0, at) + what + text.slice(at);
  return text.slice(0, at) + text.slice(at + 1);
}

const check = (title: string, inputs: fc.Arbitrary<unknown>, hold: (input: never) => void) =>
  test(`${numRuns} inputs: ${title}`, () => fc.assert(fc.property(inputs as fc.Arbitrary<never>, hold), { numRuns }));

const message = vectors.stream[0]?.message ?? '';
const update = '{"type":"update","sid":7,"gsid":"3","userid":"42","rectype":"p","recid":"1","extra":{"a":[1]}}';

check('a message of the server is a message, or nothing', fc.oneof(hostile, mutated(update)), (text: string) => {
  const parsed = parseServerMessage(text);
  if (parsed?.type !== 'update') return;
  assert.ok(Number.isInteger(parsed.sid) && parsed.sid >= 0 && parsed.sid <= 0xffff_ffff);
  for (const name of ['gsid', 'userid', 'rectype', 'recid'] as const) assert.equal(typeof parsed[name], 'string');
});

check('an event of a relay is an event, or refused with a code', fc.anything({ withNullPrototype: true }), (value) => {
  const parsed = parseEvent(value);
  assert.ok(typeof parsed === 'string' ? /^(event|gsid)-/.test(parsed) : parsed.type === 'update');
});

check("a relay on Gyroscope's wire is one, or nothing", fc.oneof(hostile, mutated(message)), (text: string) => {
  const parsed = parseGyroscopeRelay(Buffer.from(text));
  if (!parsed) return;
  assert.equal(typeof parsed.auth, 'string');
  for (const json of Object.values(parsed.given)) JSON.parse(json);
});

const introduction = '{"type":"getsid","userid":"42","auth":"x-1","gsid":"1"}';
check('an introduction is one, or nothing', fc.oneof(hostile, mutated(introduction)), (text: string) => {
  const parsed = parseIntroduction(text);
  if (parsed) JSON.parse(parsed.useridJson);
});

const answers = [
  'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{"accepted":1,"refused":[]}',
  'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nRetry-After: 1\r\n\r\nbusy',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n',
];
const pieces = fc.tuple(
  fc.oneof(hostile, ...answers.map(mutated), ...answers.map(fc.constant)),
  fc.integer({ min: 1, max: 300 }),
);
check(
  'an answer to a relay is one, or an error that says why, in whatever pieces',
  pieces,
  ([text, size]: [string, number]) => {
    const outcomes = [size, Number.POSITIVE_INFINITY].map((most) => {
      const reader = new AnswerReader();
      const bytes = Buffer.from(text);
      try {
        for (let at = 0; at < bytes.length; at += most) if (reader.take(bytes.subarray(at, at + most))) break;
        return reader.end();
      } catch (error) {
        assert.ok(error instanceof Error && error.constructor === Error && error.message !== '');
        return undefined;
      }
    });
    assert.deepEqual(outcomes[0], outcomes[1]);
    if (outcomes[0]) assert.ok(outcomes[0].status >= 101 && outcomes[0].status <= 999);
  },
);

const payload = vectors.redis[1]?.payload ?? '';
check('an action of the Redis list is one, or nothing', fc.oneof(hostile, mutated(payload)), (text: string) => {
  const parsed = parseRedisAction(text);
  if (parsed) assert.equal(parsed.type, 'update');
});

check('a claimed connection id is one of 32 bits, or 0', fc.oneof(hostile, fc.anything()), (value) => {
  const sid = connectionId(value);
  assert.ok(Number.isInteger(sid) && sid >= 0 && sid <= 0xffff_ffff && !Object.is(sid, -0));
});

const clock = { timeZone: 'UTC' };
check('no changed key opens Gyroscope’s wire', mutated(userKey('s3cret', '3', '42', clock)), (key: string) => {
  assert.equal(holderOfKey(key, 's3cret', clock), undefined);
});

const key = sessionKey(secret, 'actionlog_session');
const now = Date.now();
const cookie = seal(
  { userid: '42', gsid: '3', login: 'ann', dispname: 'Ann', groups: ['users'], at: now, seen: now, id: 'x' },
  key,
);
check('no changed cookie is a session', fc.oneof(hostile, mutated(cookie)), (text: string) => {
  assert.equal(unseal(text, [key]), undefined);
});

test(`${numRuns} inputs: no changed token names a page`, async () => {
  const keys = new StreamKeys([secret]);
  const token = await keys.issueToken({ userid: '42', gsid: '3', login: 'ann' });
  const property = fc.asyncProperty(fc.oneof(hostile, mutated(token)), async (text) => {
    const page = await keys.verifyToken(text);
    // The last character of base64url carries bits that say nothing: the same token in another spelling.
    if (page) assert.ok(text.slice(0, -1) === token.slice(0, -1), text);
  });
  await fc.assert(property, { numRuns });
});

const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true });
for (const [name, write] of [
  ['raw object', (value: unknown, maxBytes: number) => rawJson(value, { maxBytes })],
  ["raw object in Gyroscope's form", (value: unknown, maxBytes: number) => phpRawobj(value, { maxBytes })],
] as const) {
  check(
    `a ${name} is valid JSON within its bytes`,
    fc.tuple(anything, fc.integer({ min: 64, max: 4096 })),
    ([value, max]: [unknown, number]) => {
      const text = write(value, max);
      assert.ok(Buffer.byteLength(text) <= max, `${Buffer.byteLength(text)} > ${max}`);
      JSON.parse(text);
    },
  );
}

const historyKeys = [
  'gsid',
  'userid',
  'login',
  'rectype',
  'recid',
  'from',
  'to',
  'text',
  'raw',
  'trace',
  'before',
  'limit',
];
const queries = fc.oneof(
  fc.anything({ withNullPrototype: true }),
  fc.dictionary(fc.constantFrom(...historyKeys, 'tenants', 'actor', 'correlation'), fc.anything()),
  hostile.map((typed) => ({ gsid: 1, ...parseSearch(typed) })),
);

check('a query of history is one of a tenant, within its bounds, or a TypeError', queries, (query: HistoryQuery) => {
  try {
    const { gsid, words, raw, trace, limit } = parseHistoryQuery(query);
    assert.ok(gsid !== undefined || query.tenants === 'all');
    assert.ok(words.length <= 20 && raw.length <= 10 && trace.length <= 5 && limit <= 1000);
  } catch (error) {
    assert.ok(error instanceof TypeError);
  }
});

const looked = fc.tuple(fc.oneof(hostile, mutated('{"a":{"b":"c\\u00e9"},"d":[1]}')), fc.string({ unit: 'binary' }));

check('a raw object is looked through, whatever it is', looked, ([rawobj, typed]: [string, string]) => {
  const entry = { rawobj, logname: '', logmessage: 'm', rectype: '', gsid: '1', alogid: '1' } as never;
  const sought = typed.replaceAll('\0', '').toWellFormed().slice(0, 100);
  entryMatcher(parseHistoryQuery({ gsid: 1, text: sought, raw: { [sought]: sought } }))(entry);
});
