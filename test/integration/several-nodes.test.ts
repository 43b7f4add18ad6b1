import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FaultDatabase, sharedDatabase } from '../faults/database.ts';
import { type FaultPage, openPage } from '../faults/page.ts';
import { type Child, startChild } from '../faults/processes.ts';
import { faultsOf, type Line, printTable, reconcile } from '../faults/reconcile.ts';
import { until } from '../faults/stand.ts';
import { Writer } from '../faults/writer.ts';
import { type OwnRedis, ownRedis } from '../support/own-redis.ts';
import { balancer } from './balancer.ts';

const secret = 'a-secret-of-these-nodes-of-over-thirty-two-bytes';

interface Stand extends AsyncDisposable {
  redis: OwnRedis;
  nodes: Child[];
  pages: FaultPage[];
  startNode(): Promise<void>;
  /** Takes a node out of the balancer. */
  takeOut(node: Child): void;
  write(count: number): Promise<void>;
  writeDuring(work: () => Promise<void>): Promise<void>;
  connected(): Promise<void>;
  settle(scenario: string): Promise<Line>;
}

/** Three nodes behind a balancer, a Redis, an application server, and pages of two tenants. */
async function stand(database: FaultDatabase): Promise<Stand> {
  const redis = await ownRedis();
  const behind = await balancer();
  const nodes: Child[] = [];
  const startNode = async () => {
    const node = await startChild('test/integration/stream-node.ts', [], {
      NODE_REDIS: redis.url,
      NODE_SECRET: secret,
    });
    nodes.push(node);
    behind.targets.push(node.port);
  };
  const takeOut = (node: Child) => {
    nodes.splice(nodes.indexOf(node), 1);
    behind.targets.splice(behind.targets.indexOf(node.port), 1);
  };
  await Promise.all([startNode(), startNode(), startNode()]);
  const stream = {
    url: `http://127.0.0.1:${behind.port}`,
    publicUrl: `ws://127.0.0.1:${behind.port}`,
    secrets: [secret],
    timeoutMs: 1000,
  };
  const announcer = { sweepAfterMs: 2100, sweepEveryMs: 500, leaseMs: 2000, retryWithinMs: 900 };
  const given = { database: database.url, secret, port: 0, options: { stream, announcer } };
  const app = await startChild('test/faults/app.ts', [], { FAULT_APP: JSON.stringify(given) });
  const origin = `http://127.0.0.1:${app.port}`;
  const writer = new Writer();
  await writer.signIn(origin);
  const pages: FaultPage[] = [];
  for (const [gsid, userid] of [1, 2, 3, 4, 5, 6].map((n) =>
    n % 3 ? (['1', `${10 + n}`] as const) : (['2', `${10 + n}`] as const),
  )) {
    pages.push(await openPage(origin, gsid, userid));
  }
  const connected = () => until(() => pages.every(({ client }) => client.status === 'open'));
  await connected();
  const line = async (scenario: string) => reconcile(scenario, await database.rows(), pages, writer.written, 0);
  return {
    ...{ redis, nodes, pages, startNode, takeOut, connected },
    write: (count) => writer.write(origin, count),
    writeDuring: (work) => writer.writeDuring(origin, work),
    async settle(scenario) {
      await until(async () => {
        const { expected, delivered, unmarked } = await line(scenario);
        return delivered === expected && unmarked === 0;
      }, 40_000).catch(() => undefined); // the table says what is missing
      const last = await line(scenario);
      printTable([last]);
      assert.deepEqual(faultsOf(last), [], scenario);
      for (const { gsid, raw } of pages) assert.ok(raw.every(({ event }) => event.gsid === gsid));
      return last;
    },
    async [Symbol.asyncDispose]() {
      for (const { client } of pages) client.close();
      for (const child of [app, ...nodes]) await child[Symbol.asyncDispose]();
      await behind[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
    },
  };
}

test('three nodes: one killed with -9 under load, and another one started', async () => {
  await using database = await sharedDatabase();
  await using made = await stand(database);
  await made.writeDuring(async () => {
    await made.write(40);
    const [victim] = made.nodes;
    assert.ok(victim);
    await victim.kill(); // the balancer finds out by itself
    await made.write(40);
    made.takeOut(victim);
    await made.startNode();
    await made.connected();
    await made.write(20);
  });
  await made.settle('node killed -9');
  const greetings = made.pages.flatMap((page) => page.greetings);
  assert.ok(greetings.includes(true), 'a page came back to another node, and got what it had missed');
  assert.ok(!greetings.includes(false), 'and none had to ask the application server');
});

test('three nodes: Redis killed and started again under load', async () => {
  await using database = await sharedDatabase();
  await using made = await stand(database);
  const closed: unknown[] = [];
  for (const { client } of made.pages) client.on('close', (event) => closed.push(event));
  await made.writeDuring(async () => {
    await made.write(40);
    await made.redis.kill();
    await made.write(40);
    await made.redis.start();
    await until(() => made.pages.every(({ greetings }) => greetings.includes(false)));
    await made.write(20);
  });
  await made.settle('Redis restarted');
  assert.deepEqual(closed, [], 'every page has kept its connection');
  for (const { greetings, caughtUp } of made.pages) {
    assert.ok(greetings.includes(false), 'the page was told that it may have missed something');
    assert.ok(caughtUp.length > 0, 'and asked the application server for it');
  }
});

test('three nodes: a rolling restart under load', async () => {
  await using database = await sharedDatabase();
  await using made = await stand(database);
  await made.writeDuring(async () => {
    for (const node of [...made.nodes]) {
      await made.write(20);
      made.takeOut(node);
      node.process.kill('SIGTERM');
      await made.write(10);
      assert.equal(await node.ended, null, 'it ended in order');
      await made.startNode();
      await made.connected();
    }
    await made.write(20);
  });
  await made.settle('rolling restart');
  assert.ok(
    !made.pages.flatMap(({ greetings }) => greetings).includes(false),
    'nobody had to ask the application server',
  );
});
