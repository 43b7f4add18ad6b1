import { hostname } from 'node:os';
import { z } from 'zod';
import type { OnError } from '../errors.ts';
import { callback, count, milliseconds, parseOptions, secrets, timeZone, warnOfWeakSecret } from '../options.ts';
import { heartbeatMs, maxRelayBytes } from '../stream/protocol.ts';
import type { ActionSource } from './action-taker.ts';
import type { Engine } from './engine.ts';
import { type PollOptions, pollSchema } from './poll-options.ts';
import type { StreamLogger } from './stream-logger.ts';

/** Where a server listens. */
export interface ListenAddress {
  port: number;
  host: string;
}

/**
 * What the server remembers, so that a page that comes back gets what it missed; a page that comes back later than that
 * asks the application server. Bytes are counted roughly.
 */
export interface HistoryOptions {
  /** Most events of one tenant; default 1,000. */
  maxEvents?: number | undefined;
  /** Most bytes of one tenant's events; default 1,048,576. */
  maxBytes?: number | undefined;
  /** Most bytes of all tenants' events; default 67,108,864. Beyond it the oldest go first, whose ever they are. */
  maxTotalBytes?: number | undefined;
  /** How long an event is remembered, in milliseconds; default 300,000. */
  maxAgeMs?: number | undefined;
}

/** Options of `createStreamServer`. */
export interface StreamServerOptions {
  /**
   * Shared with the application servers, each at least 32 bytes: the first signs, all are taken. Required, except with
   * `compatibility`: there the default wires are closed without it.
   */
  secrets?: readonly string[] | undefined;
  /** `'gyroscope'`: takes Gyroscope's relays and browsers as well, on the same port. */
  compatibility?: 'gyroscope' | undefined;
  /**
   * Gyroscope's `WSS_INTERNAL_KEY`; required with `compatibility`, and refused without. Empty is Gyroscope's legacy mode: its
   * application servers do not relay, entries are announced by `poll`, and relays on its wire are refused.
   */
  internalKey?: string | undefined;
  /** Gyroscope's `WSSECRET`; required with `compatibility`, and refused without. */
  wssecret?: string | undefined;
  /** IANA time zone of Gyroscope's keys; default `'UTC'`. Refused without `compatibility`. */
  timeZone?: string | undefined;
  /** How far a relay's stamp may be off, either way, in milliseconds; default 60,000. */
  toleranceMs?: number | undefined;
  /** Milliseconds for a request's headers, and for a page up to Gyroscope 18.3 to introduce itself; default 10,000. */
  handshakeTimeoutMs?: number | undefined;
  /** Milliseconds for a relay to arrive, after its headers; default 5,000. */
  relayTimeoutMs?: number | undefined;
  /** Milliseconds between two heartbeats; default 25,000. A page that did not answer the last one is disconnected. */
  heartbeatMs?: number | undefined;
  /** Most pages at a time; default 10,000. Further ones get a 503. */
  maxConnections?: number | undefined;
  /** Most pages of one tenant at a time; default: no limit of its own. Further ones get a 503. */
  maxConnectionsPerTenant?: number | undefined;
  /** Most pages of one user at a time; default 100. Further ones get a 429. */
  maxConnectionsPerUser?: number | undefined;
  /** How often one user's pages may connect in a minute, all at once where they must; default 240. Then a 429. */
  maxConnectsPerMinute?: number | undefined;
  /** How many relays one secret may sign in a second, each of up to 100 events; default 5,000. Then a 429. */
  maxRelaysPerSecond?: number | undefined;
  /**
   * Most bytes of relays that have begun to arrive and are not there yet, of all together: until a relay is there,
   * nobody has proven anything. Default 67,108,864. What exceeds it gets a 503, and is sent again.
   */
  maxRelayBytesUnderWay?: number | undefined;
  /**
   * How long an idle connection of an application server that wants to keep it (`stream.keepAlive`) is kept, in
   * milliseconds. Default 0: each relay has a connection of its own, which this server ends.
   */
  relayKeepAliveMs?: number | undefined;
  /** Most bytes that wait for one page to read them; default 1,048,576. Beyond that it is disconnected, and may return. */
  maxBufferedBytes?: number | undefined;
  /** About how long a page's connection may last, in milliseconds, give or take a tenth; default: for ever. */
  maxConnectionAgeMs?: number | undefined;
  /** How much is remembered for pages that come back. */
  history?: HistoryOptions | undefined;
  /** How long `close()` may take until the last page has been told to leave, in batches; default 5,000. */
  drainMs?: number | undefined;
  /** Within how many milliseconds after `close()` pages come back, each at a random time, 5 ms for each; default 5,000. */
  returnWithinMs?: number | undefined;
  /** Origins whose pages may connect, such as `'https://app.example.com'`; default: all, since a token is needed. */
  allowedOrigins?: readonly string[] | undefined;
  /**
   * What remembers events and connects several servers: `redisEngine({ redis, prefix })` of `express-actionlog/redis`, one
   * for each server, which closes it. Default: the memory of this process, for a single server.
   */
  engine?: Engine | undefined;
  /**
   * Takes what Gyroscope's PHP, or `redisRelay()`, has pushed to a list in Redis: `redisActions({ redis, prefix })` of
   * `express-actionlog/redis`, one for each server, which closes it. Default: none.
   */
  actions?: ActionSource | undefined;
  /** Has this server announce the entries of a table by itself, as Gyroscope's polling server does. Default: no. */
  poll?: PollOptions | undefined;
  /** Where dumps and warnings are written; default `console`. Never closed. */
  logger?: StreamLogger | undefined;
  /**
   * A port for health checks and metrics alone: `GET /livez`, `/readyz` and `/metrics`, on `127.0.0.1` unless `host` says
   * otherwise. It must not be public. Opened with `listen()` or `attach()`. Default: none, and no metrics on any port.
   */
  operations?: { port: number; host?: string | undefined } | undefined;
  /** Names this server in its metrics, as the label `node`. Default: the host's name. */
  node?: string | undefined;
  /** Told of failures that nobody awaits; default: a line through `logger.error`. */
  onError?: OnError | undefined;
}

