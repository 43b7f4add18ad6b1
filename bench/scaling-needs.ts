import {
  type Costs,
  type Load,
  largest,
  nodeCores,
  type Outcome,
  place,
  shardCores,
  sum,
  type Tenants,
} from './scaling-simulation.ts';

/** What a load takes. */
export interface Needs {
  largestTenant: number;
  middleTenant: number;
  /** A second. */
  deliveries: number;
  messages: number;
  nodes: number;
  /** What it takes so many nodes for. */
  nodesBy: 'pages' | 'processor time';
  busiestNode: number;
  mostPages: number;
  mostDeliveries: number;
  duplication: number;
  /** Undefined where one tenant fills more than a shard. */
  shards: number | undefined;
  busiestShard: number;
  /** What the busiest tenant takes of a shard, in cores. */
  busiestTenant: number;
  /** Bytes a second. */
  pageBytes: number;
  redisBytes: number;
}

/** The most nodes and shards that are tried. */
const most = 20_000;

/** How many nodes and Redis shards it takes, so that none of them is over its measure. */
export function needsOf(load: Load, costs: Costs, tenants: Tenants, spread: number, random: () => number): Needs {
  const { nodes, outcome, byPages } = enoughNodes(load, costs, tenants, spread, random);
  const { shards, cores } = enoughShards(costs, tenants, outcome, random);
  const busiestTenant = tenants.rates.reduce((busiest, rate, tenant) => {
    return Math.max(busiest, (rate * (costs.appendUs + costs.publishUs * (outcome.nodesOf[tenant] ?? 0))) / 1e6);
  }, 0);
  const deliveries = sum(outcome.deliveries);
  const messages = sum(outcome.messages);
  const sorted = tenants.pages.toSorted();
  return {
    largestTenant: sorted.at(-1) ?? 0,
    middleTenant: sorted[sorted.length >> 1] ?? 0,
    ...{ deliveries, messages, nodes, nodesBy: byPages ? 'pages' : 'processor time' },
    busiestNode: largest(nodeCores(outcome, load.actions, costs)),
    mostPages: largest(outcome.nodePages),
    mostDeliveries: largest(outcome.deliveries),
    duplication: outcome.duplication,
    ...{ shards, busiestShard: largest(cores), busiestTenant },
    pageBytes: deliveries * (costs.eventBytes + costs.pageOverheadBytes),
    redisBytes: messages * (costs.eventBytes + costs.redisOverheadBytes),
  };
}

/** Most pages that a node may have: as many as fit, and as it may take. */
function roomOf({ nodeGib, pageKib, nodePages }: Costs): number {
  return Math.min(nodePages, Math.floor((nodeGib * 2 ** 20) / pageKib));
}

/** The fewest nodes, to a hundredth: more and more until they are enough, then what lies between. */
function enoughNodes(load: Load, costs: Costs, tenants: Tenants, spread: number, random: () => number) {
  const room = roomOf(costs);
  const tried = (nodes: number) => {
    const outcome = place(tenants, { nodes, spread }, random);
    const fits = largest(outcome.nodePages) <= room;
    const isIdle = largest(nodeCores(outcome, load.actions, costs)) <= costs.fill;
    return { nodes, outcome, isEnough: (fits && isIdle) || nodes > most, isIdle };
  };
  let few = Math.ceil(load.pages / room) - 1;
  let enough = tried(few + 1);
  let byPages = enough.isIdle;
  while (!enough.isEnough) {
    few = enough.nodes;
    enough = tried(Math.ceil(few * 1.5));
  }
  while (enough.nodes - few > Math.max(1, enough.nodes / 100)) {
    const between = tried((enough.nodes + few) >> 1);
    byPages &&= between.isIdle;
    if (between.isEnough) enough = between;
    else few = between.nodes;
  }
  return { ...enough, byPages };
}

function enoughShards(costs: Costs, tenants: Tenants, outcome: Outcome, random: () => number) {
  for (let shards = 1; ; shards = Math.ceil(shards * 1.1)) {
    const cores = shardCores(tenants, outcome, shards, costs, random);
    if (largest(cores) <= costs.fill) return { shards, cores };
    if (shards > tenants.rates.length) return { shards: undefined, cores };
  }
}

/** At how many times the load each resource is full, the first to break first. Nodes, shards and databases stay as many. */
export function breaksAt(
  needs: Needs,
  costs: Costs,
  { actions, databaseRows }: { actions: number; databaseRows: number },
): { what: string; times: number }[] {
  const databases = Math.ceil(actions / databaseRows / costs.fill);
  return [
    { what: "a node's processor (more actions)", times: 1 / needs.busiestNode },
    { what: "a node's pages (more pages)", times: roomOf(costs) / needs.mostPages },
    { what: "a Redis shard's processor (more actions)", times: 1 / needs.busiestShard },
    { what: 'the largest tenant on a Redis shard of its own', times: 1 / needs.busiestTenant },
    { what: 'the databases (more actions)', times: (databases * databaseRows) / actions },
  ].sort((a, b) => a.times - b.times);
}
