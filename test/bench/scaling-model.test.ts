import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { breaksAt, needsOf } from '../../bench/scaling-needs.ts';
import {
  apportion,
  type Costs,
  type Load,
  largest,
  place,
  randomFrom,
  shardCores,
  sum,
  tenantsOf,
  zipfShares,
} from '../../bench/scaling-simulation.ts';

const load: Load = { pages: 20_000, tenants: 300, actions: 1_000, zipf: 0.9, byPages: 0.5 };
const costs: Costs = {
  ...{ pageKib: 20, nodeGib: 1, nodePages: 10_000, heartbeatUs: 30, heartbeatSeconds: 25, relayEventUs: 90 },
  ...{ messageUs: 100, deliveryUs: 13, appendUs: 90, publishUs: 3 },
  ...{ eventBytes: 240, pageOverheadBytes: 70, redisOverheadBytes: 100, fill: 0.5 },
};
const about = (value: number, expected: number, part = 1e-9) =>
  assert.ok(Math.abs(value - expected) <= part * Math.abs(expected), `${value} is not about ${expected}`);

describe('the simulation', () => {
  test('loses and invents nothing: pages, actions, and deliveries = the sum over events of the tenant’s pages', () => {
    for (const spread of [0, 1, 4]) {
      const tenants = tenantsOf(load);
      const outcome = place(tenants, { nodes: 17, spread }, randomFrom(7));
      assert.equal(sum(Float64Array.from(tenants.pages)), load.pages);
      about(sum(tenants.rates), load.actions);
      assert.equal(sum(outcome.nodePages), load.pages);
      about(
        sum(outcome.deliveries),
        tenants.rates.reduce((total, rate, tenant) => total + rate * (tenants.pages[tenant] ?? 0), 0),
      );
      about(
        sum(outcome.messages),
        tenants.rates.reduce((total, rate, tenant) => total + rate * (outcome.nodesOf[tenant] ?? 0), 0),
      );
      about(outcome.duplication, sum(outcome.messages) / load.actions);
      const used = sum(shardCores(tenants, outcome, 5, costs, randomFrom(1)));
      about(used, (load.actions * costs.appendUs + sum(outcome.messages) * costs.publishUs) / 1e6);
    }
  });

  test('places a tenant on as many nodes as chance would: n(1 - (1 - 1/n)^p) of n', () => {
    const nodes = 50;
    const tenants = { pages: new Uint32Array(2_000).fill(40), rates: new Float64Array(2_000).fill(1) };
    const { duplication } = place(tenants, { nodes, spread: 0 }, randomFrom(3));
    about(duplication, nodes * (1 - (1 - 1 / nodes) ** 40), 0.01);
  });

  test('a tenant is on no more nodes than it is spread over, unless it is large', () => {
    const tenants = tenantsOf({ ...load, zipf: 0 });
    const { nodesOf, duplication } = place(tenants, { nodes: 100, spread: 3 }, randomFrom(3));
    assert.equal(
      nodesOf.reduce((most, count) => Math.max(most, count), 0),
      3,
    );
    assert.ok(duplication <= 3 && duplication > 2.9);
  });

  test('Zipf’s shares fall as n^-s, and are rounded without a page too many', () => {
    const shares = zipfShares(1_000, 1);
    about(sum(shares), 1);
    about((shares[0] ?? 0) / (shares[9] ?? 1), 10);
    assert.equal(new Set(zipfShares(10, 0)).size, 1);
    for (const total of [1, 999, 123_457])
      assert.equal(
        apportion(total, shares).reduce((all, one) => all + one, 0),
        total,
      );
  });

  test('the same seed gives the same numbers, all of them from 0 to 1', () => {
    const [one, same, other] = [randomFrom(5), randomFrom(5), randomFrom(6)];
    const drawn = Array.from({ length: 10_000 }, one);
    assert.deepEqual(drawn.slice(0, 100), Array.from({ length: 100 }, same));
    assert.notDeepEqual(drawn.slice(0, 100), Array.from({ length: 100 }, other));
    assert.ok(drawn.every((value) => value >= 0 && value < 1));
    about(sum(Float64Array.from(drawn)) / drawn.length, 0.5, 0.02);
  });
});

describe('what a load takes', () => {
  const needs = (more: Partial<Load> = {}, spread = 0, cheaper: Partial<Costs> = {}) => {
    const all = { ...load, ...more };
    return needsOf(all, { ...costs, ...cheaper }, tenantsOf(all), spread, randomFrom(1));
  };

  test('no node and no shard is over its measure', () => {
    const { busiestNode, busiestShard, mostPages, nodes, shards } = needs();
    assert.ok(busiestNode <= costs.fill && busiestShard <= costs.fill && mostPages <= costs.nodePages);
    assert.ok(nodes > 1 && shards !== undefined);
  });

  test('more actions take more nodes, and tenants that stay on few nodes take less', () => {
    const [usual, busy, near] = [needs(), needs({ actions: 2_000 }), needs({}, 2)];
    assert.ok(busy.nodes > usual.nodes && near.nodes < usual.nodes && near.messages < usual.messages);
    about(near.deliveries, usual.deliveries);
  });

  test('without actions it is the pages that count', () => {
    const { nodes, nodesBy } = needs({ actions: 1, pages: 50_000 }, 0, { nodePages: 1_000 });
    assert.equal(nodesBy, 'pages');
    assert.ok(nodes >= 50 && nodes < 70);
  });

  test('one tenant that fills a shard is said, and breaks first', () => {
    const big = needs({ tenants: 1, actions: 10_000, zipf: 0 });
    assert.equal(big.shards, undefined);
    const [first] = breaksAt(big, costs, { actions: 10_000, databaseRows: 20_000 });
    assert.ok((first?.times ?? 1) < 1);
    assert.match(first?.what ?? '', /Redis shard/);
  });

  test('the largest of none is 0', () => assert.equal(largest(new Float64Array(0)), 0));
});

describe('npm run scale', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const run = (...args: string[]) =>
    execFileSync(process.execPath, ['--import', 'tsx', 'bench/scaling-model.ts', ...args], {
      cwd: root,
      encoding: 'utf8',
    });

  test('prints the table of a load, the same each time', () => {
    const args = ['--pages', '2e4', '--tenants', '200', '--actions', '500', '--spread', '2'];
    const said = run(...args);
    assert.match(said, /^nodes +\d+ \(by /m);
    assert.equal(run(...args), said);
  });

  test('has every flag that the guide names, and the defaults that it names', () => {
    const help = run('--help').replace(/\s+/g, ' ');
    const guide = readFileSync(new URL('../../docs/scaling.md', import.meta.url), 'utf8');
    const named = [...guide.matchAll(/`--([a-z-]+)`\s*\|\s*([\d.,]+)/g)];
    assert.ok(named.length > 10);
    for (const [, flag = '', value = ''] of named) {
      const usual = new RegExp(`--${flag} <number>[^]*?\\(default: ([\\d.]+)\\)`).exec(help)?.[1];
      assert.equal(usual, value.replaceAll(',', ''), `--${flag}`);
    }
  });
});