const origin = z
  .string()
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    'an origin such as "https://app.example.com", without a path',
  );

const logger = z.custom<StreamLogger>((value) => {
  const given = value as Partial<StreamLogger> | null | undefined;
  return [given?.info, given?.warn, given?.error].every((method) => typeof method === 'function');
}, 'an object with info, warn and error');

const engine = z.custom<Engine>(
  (value) => typeof (value as Engine | null | undefined)?.append === 'function',
  'redisEngine({ redis, prefix }) of express-actionlog/redis',
);

const actions = z.custom<ActionSource>(
  (value) => typeof (value as ActionSource | null | undefined)?.open === 'function',
  'redisActions({ redis, prefix }) of express-actionlog/redis',
);

const history = z.strictObject({
  maxEvents: count.default(1_000),
  maxBytes: count.default(1_048_576),
  maxTotalBytes: count.default(67_108_864),
  maxAgeMs: milliseconds.default(300_000),
});

const gyroscopeOptions = ['internalKey', 'wssecret', 'timeZone'] as const;

const schema = z
  .strictObject({
    secrets: secrets.readonly().optional(),
    compatibility: z.literal('gyroscope').optional(),
    internalKey: z.string().optional(),
    wssecret: z.string().optional(),
    timeZone: timeZone.optional(),
    toleranceMs: milliseconds.default(60_000),
    handshakeTimeoutMs: milliseconds.default(10_000),
    relayTimeoutMs: milliseconds.default(5_000),
    heartbeatMs: milliseconds.default(heartbeatMs),
    maxConnections: count.default(10_000),
    maxConnectionsPerTenant: count.optional(),
    maxConnectionsPerUser: count.default(100),
    maxConnectsPerMinute: count.default(240),
    maxRelaysPerSecond: count.default(5_000),
    maxRelayBytesUnderWay: count.min(maxRelayBytes).default(67_108_864),
    relayKeepAliveMs: milliseconds.or(z.literal(0)).default(0),
    maxBufferedBytes: count.default(1_048_576),
    maxConnectionAgeMs: milliseconds.optional(),
    drainMs: milliseconds.default(5_000),
    returnWithinMs: milliseconds.default(5_000),
    history: history.prefault({}),
    allowedOrigins: z.array(origin).readonly().optional(),
    engine: engine.optional(),
    actions: actions.optional(),
    poll: pollSchema.optional(),
    operations: z
      .strictObject({ port: z.number().int().min(0).max(65_535), host: z.string().min(1).default('127.0.0.1') })
      .optional(),
    node: z.string().min(1).max(100).default(hostname),
    logger: logger.default(() => console),
    onError: callback<OnError>().optional(),
  })
  .superRefine((options, context) => {
    const refuse = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
    if (!options.compatibility) {
      if (!options.secrets) refuse('secrets', 'a list of one or more secrets, each at least 32 bytes');
      for (const name of gyroscopeOptions) {
        if (options[name] !== undefined) refuse(name, `it only together with compatibility: 'gyroscope'`);
      }
      return;
    }
    if (options.internalKey === undefined) {
      refuse(
        'internalKey',
        "Gyroscope's WSS_INTERNAL_KEY, or '' as in its legacy mode, where no relays are taken on its wire",
      );
    }
    if (!options.wssecret) refuse('wssecret', "Gyroscope's WSSECRET");
  });

/** What the wire of Gyroscope needs. */
export interface GyroscopeSecrets {
  /** Undefined in legacy mode, where nothing is relayed: an empty key proves nothing. */
  internalKey: string | undefined;
  wssecret: string;
  timeZone: string;
}

export type CheckedStreamServerOptions = Omit<z.output<typeof schema>, (typeof gyroscopeOptions)[number]> & {
  gyroscope: GyroscopeSecrets | undefined;
};

/** @throws TypeError where an option is wrong, saying which */
export function checkStreamServerOptions(given: StreamServerOptions): CheckedStreamServerOptions {
  const {
    internalKey,
    wssecret = '',
    timeZone: zone = 'UTC',
    ...options
  } = parseOptions(schema, given, 'createStreamServer');
  if (!options.compatibility) return { ...options, gyroscope: undefined };
  if (internalKey) warnOfWeakSecret('createStreamServer', 'internalKey', internalKey);
  warnOfWeakSecret('createStreamServer', 'wssecret', wssecret);
  return { ...options, gyroscope: { internalKey: internalKey || undefined, wssecret, timeZone: zone } };
}
