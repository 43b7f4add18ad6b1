/*
 * What one node carries, as processor time and memory of its process, so that what plays pages and senders on the same
 * machine is not in the figures: memory for each page, a heartbeat, a delivery, a relay; with the Redis engine also a message
 * from another node, and what an event costs Redis by the number of nodes that listen.
 *
 *   npm run bench:one-node               2,000 pages, 100 events
 *   npm run bench:one-node -- 1000 200   other numbers
 *
 * Prints microseconds of one core, what that makes a second on a core of this machine, and each as a ratio to a delivery.
 * Ends with 1 where a page did not get every event once.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';
import { Client } from 'undici';
import WebSocket from 'ws';
import { StreamKeys } from '../lib/stream/keys.ts';
import { type Child, startChild, steadyPort } from '../test/faults/processes.ts';

const [pageCount = 2_000, eventCount = 100] = process.argv.slice(2).map(Number);
const secret = 'a secret for the benchmarks of thirty-two bytes';
const keys = new StreamKeys([secret]);
const relayCount = eventCount * 20;
const listening = [0, 8];

/** Processor time before and after the garbage was collected, which a measurement is not to pay for, and memory after it. */
interface Usage {
  cpuUs: number;
  collectedUs: number;
  rss: number;
}

async function startNode(more: object = {}): Promise<Child> {
  return await startChild('bench/one-node-child.ts', [], { BENCH_NODE: JSON.stringify({ secret, ...more }) });
}

async function usageOf(node: Child): Promise<Usage> {
  await sleep(100); // what is under way comes to its end
  const answered = once(node.process, 'message');
  node.process.send({});
  return (await answered)[0] as Usage;
}

async function cpuOf(node: Child, work: () => Promise<void>): Promise<number> {
  const before = await usageOf(node);
  await work();
  return (await usageOf(node)).cpuUs - before.collectedUs;
}

const opened: WebSocket[] = [];
let received = 0;
let wanted = 0;
let enough = () => {};

async function openPages({ port }: Child, count: number, gsidOf: (index: number) => string): Promise<void> {
  let next = 0;
  const some = async () => {
    for (let index = next++; index < count; index = next++) {
      const gsid = gsidOf(index);
      const token = await keys.issueToken({ gsid, userid: String(index + 1), login: 'page' });
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`, ['actionlog', `bearer.${token}`]);
      opened.push(socket);
      await once(socket, 'message'); // the greeting
      socket.on('message', (data: Buffer) => {
        if (!data.includes('"update"')) return;
        received += 1;
        if (received === wanted) enough();
      });
    }
  };
  await Promise.all(Array.from({ length: 16 }, some));
}

const eventOf = (gsid: string, number: number) => ({
  ...{ type: 'update', sid: 0, gsid, userid: '7', rectype: 'product', recid: String(number) },
  ...{ alogid: String(1_000_000 + number), time: Date.now(), login: 'ann@example.com' },
});

/** Sends relays of so many events each, eight at a time, each on a connection of its own. */
async function relay({ port }: Child, gsid: string, relays: number, each: number): Promise<void> {
  let next = 0;
  const some = async () => {
    for (let number = next++; number < relays; number = next++) {
      const events = Array.from({ length: each }, (_, index) => eventOf(gsid, number * each + index));
      const body = JSON.stringify({ events });
      const stamp = { id: `msg_${randomUUID()}`, timestamp: String(Math.floor(Date.now() / 1000)), body };
      const headers = {
        'webhook-id': stamp.id,
        'webhook-timestamp': stamp.timestamp,
        'webhook-signature': keys.signRelay(stamp),
      };
      const client = new Client(`http://127.0.0.1:${port}`);
      const answer = await client.request({ method: 'POST', path: '/relay', headers, body });
      const text = await answer.body.text();
      if (answer.statusCode !== 202) throw new Error(`refused with ${answer.statusCode}: ${text}`);
      await client.destroy();
    }
  };
  await Promise.all(Array.from({ length: 8 }, some));
}

/** The same, until each page of the tenant has got each event. */
async function deliver(node: Child, gsid: string, relays: number, pages: number): Promise<void> {
  received = 0;
  wanted = relays * pages;
  const all = new Promise<void>((resolve) => {
    enough = resolve;
  });
  await relay(node, gsid, relays, 1);
  if (received < wanted) await Promise.race([all, sleep(20_000, undefined, { ref: false })]);
  await sleep(50);
  if (received !== wanted) {
    console.error(`${received} deliveries, and not ${wanted}`);
    process.exitCode = 1;
  }
}

