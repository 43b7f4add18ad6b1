import { z } from 'zod';
import type { MysqlDatabase } from './action/mysql-store.ts';
import type { ActionStore } from './action/store.ts';
import { type WriterBounds, writerSchema } from './action/writer-bounds.ts';
import type { OnError } from './errors.ts';
import {
  callback,
  count,
  httpUrl,
  milliseconds,
  parseOptions,
  secrets,
  timeZone,
  warnOfWeakSecret,
} from './options.ts';
import type { Session, SessionFunction } from './session/session.ts';
import type { RelayWay } from './stream/relay-way.ts';

/** How this process announces, and where its pages find the streaming server. */
export interface StreamOptions {
  /**
   * Address of the streaming server as this process reaches it: `http://127.0.0.1:9999`, or with the path that it is
   * attached on, `http://127.0.0.1:3000/actionlog`.
   */
  url?: string | undefined;
  /** Shared with the streaming server, at least 32 bytes each; the first signs, all are taken. */
  secrets?: string[] | undefined;
  /**
   * Address of the streaming server as pages reach it: `wss://app.example.com/actionlog`, or a path on the page's own
   * host. Default: `url`, with the host of the page's request where `url` names a loopback host.
   */
  publicUrl?: string | undefined;
  /** `relay` (default): each event goes to the streaming server at once. `poll`: entries wait for a polling server. */
  mode?: 'relay' | 'poll' | undefined;
  /** Another way of relaying than to `url`: `redisRelay({ redis, prefix })` of `express-actionlog/redis`. */
  relay?: RelayWay | undefined;
  /** Gyroscope's `WSS_INTERNAL_KEY`, with `compatibility` alone; empty means its legacy mode: entries wait. */
  internalKey?: string | undefined;
  /** Gyroscope's `$wssecret`, with `compatibility` alone. */
  wssecret?: string | undefined;
  /** The time zone of Gyroscope's keys, with `compatibility` alone: the same on both sides. Default `UTC`. */
  timeZone?: string | undefined;
  /** Budget for making a connection to the streaming server. Default 100. */
  connectTimeoutMs?: number | undefined;
  /** Budget for one relay in all. Default 2,000. */
  timeoutMs?: number | undefined;
  /** Most connections to the streaming server at a time. Default 2. */
  maxConnections?: number | undefined;
  /**
   * Keeps connections open between relays, for the lowest latency. Default false: each relay has a connection of its own.
   * The streaming server must allow it with `relayKeepAliveMs`, and ends each connection where it does not. On
   * Gyroscope's wire it is refused.
   */
  keepAlive?: boolean | undefined;
  /** Most events that wait for a connection; what exceeds it is deferred. Default 10,000. */
  maxQueued?: number | undefined;
  /** Most connections a second on Gyroscope's wire, where the sender's ports stay in TIME_WAIT. Default 200. */
  maxConnectionsPerSecond?: number | undefined;
}

/** How what could not be announced at once is announced later. Times are in milliseconds. */
export interface AnnouncerBounds {
  /**
   * Only entries older than this are swept: more than `retryWithinMs` and `stream.timeoutMs` together, so that no process
   * still tries them itself. Default 10,000.
   */
  sweepAfterMs?: number | undefined;
  /** Entries older than this are marked and counted, not announced. Default 3,600,000. */
  announceWithinMs?: number | undefined;
  /** Time between two looks at the table, give or take a fifth. Default 5,000. */
  sweepEveryMs?: number | undefined;
  /** How long the lease of an app server that dies keeps the others from sweeping. Default 30,000. */
  leaseMs?: number | undefined;
  /** How long a relay that failed is tried again from memory, from when the entry was written. Default 6,000. */
  retryWithinMs?: number | undefined;
  /** Most events that wait in memory to be tried again; what exceeds it is left to the sweep. Default 10,000. */
  maxRetryEvents?: number | undefined;
  /** Most bytes that wait in memory to be tried again. Default 8,388,608. */
  maxRetryBytes?: number | undefined;
}

/** Options of `createActionlog`. Unknown ones are refused. */
export interface ActionlogOptions {
  /**
   * Where entries are kept: `mysql://user@host/name`, a mysql2 pool or connection (never closed by us),
   * `sqlite:./actionlog.db`, or a store of your own.
   */
  database: string | MysqlDatabase | ActionStore;
  /** Who is acting: `signedSession(…)`, `gyroscopeSession(…)`, or a function of your own sign-in. */
  session: Session | SessionFunction;
  /** Left out: entries are kept, nothing is announced. */
  stream?: StreamOptions | undefined;
  /**
   * `at-least-once` (default): an entry stands with `wssdone=0` until its event is acknowledged. `at-most-once`
   * (default with `compatibility`): Gyroscope's own way, `wssdone=1` from the start.
   */
  delivery?: 'at-least-once' | 'at-most-once' | undefined;
  /** How what could not be announced at once is announced later, under at-least-once delivery. */
  announcer?: AnnouncerBounds | undefined;
  /** `gyroscope`: rows, relay and browser keys exactly as Gyroscope's PHP has them. */
  compatibility?: 'gyroscope' | undefined;
  /** The table's name. Default `actionlog`. */
  table?: string | undefined;
  /** Name of the tenant column. Default `gsid`. */
  tenantColumn?: string | undefined;
  /**
   * How entries are written that come while others are being written: what goes together, what waits, and what becomes
   * of more than that. For a store of your own it has no meaning.
   */
  writer?: WriterBounds | undefined;
  /**
   * Header whose value ties a request's entries together, as their `correlation`: at most 64 printable characters, else
   * it is ignored. Whoever sends the request may have made it up. False for none. Default `X-Request-Id`.
   */
  correlationHeader?: string | false | undefined;
  /** Where `requireActor` and `requireGroup` send pages of people who are not signed in. Default: a 401. */
  signInUrl?: string | undefined;
  /** Told of every failure that nobody awaits. Default: printed to the console. */
  onError?: OnError | undefined;
}

