import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ActionlogError } from '../../../lib/errors.ts';
import { ownRedis } from '../../support/own-redis.ts';
import { newPrefix, openClient, redisUrl } from '../../support/redis.ts';
import { eventOf, fill, recidsAfter, until } from '../engine-contract.ts';
import { type StartedEngine, startedEngine } from './engines.ts';

const codes = ({ sink }: StartedEngine) => sink.errors.map((error) => (error as ActionlogError).code);
const follow = ({ engine }: StartedEngine, gsid: string) => {
  engine.joined?.({ gsid, userid: '7', sid: 1 }, false);
  return engine.begin(gsid);
};

describe('Redis that is away', () => {
  test('is told once, refuses at once what is appended, and goes on when it is back', async () => {
    await using redis = await ownRedis();
    await using node = await startedEngine({ redis: redis.url, prefix: '', timeoutMs: 600_000 }); // nothing waits for it
    await follow(node, '1');
    await redis.kill();
    await until(() => !node.engine.ready);
    await assert.rejects(async () => node.engine.append(eventOf('1')), { code: 'redis-unreachable' });
    await until(() => codes(node).length > 0);
    await redis.start();
    await until(() => node.engine.ready);
    await node.engine.append(eventOf('1', { recid: 'after' }));
    await until(() => node.sink.recids().includes('after'));
    assert.deepEqual(codes(node), ['engine-away', 'engine-back']);
  });

  test('that hangs fails in time, is not ready, and is caught up with', async () => {
    await using redis = await ownRedis();
    await using node = await startedEngine({ redis: redis.url, prefix: '', timeoutMs: 300 });
    await follow(node, '1');
    redis.freeze();
    await assert.rejects(async () => node.engine.append(eventOf('1', { recid: 'late' })), { code: 'redis-timeout' });
    await until(() => !node.engine.ready);
    redis.thaw();
    await until(() => node.engine.ready);
    await fill(node.engine, '1', 1, 3);
    await until(() => node.sink.recids().includes('3'));
    // the one that was given up came through all the same: whoever sent it sends it again
    const { offset } = (await node.engine.begin('1')).newest;
    assert.deepEqual(
      node.sink.events.map((event) => event.offset),
      Array.from({ length: offset }, (_, n) => n + 1),
    );
    assert.deepEqual(node.sink.lostOf, []);
  });
});

describe('Redis that begins anew', () => {
  test('restarted on its data: another epoch, no place of before is recovered, pages are told of the gap', async () => {
    await using redis = await ownRedis('--appendfsync', 'always');
    await using node = await startedEngine({ redis: redis.url, prefix: 'x_' });
    const { newest: empty } = await follow(node, '1');
    await fill(node.engine, '1', 1, 3);
    await until(() => node.sink.events.length === 3);
    const { newest } = await node.engine.begin('1');
    assert.equal(newest.epoch, empty.epoch);
    await redis.kill();
    await redis.start();
    await until(() => node.sink.lostOf.includes('0') && node.sink.lostOf.includes('1'));
    await until(() => node.engine.ready);
    const again = await node.engine.begin('1');
    assert.notEqual(again.newest.epoch, newest.epoch);
    assert.equal(again.newest.offset, 0);
    await fill(node.engine, '1', 4, 6);
    await until(() => node.sink.events.length === 6);
    for (const place of [newest, empty]) assert.equal(await recidsAfter(node.engine, '1', place), false);
    assert.deepEqual(await recidsAfter(node.engine, '1', again.newest), ['4', '5', '6']);
    assert.deepEqual(node.sink.recids(), ['1', '2', '3', '4', '5', '6']);
  });

  test('emptied: the same, with the next event', async () => {
    await using redis = await ownRedis();
    await using node = await startedEngine({ redis: redis.url, prefix: 'x_' });
    await follow(node, '1');
    await fill(node.engine, '1', 1, 3);
    await until(() => node.sink.events.length === 3);
    const { newest } = await node.engine.begin('1');
    await using client = await openClient(redis.url);
    await client.flushAll();
    await fill(node.engine, '1', 4, 6);
    await until(() => node.sink.events.length === 6);
    assert.deepEqual([node.sink.recids(), node.sink.lostOf], [['1', '2', '3', '4', '5', '6'], ['1']]);
    assert.deepEqual(
      node.sink.events.map(({ offset }) => offset),
      [1, 2, 3, 1, 2, 3],
    );
    assert.equal(await recidsAfter(node.engine, '1', newest), false);
    assert.equal(await recidsAfter(node.engine, '1', { since: Date.now() - 60_000 }), false);
  });

  test('a replica that takes over with offsets of before never passes for the same life', async () => {
    await using primary = await ownRedis();
    await using replica = await ownRedis('--replicaof', '127.0.0.1', String(primary.port));
    await using first = await startedEngine({ redis: primary.url, prefix: 'x_' });
    await follow(first, '1');
    await fill(first.engine, '1', 1, 2);
    await using client = await openClient(replica.url);
    await until(async () => (await client.keys('*:events')).length > 0 && (await client.xLen('x_{1}:events')) === 2);
    await client.sendCommand(['REPLICAOF', 'NO', 'ONE']); // what comes to the primary from here on is lost
    await fill(first.engine, '1', 3, 4);
    await until(() => first.sink.events.length === 4);
    const { newest } = await first.engine.begin('1');
    assert.equal(newest.offset, 4);
    await using second = await startedEngine({ redis: replica.url, prefix: 'x_' });
    for (let recid = 3; recid <= 6; recid += 1) await second.engine.append(eventOf('1', { recid: `other ${recid}` }));
    for (let offset = 0; offset <= 4; offset += 1) {
      assert.equal(await recidsAfter(second.engine, '1', { ...newest, offset }), false, `offset ${offset}`);
    }
  });
});

