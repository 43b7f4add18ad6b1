import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RelayQueue } from '../../lib/stream/relay-queue.ts';

/** A queue whose deliveries the test settles by hand. */
function manualQueue(
  options: { maxConnections?: number; maxBatch?: number; maxQueued?: number; maxConnectionsPerSecond?: number } = {},
) {
  const deliveries: { batch: number[]; settle: () => void; fail: (error: unknown) => void }[] = [];
  const queue = new RelayQueue<number, number>({
    maxConnections: 1,
    maxBatch: 100,
    maxQueued: 10,
    ...options,
    deliver: (batch) =>
      new Promise((resolve, reject) => {
        deliveries.push({ batch, settle: () => resolve(batch.map((item) => item * 10)), fail: reject });
      }),
  });
  return { queue, deliveries };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a lone item goes at once; what comes meanwhile goes along with the next connection', async () => {
  const { queue, deliveries } = manualQueue();
  const outcomes = [queue.add(1), queue.add(2), queue.add(3)];
  assert.deepEqual(
    deliveries.map(({ batch }) => batch),
    [[1]],
  );
  deliveries[0]?.settle();
  await turn();
  assert.deepEqual(deliveries[1]?.batch, [2, 3]);
  deliveries[1]?.settle();
  assert.deepEqual(await Promise.all(outcomes), [10, 20, 30]);
});

test('at most so many connections at a time, and so many items on each', async () => {
  const { queue, deliveries } = manualQueue({ maxConnections: 2, maxBatch: 1 });
  const outcomes = [1, 2, 3].map((item) => queue.add(item));
  assert.equal(deliveries.length, 2);
  deliveries[0]?.settle();
  await turn();
  assert.equal(deliveries.length, 3);
  for (const { settle } of deliveries) settle();
  await Promise.all(outcomes);
});

test('a further connection begins where a whole batch waits', () => {
  const { deliveries, queue } = manualQueue({ maxConnections: 2, maxBatch: 3 });
  for (let item = 1; item <= 6; item += 1) void queue.add(item);
  assert.deepEqual(
    deliveries.map(({ batch }) => batch),
    [[1], [2, 3, 4]],
  );
});

test('what waits is shared out over two connections where it is worth both', async () => {
  const { deliveries, queue } = manualQueue({ maxConnections: 2, maxQueued: 200 });
  const outcomes = Array.from({ length: 33 }, (_, item) => queue.add(item));
  assert.deepEqual(
    deliveries.map(({ batch }) => batch.length),
    [1, 32],
  );
  outcomes.push(...Array.from({ length: 90 }, (_, item) => queue.add(item)));
  for (const delivery of deliveries.splice(0)) delivery.settle();
  await turn();
  assert.deepEqual(
    deliveries.map(({ batch }) => batch.length),
    [45, 32],
  );
  while (deliveries.length > 0) {
    for (const delivery of deliveries.splice(0)) delivery.settle();
    await turn();
  }
  await Promise.all(outcomes);
});

test('a further connection begins where the one under way takes long', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const { queue, deliveries } = manualQueue({ maxConnections: 2 });
  const outcomes = [1, 2, 3].map((item) => queue.add(item));
  assert.equal(deliveries.length, 1);
  now = 5;
  t.mock.timers.tick(5);
  assert.deepEqual(deliveries[1]?.batch, [2, 3]);
  for (const { settle } of deliveries) settle();
  assert.deepEqual(await Promise.all(outcomes), [10, 20, 30]);
});

test('what is added by whoever was just answered goes together', async () => {
  const { queue, deliveries } = manualQueue();
  const again = [1, 2, 3].map((item) => queue.add(item).then((outcome) => queue.add(outcome)));
  deliveries[0]?.settle();
  await turn();
  assert.deepEqual(deliveries[1]?.batch, [2, 3, 10]);
  deliveries[1]?.settle();
  await turn();
  assert.deepEqual(deliveries[2]?.batch, [20, 30]);
  deliveries[2]?.settle();
  assert.deepEqual(await Promise.all(again), [100, 200, 300]);
});

test('what exceeds the queue is refused with a code, and the others are not', async () => {
  const { queue, deliveries } = manualQueue({ maxQueued: 1 });
  const kept = [queue.add(1), queue.add(2)];
  await assert.rejects(queue.add(3), { code: 'relay-queue-full' });
  deliveries[0]?.settle();
  await turn();
  deliveries[1]?.settle();
  assert.deepEqual(await Promise.all(kept), [10, 20]);
});

test('a failed connection fails its own items alone', async () => {
  const { queue, deliveries } = manualQueue();
  const [first, second] = [queue.add(1), queue.add(2)];
  deliveries[0]?.fail(new Error('cut'));
  await assert.rejects(first, /cut/);
  await turn();
  deliveries[1]?.settle();
  assert.equal(await second, 20);
});

test('the pace of connections is bounded, and what waits is carried on later', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const { queue, deliveries } = manualQueue({ maxConnections: 10, maxBatch: 1, maxConnectionsPerSecond: 2 });
  const outcomes = [1, 2, 3].map((item) => queue.add(item));
  assert.equal(deliveries.length, 2);
  now = 1000;
  t.mock.timers.tick(1000);
  assert.equal(deliveries.length, 3);
  for (const { settle } of deliveries) settle();
  await Promise.all(outcomes);
});

test('close waits for what is under way, and rejects what is left after its time', async () => {
  const { queue, deliveries } = manualQueue();
  const [first, second] = [queue.add(1), queue.add(2)];
  const rejected = assert.rejects(second, { code: 'closed' });
  const closed = queue.close(20);
  await closed;
  await rejected;
  deliveries[0]?.settle();
  assert.equal(await first, 10);
  await assert.rejects(queue.add(4), { code: 'closed' });
});
