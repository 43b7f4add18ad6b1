import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { CircuitBreaker } from '../../lib/stream/circuit-breaker.ts';
import { redisRelay } from '../../lib/stream/redis-pusher.ts';
import { parseRedisItem } from '../../lib/stream/redis-relay.ts';
import type { OutgoingEvent } from '../../lib/stream/relay.ts';
import type { RelayNeeds } from '../../lib/stream/relay-way.ts';
import { until } from '../server/engine-contract.ts';
import { ownRedis } from '../support/own-redis.ts';
import { newPrefix, openClient, redisSources, redisUrl } from '../support/redis.ts';
import { vectors } from '../support/vectors.ts';

const event: OutgoingEvent = { sid: 7, gsid: 1, userid: 5, rectype: 'product', recid: 12 };
const needsOf = (changes: Partial<RelayNeeds> = {}): RelayNeeds => ({
  ...{ timeoutMs: 500, maxConnections: 2, maxQueued: 1_000, gyroscope: false, onError: () => undefined },
  breaker: new CircuitBreaker({ onChange: () => undefined }),
  ...changes,
});
/** Opens a relay, and waits until it is connected. */
async function opened(options: Parameters<typeof redisRelay>[0], needs = needsOf()) {
  const relay = redisRelay(options).open(needs);
  await until(() =>
    relay.send({ ...event, rectype: 'first' }).then(
      () => true,
      () => false,
    ),
  );
  return relay;
}

for (const [name, source] of Object.entries(redisSources)) {
  test(`given ${name}: what is sent before there is a connection waits for it`, async () => {
    const prefix = newPrefix();
    const relay = redisRelay({ redis: source(), prefix }).open(needsOf({ timeoutMs: 60_000 }));
    assert.deepEqual(await Promise.all([relay.send(event), relay.send(event)]), [{}, {}]);
    await using client = await openClient();
    assert.equal(await client.lLen(`${prefix}actions`), 2);
    await relay.close(500);
  });

  test(`given ${name}: what is pushed is PHP’s to the byte, on the left of its list`, async () => {
    await using client = await openClient();
    for (const { key, input, payload } of vectors.redis) {
      const prefix = newPrefix();
      const relay = await opened({ redis: source(), prefix }, needsOf({ gyroscope: true }));
      const { wssid: sid, rectype, recid, gsid, userid, extra } = input;
      assert.deepEqual(await relay.send({ sid, rectype, recid, gsid, userid, extra } as OutgoingEvent), {});
      assert.equal(await client.lIndex(`${prefix}actions`, 0), payload);
      assert.ok(key.endsWith('actions'));
      await relay.close(500);
    }
  });
}

test('in default mode alogid, time, login and ctxid go along in `extra`, and come out again', async () => {
  const prefix = newPrefix();
  const relay = await opened({ redis: redisUrl, prefix });
  const whole = { alogid: '12', time: 1_772_701_631_000, login: 'änn', ctxid: 3, extra: { note: 'hi', list: [1] } };
  await relay.send({ ...event, ...whole });
  await using client = await openClient();
  const text = (await client.lIndex(`${prefix}actions`, 0)) ?? '';
  assert.deepEqual(Object.keys(JSON.parse(text)), ['wssid', 'rectype', 'recid', 'gsid', 'from_userid', 'extra']);
  const ids = { sid: 7, gsid: '1', userid: '5', rectype: 'product', recid: '12' };
  assert.deepEqual(parseRedisItem(text), { type: 'update', ...ids, ...whole });
  await relay.revoke({ type: 'revoke', gsid: '1', userid: '5', at: 9 });
  const revoke = (await client.lIndex(`${prefix}actions`, 0)) ?? '';
  assert.deepEqual(parseRedisItem(revoke), { type: 'revoke', gsid: '1', userid: '5', at: 9 });
  await relay.close(500);
});

