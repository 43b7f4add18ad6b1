/*
 * How many nodes, Redis shards and database rows a load takes, and what breaks first. A simulation for your own figures:
 *
 *   npm run scale -- --pages 1e6 --tenants 1e4 --actions 5e4
 *   npm run scale -- --help
 *
 * Formulas, and which of the figures are measured, are in docs/scaling.md.
 */
import { Command } from 'commander';
import { breaksAt, needsOf } from './scaling-needs.ts';
import { type Costs, type Load, randomFrom, tenantsOf } from './scaling-simulation.ts';

const number = (text: string) => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new TypeError(`${text} is no number from 0 up`);
  return value;
};

const command = new Command('scale').description(
  'how many nodes, Redis shards and rows a load takes; see docs/scaling.md',
);
const flag = (name: string, usual: number, what: string) => command.option(`--${name} <number>`, what, number, usual);
flag('pages', 1e6, 'pages that are connected at the same time');
flag('tenants', 1e4, 'tenants');
flag('actions', 5e4, 'actions a second');
flag('zipf', 0.5, 'how unequal tenants are: the n-th has a share of n^-zipf; 0: all are equal');
flag(
  'by-pages',
  1,
  'share of the actions that is in proportion to the pages of a tenant; the rest is the same for all',
);
flag('spread', 0, 'on how many nodes a tenant is at least; 0: its pages are anywhere');
flag('busy-hours', 8, 'hours a day for which the load lasts');
flag('page-kib', 20, 'memory of a page, KiB');
flag('node-gib', 1, 'memory for pages on a node, GiB');
flag('node-pages', 1e4, 'most pages of a node (its maxConnections)');
flag('heartbeat-us', 40, 'a page for one heartbeat, µs');
flag('heartbeat-seconds', 25, 'time between heartbeats, s');
flag('relay-event-us', 130, 'a node: an event of a relay, at ten events a relay, µs');
flag('message-us', 110, 'a node: a message from Redis, µs');
flag('delivery-us', 13, 'a node: a delivery, µs');
flag('append-us', 90, 'Redis: to append an event, µs');
flag('publish-us', 2.5, 'Redis: for each node that listens, µs');
flag('event-bytes', 240, 'an event on a page’s socket, bytes');
flag('page-overhead-bytes', 70, 'around it: frame, TLS, TCP and IP, bytes');
flag('redis-overhead-bytes', 100, 'around it from Redis to a node, bytes');
flag('row-bytes', 550, 'a row of the table with its indexes, bytes');
flag('database-rows', 2e4, 'rows a second that one database takes');
flag('fill', 0.5, 'how busy a core may be on average');
flag('seed', 1, 'seed of the random numbers');
command.parse();
type Flags = Load & Costs & { spread: number; busyHours: number; rowBytes: number; databaseRows: number; seed: number };
const flags = command.opts<Flags>();

const tenants = tenantsOf(flags);
const random = randomFrom(flags.seed);
const needs = needsOf(flags, flags, tenants, flags.spread, random);

const short = (value: number) => Intl.NumberFormat('en', { maximumSignificantDigits: 3 }).format(value);
const bits = (bytes: number) => `${short((bytes * 8) / 1e9)} Gbit/s`;
const rows = flags.actions * 3600 * flags.busyHours;
const lines: [what: string, value: string][] = [
  ['pages of the largest tenant, of the middle one', `${short(needs.largestTenant)}, ${short(needs.middleTenant)}`],
  ['deliveries a second', `${short(needs.deliveries)} (${short(needs.deliveries / flags.actions)} for each action)`],
  [
    'nodes',
    needs.busiestNode > flags.fill
      ? `none are enough: ${short(needs.nodes)} were tried`
      : `${needs.nodes} (by ${needs.nodesBy})`,
  ],
  [
    'busiest node: cores, pages, deliveries a second',
    [needs.busiestNode, needs.mostPages, needs.mostDeliveries].map(short).join(', '),
  ],
  ['nodes that an event goes to (duplication)', short(needs.duplication)],
  ['messages a second, Redis to nodes', short(needs.messages)],
  [
    'Redis shards',
    needs.shards === undefined ? 'none are enough: one tenant alone fills more than a shard' : `${needs.shards}`,
  ],
  ['busiest shard, busiest tenant: cores', [needs.busiestShard, needs.busiestTenant].map(short).join(', ')],
  ['network: nodes to pages, Redis to nodes', [needs.pageBytes, needs.redisBytes].map(bits).join(', ')],
  ['rows a second, a day', `${short(flags.actions)}, ${short(rows)}`],
  [
    'databases, and disk a day',
    `${Math.ceil(flags.actions / flags.databaseRows / flags.fill)}, ${short((rows * flags.rowBytes) / 1e9)} GB`,
  ],
];
for (const [what, value] of lines) console.log(`${what.padEnd(50)} ${value}`);

console.log('\nat how many times this load each is full, with these nodes, shards and databases:');
for (const { what, times } of breaksAt(needs, flags, flags)) console.log(`  ${what.padEnd(48)} ${times.toFixed(1)}`);
