import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { holderOfKey, relayAuth, relayAuthIsRight, tenantKey, userKey } from '../../lib/stream/gyroscope-keys.ts';
import { vectors } from '../support/vectors.ts';

const hour = 3_600_000;

function at(ms: number, run: () => void): void {
  mock.timers.enable({ apis: ['Date'], now: ms });
  try {
    run();
  } finally {
    mock.timers.reset();
  }
}

for (const { utc, timezone: timeZone, wssecret, gsid, userid, key, key178 } of vectors.browserKeys) {
  test(`browser keys of ${utc} in ${timeZone} are as recorded, and taken for this hour and the next`, () => {
    const now = Date.parse(utc);
    at(now, () => {
      assert.equal(userKey(wssecret, gsid, userid, { timeZone }), key);
      assert.equal(tenantKey(wssecret, gsid, { timeZone }), key178);
    });
    for (const later of [0, hour]) {
      at(now + later, () => {
        assert.deepEqual(holderOfKey(key, wssecret, { timeZone }), { gsid, userid });
        assert.deepEqual(holderOfKey(key178, wssecret, { timeZone }), { gsid });
      });
    }
    at(now + 2 * hour + (timeZone === 'America/Toronto' ? hour : 0), () => {
      assert.equal(holderOfKey(key, wssecret, { timeZone }), undefined);
      assert.equal(holderOfKey(key178, wssecret, { timeZone }), undefined);
    });
  });
}

test('a key for another user, tenant or secret is refused', () => {
  const clock = { timeZone: 'UTC' };
  const key = userKey('s3cret', '3', '42', clock);
  assert.deepEqual(holderOfKey(key, 's3cret', clock), { gsid: '3', userid: '42' });
  for (const forged of [
    key.replace('-42', '-43'),
    key.replace('-3-', '-4-'),
    key.slice(1),
    `${key}0`,
    '',
    '-',
    'x'.repeat(9999),
  ]) {
    assert.equal(holderOfKey(forged, 's3cret', clock), undefined, forged.slice(0, 60));
  }
  assert.equal(holderOfKey(key, 'other', clock), undefined);
});

test('a relay of the hour before is right, one of two hours before is not', () => {
  const clock = { timeZone: 'UTC' };
  const relay = { sid: 1, userid: '42', gsid: '3', type: 'update', rectype: 'user', recid: 101 } as const;
  const now = Date.UTC(2026, 2, 5, 9, 30);
  let auth = '';
  at(now, () => {
    auth = relayAuth('key', relay, clock);
    assert.ok(relayAuthIsRight(auth, 'key', relay, clock));
  });
  at(now + hour, () => assert.ok(relayAuthIsRight(auth, 'key', relay, clock)));
  at(now + 2 * hour, () => assert.ok(!relayAuthIsRight(auth, 'key', relay, clock)));
});