describe('Redis that is away', () => {
  test('fails at once, pauses the relay, and is found again', async () => {
    await using redis = await ownRedis();
    const told: string[] = [];
    const breaker = new CircuitBreaker({ onChange: ({ code }) => told.push(code), firstPauseMs: 100 });
    // so much time for each event that one which waited for it would be seen
    const relay = await opened({ redis: redis.url, prefix: '' }, needsOf({ breaker, timeoutMs: 600_000 }));
    told.length = 0; // until it was connected
    await redis.kill();
    await until(() =>
      relay.send(event).then(
        () => false,
        () => true,
      ),
    );
    for (let n = 0; n < 8; n += 1) {
      const { code } = await relay.send(event).then(
        () => ({ code: 'sent' }),
        (error) => error as { code: string },
      );
      assert.ok(['redis-unreachable', 'relay-paused'].includes(code), code);
    }
    await redis.start();
    await until(() =>
      relay.send(event).then(
        () => true,
        () => false,
      ),
    );
    assert.deepEqual(told, ['relay-paused', 'relay-resumed']);
    await relay.close(500);
    breaker.close();
  });

  for (const redis of ['redis://127.0.0.1:1', new Redis('redis://127.0.0.1:1', { lazyConnect: true })]) {
    test(`from the start fails as soon as that is known, given ${typeof redis}`, async () => {
      const relay = redisRelay({ redis, prefix: '' }).open(needsOf({ timeoutMs: 600_000 }));
      for (const _ of ['while it is tried', 'afterwards']) {
        await assert.rejects(relay.send(event), (error: { code?: string; cause?: { code?: string } }) => {
          return error.code === 'redis-unreachable' && error.cause?.code === 'ECONNREFUSED';
        });
      }
      await relay.close(500);
    });
  }

  test('that hangs from the start fails within the budget, or when the relay is closed', async () => {
    await using redis = await ownRedis();
    redis.freeze();
    const relay = redisRelay({ redis: redis.url, prefix: '' }).open(needsOf({ timeoutMs: 200 }));
    await assert.rejects(relay.send(event), { code: 'redis-timeout' });
    await relay.close(500);
    const patient = redisRelay({ redis: redis.url, prefix: '' }).open(needsOf({ timeoutMs: 600_000 }));
    const waiting = assert.rejects(patient.send(event), { code: 'redis-unreachable' });
    await patient.close(10);
    await waiting;
    redis.thaw();
  });

  test('that hangs fails within the budget', async () => {
    await using redis = await ownRedis();
    const relay = await opened({ redis: redis.url, prefix: '' }, needsOf({ timeoutMs: 200 }));
    redis.freeze();
    await assert.rejects(relay.send(event), { code: 'redis-timeout' });
    redis.thaw();
    await relay.close(500);
  });

  test('that refuses says so', async () => {
    const prefix = newPrefix();
    await using client = await openClient();
    const relay = redisRelay({ redis: redisUrl, prefix }).open(needsOf());
    await client.set(`${prefix}actions`, 'no list');
    await until(() =>
      relay.send(event).then(
        () => false,
        ({ code }) => code === 'redis-refused',
      ),
    );
    await relay.close(500);
  });
});

test('a list that nobody takes from is bounded: what exceeds it is refused until there is room', async () => {
  const prefix = newPrefix();
  const relay = await opened({ redis: redisUrl, prefix, maxListed: 3 });
  await relay.send(event);
  await relay.send(event);
  await assert.rejects(relay.send(event), { code: 'relay-queue-full' });
  await using client = await openClient();
  assert.equal(await client.lLen(`${prefix}actions`), 3);
  await client.del(`${prefix}actions`);
  assert.deepEqual(await relay.send(event), {});
  await relay.close(500);
});

test('wrong options are refused, saying which, without an address in the message', () => {
  const wrong = [
    { redis: 'http://x:secret@y', prefix: '' },
    { redis: redisUrl },
    { redis: redisUrl, prefix: '{a}' },
    { redis: {}, prefix: '' },
  ];
  for (const options of wrong) {
    assert.throws(
      () => redisRelay(options as never),
      (error: Error) => {
        assert.ok(
          error instanceof TypeError &&
            /option "(redis|prefix)"/.test(error.message) &&
            !error.message.includes('secret@'),
        );
        return true;
      },
    );
  }
});