describe('a gap', () => {
  test('in what the channel has told is seen by the offset, and filled from the stream', async () => {
    const prefix = newPrefix();
    await using node = await startedEngine({ redis: redisUrl, prefix });
    await using other = await startedEngine({ redis: redisUrl, prefix });
    await follow(node, '1');
    await using client = await openClient();
    for (let round = 0; round < 5; round += 1) {
      const sending = fill(other.engine, '1', 20 * round, 20 * round + 19);
      await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
      await sending;
    }
    await until(() => node.engine.ready && node.sink.events.length >= 100);
    assert.deepEqual(
      node.sink.recids(),
      Array.from({ length: 100 }, (_, index) => String(index)),
    );
    assert.deepEqual(node.sink.lostOf, []);
    assert.ok(node.engine.stats.fills > 0);
  });

  test('that the stream does not reach over any more is told', async () => {
    const prefix = newPrefix();
    await using node = await startedEngine({ redis: redisUrl, prefix });
    await using other = await startedEngine(
      { redis: redisUrl, prefix },
      { maxEvents: 2, maxBytes: 1e6, maxTotalBytes: 1e7, maxAgeMs: 60_000 },
    );
    await follow(node, '1');
    await using client = await openClient();
    // as where the connection was lost: some messages do not come
    await client.hSet(`${prefix}{1}:meta`, { offset: '10' });
    await fill(other.engine, '1', 1, 3);
    await until(() => node.sink.events.length > 0 || node.sink.lostOf.length > 0);
    await fill(other.engine, '1', 4, 4);
    await until(() => node.sink.recids().includes('4'));
    assert.deepEqual(node.sink.lostOf, ['1']);
  });
});

test('garbage on a channel stops nobody', async () => {
  const prefix = newPrefix();
  await using node = await startedEngine({ redis: redisUrl, prefix });
  const { newest } = await follow(node, '1');
  await using client = await openClient();
  const epoch = newest.epoch.split('-')[0];
  const texts = ['', 'x', '! 5 {', '! 5 {"sid":"x"}', `${epoch} 0 [1]`, `${epoch} x [1]`, 'a 5 {}'];
  for (const text of texts) {
    for (const name of ['{1}:events', '{0}:events', '{0}:revoked']) await client.sPublish(`${prefix}${name}`, text);
  }
  await fill(node.engine, '1', 1, 1);
  await until(() => node.sink.recids().includes('1'));
  assert.deepEqual([node.sink.errors, node.sink.revoked], [[], []]);
});
