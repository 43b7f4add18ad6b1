/** What a figure is to reach: at least, or at most; on some versions of Node something else. */
export interface Target {
  /** What is measured against what, as the table of `docs/performance.md` says it. */
  what: string;
  /** The benchmark that measures it. */
  bench: string;
  /** `x`: a ratio; else the figure's unit. */
  unit: 'x' | 'µs' | 'ms' | 'sockets' | 'lost';
  atLeast?: number;
  atMost?: number;
  /** In place of it, by Node's major version. */
  on?: Record<string, { atLeast?: number; atMost?: number }>;
}

/** Every target, in the order of the table. A missed one is printed; it fails no run, since a time decides nothing. */
export const targets = {
  'write-rate-64': {
    bench: 'write',
    what: 'write, c=64: rate against `pool.execute`, pool of 10',
    unit: 'x',
    atLeast: 3.5,
  },
  'write-p50-64': {
    bench: 'write',
    what: 'write, c=64: p50 against `pool.execute`, pool of 10',
    unit: 'x',
    atMost: 0.35,
  },
  'write-rate-1': {
    bench: 'write',
    what: 'write, c=1: rate against `pool.execute`, pool of 10',
    unit: 'x',
    atLeast: 0.95,
  },
  'durable-rate-64': {
    bench: 'durable',
    what: 'row, relay, acknowledgement, mark, c=64: rate against at-most-once',
    unit: 'x',
    atLeast: 0.8,
  },
  'relay-rate-64-net': {
    bench: 'relay',
    what: 'relay, c=64: rate against one raw `net` connection each',
    unit: 'x',
    atLeast: 12,
  },
  'relay-rate-64-post': {
    bench: 'relay',
    what: 'relay, c=64: rate against undici’s keep-alive POST',
    unit: 'x',
    atLeast: 3.5,
  },
  'relay-rate-1-upgrade': {
    bench: 'relay',
    what: 'relay, c=1: rate against undici’s one-shot `Client.upgrade()`',
    unit: 'x',
    atLeast: 1,
  },
  'relay-rate-1-ws': { bench: 'relay', what: 'relay, c=1: rate against the `ws` client', unit: 'x', atLeast: 1.4 },
  'time-wait-lost': {
    bench: 'time-wait',
    what: 'relay without port reuse, 20,000 actions/s: actions lost',
    unit: 'lost',
    atMost: 0,
  },
  'time-wait-p99': { bench: 'time-wait', what: 'the same: p99', unit: 'ms', atMost: 50 },
  'time-wait-sockets': {
    bench: 'time-wait',
    what: 'the same: sockets in TIME_WAIT on the client',
    unit: 'sockets',
    atMost: 14_000,
  },
  'fan-out-1-ws': {
    bench: 'fan-out',
    what: 'fan-out of one event: rate against `ws.send(Buffer)`',
    unit: 'x',
    atLeast: 1.1,
  },
  'fan-out-1-socketio': {
    bench: 'fan-out',
    what: 'fan-out of one event: rate against Socket.IO’s rooms',
    unit: 'x',
    atLeast: 1.5,
  },
  'fan-out-10-ws': {
    bench: 'fan-out',
    what: 'fan-out of 10 events waiting: rate against `ws.send(Buffer)` each',
    unit: 'x',
    atLeast: 8,
  },
  'memory-ws': { bench: 'memory', what: 'memory of an idle connection against `ws`', unit: 'x', atMost: 1.15 },
  'memory-socketio': {
    bench: 'memory',
    what: 'memory of an idle connection against Socket.IO',
    unit: 'x',
    atMost: 0.5,
  },
  'end-to-end-publish': {
    bench: 'end-to-end',
    what: 'call to page at 50 actions/s: p50 against insert, then Redis PUBLISH',
    unit: 'x',
    atMost: 1.3,
  },
  'session-rate': {
    bench: 'session',
    what: 'session middleware: rate against Express with cookie-parser alone',
    unit: 'x',
    atLeast: 0.9,
  },
  'session-uncached': { bench: 'session', what: 'one session read, cookie not seen before', unit: 'µs', atMost: 4 },
  'session-cached': { bench: 'session', what: 'one session read, cookie seen before', unit: 'µs', atMost: 0.5 },
  'route-rate-64': {
    bench: 'route',
    what: 'a whole route, c=64: rate against the naive route (awaited insert, raw connection)',
    unit: 'x',
    atLeast: 2.5,
    on: { 24: { atLeast: 3.3 } },
  },
  'tenants-time': {
    bench: 'tenants',
    what: '10,000 connections of other tenants against 10: time of an action',
    unit: 'x',
    atMost: 1.05,
  },
} as const satisfies Record<string, Target>;

export type TargetId = keyof typeof targets;

/** What a target asks for on a version of Node. */
export function boundOf(id: TargetId, nodeMajor: string): { atLeast?: number; atMost?: number } {
  const target: Target = targets[id];
  return target.on?.[nodeMajor] ?? target;
}

export function isMet(id: TargetId, nodeMajor: string, value: number): boolean {
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = boundOf(id, nodeMajor);
  return value >= atLeast && value <= atMost;
}

/** `≥ 3.5 x`, `≤ 50 ms` */
export function boundText(id: TargetId, nodeMajor: string): string {
  const { atLeast, atMost } = boundOf(id, nodeMajor);
  const { unit } = targets[id];
  const value = atLeast ?? atMost ?? Number.NaN;
  return `${atLeast === undefined ? '≤' : '≥'} ${value.toLocaleString('en')} ${unit}`;
}
