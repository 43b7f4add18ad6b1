import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRedisAction, redisAction, redisActionsKey } from '../../lib/stream/redis-relay.ts';
import { vectors } from '../support/vectors.ts';

for (const { prefix, key, input, payload } of vectors.redis) {
  const { wssid: sid, rectype, recid, gsid, userid, extra } = input;

  test(`recording of ${rectype} ${recid} under "${prefix}": what we push is PHP's to the byte`, () => {
    assert.equal(redisActionsKey(prefix), key);
    assert.equal(redisAction({ sid, rectype, recid, gsid, userid, extra }), payload);
  });

  test(`recording of ${rectype} ${recid} under "${prefix}": what PHP pushes is taken`, () => {
    const ids = { sid: Number(sid), gsid: String(gsid), userid: String(userid), recid: String(recid) };
    assert.deepEqual(parseRedisAction(payload), { type: 'update', rectype, ...ids, ...(extra ? { extra } : {}) });
  });
}

test('what is no action is none', () => {
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '7',
    '{"wssid":1}',
    '{"wssid":1,"rectype":"x","recid":1,"gsid":"","from_userid":"1"}',
  ]) {
    assert.equal(parseRedisAction(text), undefined, text);
  }
});