const streamSchema = z.strictObject({
  url: httpUrl.optional(),
  secrets: secrets.optional(),
  publicUrl: z
    .string()
    .refine((url) => /^(\/|(https?|wss?):\/\/)/.test(url), 'a ws(s) or http(s) address, or a path that begins with "/"')
    .optional(),
  mode: z.enum(['relay', 'poll']).default('relay'),
  relay: z
    .custom<RelayWay>(
      (value) => typeof (value as RelayWay | null | undefined)?.open === 'function',
      'redisRelay({ redis, prefix }) of express-actionlog/redis',
    )
    .optional(),
  internalKey: z.string().optional(),
  wssecret: z.string().optional(),
  timeZone: timeZone.default('UTC'),
  connectTimeoutMs: milliseconds.default(100),
  timeoutMs: milliseconds.default(2000),
  maxConnections: count.default(2),
  keepAlive: z.boolean().default(false),
  maxQueued: count.default(10_000),
  maxConnectionsPerSecond: count.default(200),
});

const announcerSchema = z.strictObject({
  sweepAfterMs: milliseconds.default(10_000),
  announceWithinMs: milliseconds.default(3_600_000),
  sweepEveryMs: milliseconds.default(5000),
  leaseMs: milliseconds.min(2000).default(30_000),
  retryWithinMs: milliseconds.default(6000),
  maxRetryEvents: count.default(10_000),
  maxRetryBytes: count.default(8_388_608),
});

const session = z.custom<Session | SessionFunction>(
  (value) => typeof value === 'function' || typeof (value as Session | null | undefined)?.read === 'function',
  'signedSession({ secrets }), gyroscopeSession({ saltroot }) or a function (req) => user',
);

const schema = z
  .strictObject({
    database: z.custom<ActionlogOptions['database']>(
      (value) => (typeof value === 'object' && value !== null) || (typeof value === 'string' && value !== ''),
      'an address such as "mysql://app@127.0.0.1/erp" or "sqlite:./actionlog.db", a mysql2 pool or connection, or a store',
    ),
    session,
    stream: streamSchema.optional(),
    delivery: z.enum(['at-least-once', 'at-most-once']).optional(),
    announcer: announcerSchema.default(() => announcerSchema.parse({})),
    compatibility: z.literal('gyroscope').optional(),
    table: z.string().min(1).default('actionlog'),
    tenantColumn: z.string().min(1).default('gsid'),
    writer: writerSchema.default(() => writerSchema.parse({})),
    correlationHeader: z
      .union([z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/), z.literal(false)], 'the name of a header, or false')
      .default('X-Request-Id'),
    signInUrl: z.string().min(1).optional(),
    onError: callback<OnError>().optional(),
  })
  .superRefine(({ stream, compatibility, announcer }, context) => {
    if (!stream) return;
    const { retryWithinMs } = announcer;
    if (announcer.sweepAfterMs <= retryWithinMs + stream.timeoutMs) {
      const message = `more than announcer.retryWithinMs (${retryWithinMs}) and stream.timeoutMs (${stream.timeoutMs}) together: what a process still tries itself must not be swept by another`;
      context.addIssue({ code: 'custom', path: ['announcer', 'sweepAfterMs'], message });
    }
    const missing = (name: keyof StreamOptions, message: string) =>
      context.addIssue({ code: 'custom', path: ['stream', name], message });
    if (compatibility) {
      if (stream.keepAlive) missing('keepAlive', "false: a connection of Gyroscope's wire carries one action");
      if (stream.internalKey === undefined && !stream.relay)
        missing('internalKey', "Gyroscope's WSS_INTERNAL_KEY; empty for its legacy mode");
      if (!stream.wssecret) missing('wssecret', "Gyroscope's $wssecret");
      if (stream.internalKey && !stream.url && !stream.relay) missing('url', 'the address of the streaming server');
      return;
    }
    for (const name of ['internalKey', 'wssecret'] as const) {
      if (stream[name] !== undefined)
        missing(name, "nothing: it belongs to compatibility: 'gyroscope'; use secrets here");
    }
    if (stream.mode === 'poll' && !stream.url && !stream.publicUrl) return;
    if (!stream.secrets) missing('secrets', 'the secrets that the streaming server has as well');
    if (stream.mode === 'relay' && !stream.url && !stream.relay) missing('url', 'the address of the streaming server');
    if (stream.relay && !stream.url && !stream.publicUrl)
      missing('publicUrl', 'the address of the streaming servers as pages reach them');
  });

/** {@link ActionlogOptions} as checked, with the defaults filled in. */
export type CheckedOptions = z.output<typeof schema>;
/** {@link StreamOptions} as checked, with the defaults filled in. */
export type CheckedStreamOptions = z.output<typeof streamSchema>;

/** Checks the options. Throws a TypeError that names the option, what was expected and what was given. */
export function checkOptions(options: ActionlogOptions): CheckedOptions {
  const checked = parseOptions(schema, options, 'createActionlog');
  for (const name of ['internalKey', 'wssecret'] as const) {
    const secret = checked.stream?.[name];
    if (secret) warnOfWeakSecret('createActionlog', `stream.${name}`, secret);
  }
  return checked;
}
