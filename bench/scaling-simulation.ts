/** What is to be carried, and what things cost. Times are microseconds of one core. */
export interface Load {
  pages: number;
  tenants: number;
  /** Actions a second, of all tenants. */
  actions: number;
  /** How unequal tenants are: the n-th largest has a share of n to the power of minus this. 0: all are equal. */
  zipf: number;
  /** Share of the actions that come in proportion to a tenant's pages; the rest is the same for every tenant. */
  byPages: number;
}

export interface Costs {
  /** Memory of a page, in KiB, and what a node may use of it, in GiB. */
  pageKib: number;
  nodeGib: number;
  /** Most pages of a node, whatever memory it has: its `maxConnections`. */
  nodePages: number;
  heartbeatUs: number;
  heartbeatSeconds: number;
  /** A node: one event of a relay, at the batch that relays have. */
  relayEventUs: number;
  /** A node: one message from Redis. */
  messageUs: number;
  deliveryUs: number;
  /** Redis: to append an event and publish it, and for each node that listens. */
  appendUs: number;
  publishUs: number;
  /** Bytes of an event's text, and around it: on a page's TLS connection, and as a message of Redis. */
  eventBytes: number;
  pageOverheadBytes: number;
  redisOverheadBytes: number;
  /** How full a core may be on average: the rest is for peaks. */
  fill: number;
}

/** How tenants' pages are spread. */
export interface Placement {
  nodes: number;
  /** On how many nodes a tenant's pages are, at least: more where it is larger than these. 0: on any. */
  spread: number;
}

/** Random numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Shares of tenants, the largest first; their sum is 1. */
export function zipfShares(tenants: number, exponent: number): Float64Array {
  const shares = Float64Array.from({ length: tenants }, (_, index) => (index + 1) ** -exponent);
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

/** Whole numbers in proportion to the shares, whose sum is `total` exactly: the largest remainders are rounded up. */
export function apportion(total: number, shares: Float64Array): Uint32Array {
  const counts = Uint32Array.from(shares, (share) => Math.floor(share * total));
  const left = total - counts.reduce((sum, count) => sum + count, 0);
  const remainders = Array.from(shares, (share, index) => ({ index, rest: (share * total) % 1 }));
  remainders.sort((a, b) => b.rest - a.rest);
  for (const { index } of remainders.slice(0, left)) counts[index] = (counts[index] ?? 0) + 1;
  return counts;
}

/** Pages and actions of each tenant. */
export interface Tenants {
  pages: Uint32Array;
  /** Actions a second. */
  rates: Float64Array;
}

export function tenantsOf({ pages, tenants, actions, zipf, byPages }: Load): Tenants {
  const counts = apportion(pages, zipfShares(tenants, zipf));
  const rates = Float64Array.from(counts, (count) => actions * ((byPages * count) / pages + (1 - byPages) / tenants));
  return { pages: counts, rates };
}

/** What a placement comes to, each second. */
export interface Outcome {
  /** By node: pages, events that come in as relays, messages from Redis, deliveries. */
  nodePages: Float64Array;
  messages: Float64Array;
  deliveries: Float64Array;
  /** By tenant: on how many nodes it has pages. */
  nodesOf: Uint32Array;
  /** Messages from Redis for each event: the mean over events of the nodes that the tenant has pages on. */
  duplication: number;
}

/** Among how many places the least busy is chosen for a tenant that stays on few nodes. */
const choices = 8;

/**
 * Places each page at random, on any node or on those of its tenant, and adds up what every node gets. A tenant's nodes are
 * neighbours, as many as it is large, and the least busy of a few places at random.
 */
export function place({ pages, rates }: Tenants, { nodes, spread }: Placement, random: () => number): Outcome {
  const nodePages = new Float64Array(nodes);
  const messages = new Float64Array(nodes);
  const deliveries = new Float64Array(nodes);
  const nodesOf = new Uint32Array(pages.length);
  const here = new Uint32Array(nodes);
  const meanPages = pages.reduce((all, count) => all + count, 0) / nodes;
  const meanDeliveries = pages.reduce((all, count, tenant) => all + count * (rates[tenant] ?? 0), 0) / nodes;
  const busyness = (first: number, width: number) => {
    let most = 0;
    for (let step = 0; step < width; step += 1) {
      const node = (first + step) % nodes;
      most = Math.max(most, (deliveries[node] ?? 0) / meanDeliveries + (nodePages[node] ?? 0) / meanPages);
    }
    return most;
  };
  const widthOf = (count: number, rate: number) => {
    if (spread === 0) return nodes;
    const parts = Math.max(count / meanPages, (count * rate) / meanDeliveries);
    return Math.min(nodes, Math.max(spread, Math.ceil(4 * parts)));
  };
  const beginOf = (width: number) => {
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (let choice = 0; choice < (width === nodes ? 1 : choices); choice += 1) {
      const first = Math.floor(random() * nodes);
      const busy = busyness(first, width);
      if (busy < least) [best, least] = [first, busy];
    }
    return best;
  };
  for (const [tenant, count] of pages.entries()) {
    const rate = rates[tenant] ?? 0;
    const width = widthOf(count, rate);
    const first = beginOf(width);
    here.fill(0);
    for (let page = 0; page < count; page += 1) {
      const node = (first + Math.floor(random() * width)) % nodes;
      here[node] = (here[node] ?? 0) + 1;
    }
    for (let step = 0; step < width; step += 1) {
      const node = (first + step) % nodes;
      const some = here[node] ?? 0;
      if (some === 0) continue;
      nodesOf[tenant] = (nodesOf[tenant] ?? 0) + 1;
      nodePages[node] = (nodePages[node] ?? 0) + some;
      messages[node] = (messages[node] ?? 0) + rate;
      deliveries[node] = (deliveries[node] ?? 0) + rate * some;
    }
  }
  const events = rates.reduce((sum, rate) => sum + rate, 0);
  return { nodePages, messages, deliveries, nodesOf, duplication: sum(messages) / events };
}

/** How busy each node is, in cores: relays fall on all nodes in turn. */
export function nodeCores(outcome: Outcome, actions: number, costs: Costs): Float64Array {
  const { nodePages, messages, deliveries } = outcome;
  const relayed = actions / nodePages.length;
  return nodePages.map((pages, node) => {
    const beats = (pages / costs.heartbeatSeconds) * costs.heartbeatUs;
    const told = (messages[node] ?? 0) * costs.messageUs + (deliveries[node] ?? 0) * costs.deliveryUs;
    return (beats + told + relayed * costs.relayEventUs) / 1e6;
  });
}

/** How busy each Redis shard is, in cores: a tenant is on one shard, whichever its name falls on. */
export function shardCores(
  { rates }: Tenants,
  { nodesOf }: Outcome,
  shards: number,
  { appendUs, publishUs }: Costs,
  random: () => number,
): Float64Array {
  const cores = new Float64Array(shards);
  for (const [tenant, rate] of rates.entries()) {
    const shard = Math.floor(random() * shards);
    cores[shard] = (cores[shard] ?? 0) + (rate * (appendUs + publishUs * (nodesOf[tenant] ?? 0))) / 1e6;
  }
  return cores;
}

export function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

export function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
