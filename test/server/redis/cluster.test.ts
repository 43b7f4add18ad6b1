import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from 'ioredis';
import { createCluster } from 'redis';
import type { RedisSource } from '../../../lib/stream/redis-client.ts';
import { steadyPort } from '../../faults/processes.ts';
import { type OwnRedis, ownRedis } from '../../support/own-redis.ts';
import { newPrefix, openClient } from '../../support/redis.ts';
import { eventOf, fill, until } from '../engine-contract.ts';
import { startedEngine } from './engines.ts';

const slots = [0, 5_461, 10_923, 16_384];

/** A cluster of three, each with a third of the slots. */
async function ownCluster(): Promise<{ nodes: OwnRedis[]; [Symbol.asyncDispose](): Promise<void> }> {
  const nodes: OwnRedis[] = [];
  const ports: number[] = [];
  for (let index = 0; index < 3; index += 1) {
    const bus = await steadyPort();
    ports.push(bus);
    nodes.push(await ownRedis('--cluster-enabled', 'yes', '--cluster-port', String(bus), '--appendonly', 'no'));
  }
  for (const [index, { url }] of nodes.entries()) {
    await using client = await openClient(url);
    await client.sendCommand(['CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1)]);
    const [first = 0, next = 0] = slots.slice(index);
    await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', String(first), String(next - 1)]);
    if (index > 0) {
      const { port = 0 } = nodes[0] ?? {};
      await client.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', String(port), String(ports[0])]);
    }
  }
  for (const { url } of nodes) {
    await using client = await openClient(url);
    await until(async () => String(await client.sendCommand(['CLUSTER', 'INFO'])).includes('cluster_state:ok'), 30_000);
    await until(
      async () =>
        String(await client.sendCommand(['CLUSTER', 'NODES']))
          .trim()
          .split('\n').length === 3,
      30_000,
    );
  }
  return {
    nodes,
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node[Symbol.asyncDispose]();
    },
  };
}

test('on a cluster, with a client of either kind: tenants on different shards, tenant 0, recovery on another node', async () => {
  await using cluster = await ownCluster();
  const port = cluster.nodes[0]?.port ?? 0;
  const sources: [string, () => RedisSource][] = [
    ['node-redis', () => createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${port}` }] })],
    ['ioredis', () => new Cluster([{ host: '127.0.0.1', port }], { lazyConnect: true })],
  ];
  for (const [name, source] of sources) {
    const prefix = newPrefix();
    await using one = await startedEngine({ redis: source(), prefix });
    await using two = await startedEngine({ redis: source(), prefix });
    const gsids = Array.from({ length: 12 }, (_, index) => String(index + 1));
    const places = new Map();
    for (const gsid of gsids) {
      two.engine.joined?.({ gsid, userid: '7', sid: 1 }, false);
      places.set(gsid, (await two.engine.begin(gsid)).newest);
    }
    for (const gsid of gsids) await fill(one.engine, gsid, 1, 5);
    await one.engine.append(eventOf('0', { recid: 'all' }));
    await until(() => two.sink.events.length === 61);
    for (const gsid of gsids) {
      const { recovered, missed } = await one.engine.begin(gsid, places.get(gsid));
      assert.deepEqual(
        [recovered, missed.map(({ recid }) => recid).sort()],
        [true, ['1', '2', '3', '4', '5', 'all']],
        name,
      );
    }
    assert.deepEqual([two.sink.errors, two.sink.lostOf], [[], []], name);
  }
  const sizes = [];
  for (const { url } of cluster.nodes) {
    await using client = await openClient(url);
    sizes.push(await client.dbSize());
  }
  assert.ok(
    sizes.every((size) => size > 0),
    `each shard has keys: ${sizes}`,
  );
});