const figures: [what: string, us: number][] = [];
const add = (what: string, us: number) => figures.push([what, us]);

const node = await startNode({ heartbeatMs: 1_000 });
const empty = await usageOf(node);
await openPages(node, pageCount, () => '1');
const half = await usageOf(node);
await openPages(node, pageCount, () => '8');
const full = await usageOf(node);
const perPage = (full.rss - half.rss) / pageCount; // of the second half: what is there once is there by then
for (const socket of opened.splice(pageCount)) socket.terminate();
await relay(node, '9', relayCount, 1); // to warm up
const idleMs = 5_000;
add('a page for one heartbeat', (await cpuOf(node, () => sleep(idleMs))) / pageCount / (idleMs / 1_000));
const relayUs = (await cpuOf(node, () => relay(node, '9', relayCount, 1))) / relayCount;
add('a relay of one event', relayUs);
add('an event in a relay of 100', (await cpuOf(node, () => relay(node, '9', eventCount, 100))) / eventCount / 100);
await deliver(node, '1', eventCount / 4, pageCount);
const fanOut = (await cpuOf(node, () => deliver(node, '1', eventCount, pageCount))) / eventCount;
add('a delivery', (fanOut - relayUs) / pageCount);
for (const socket of opened.splice(0)) socket.terminate();
await node.kill();

const redisPort = await steadyPort();
const redisUrl = `redis://127.0.0.1:${redisPort}`;
const redis = spawn('redis-server', ['--port', String(redisPort), '--save', ''], { stdio: 'ignore' });
const near = { redis: redisUrl, prefix: 'bench_', heartbeatMs: 60_000 };
const [taking, showing] = [await startNode(near), await startNode(near)];
await openPages(showing, 1, () => '1');
await relay(taking, '9', relayCount, 1);
add('a relay of one event, Redis engine', (await cpuOf(taking, () => relay(taking, '9', relayCount, 1))) / relayCount);
await deliver(taking, '1', relayCount, 1);
const shown = (await cpuOf(showing, () => deliver(taking, '1', relayCount, 1))) / relayCount;
const delivery = figures.find(([what]) => what === 'a delivery')?.[1] ?? 0;
add("a message of another node's", Math.max(0, shown - delivery));

const client = await createClient({ url: redisUrl }).connect();
const redisUs = async (work: () => Promise<void>) => {
  const used = async () => {
    const text = await client.info('cpu');
    const read = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(text)?.[1]);
    return 1e6 * (read('used_cpu_user_main_thread') + read('used_cpu_sys_main_thread'));
  };
  const before = await used();
  await work();
  return (await used()) - before;
};
const costs: number[] = [];
for (const count of listening) {
  const subscribers = await Promise.all(Array.from({ length: count }, () => createClient({ url: redisUrl }).connect()));
  for (const subscriber of subscribers) await subscriber.sSubscribe('bench_{5}:events', () => undefined);
  costs.push((await redisUs(() => relay(taking, '5', relayCount, 1))) / relayCount);
  for (const subscriber of subscribers) subscriber.destroy();
}
const [alone = 0, heard = 0] = costs;
add('Redis: to append an event', alone);
add('Redis: for each node that listens', (heard - alone) / 8);
const batched = (await redisUs(() => relay(taking, '6', eventCount, 100))) / eventCount / 100;
add('Redis: to append an event of 100 in one relay', batched);
client.destroy();
for (const socket of opened.splice(0)) socket.terminate();
for (const child of [taking, showing]) await child.kill();
redis.kill();

console.log(
  `Node ${process.version}; ${pageCount} pages, ${eventCount} events; an event's text has ${JSON.stringify(eventOf('1', 1)).length} bytes`,
);
console.log(
  `memory for a page: ${(perPage / 1024).toFixed(1)} KiB, or ${Math.round(2 ** 30 / perPage)} pages in a GiB; an empty node has ${Math.round(empty.rss / 2 ** 20)} MiB`,
);
for (const [what, us] of figures) {
  const rate = Math.round(1e6 / us).toLocaleString('en');
  console.log(
    `${what.padEnd(46)} ${us.toFixed(2).padStart(8)} us  ${rate.padStart(9)} /s and core  ${(us / delivery).toFixed(1).padStart(6)} x a delivery`,
  );
}
