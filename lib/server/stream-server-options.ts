import { z } from 'zod';
import type { OnError } from '../errors.ts';
import { callback, count, milliseconds, parseOptions, secrets, timeZone, warnOfWeakSecret } from '../options.ts';
import { heartbeatMs } from '../stream/protocol.ts';
import type { StreamLogger } from './warnings.ts';

/** Where a server listens. */
export interface ListenAddress {
  port: number;
  host: string;
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
  /** Gyroscope's `WSS_INTERNAL_KEY`; required with `compatibility`, and refused without. */
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
  /** About how long a page's connection may last, in milliseconds, give or take a tenth; default: for ever. */
  maxConnectionAgeMs?: number | undefined;
  /** Origins whose pages may connect, such as `'https://app.example.com'`; default: all, since a token is needed. */
  allowedOrigins?: readonly string[] | undefined;
  /** Where dumps and warnings are written; default `console`. Never closed. */
  logger?: StreamLogger | undefined;
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
    maxConnectionAgeMs: milliseconds.optional(),
    allowedOrigins: z.array(origin).readonly().optional(),
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
    if (!options.internalKey) refuse('internalKey', "Gyroscope's WSS_INTERNAL_KEY");
    if (!options.wssecret) refuse('wssecret', "Gyroscope's WSSECRET");
  });

/** What the wire of Gyroscope needs. */
export interface GyroscopeSecrets {
  internalKey: string;
  wssecret: string;
  timeZone: string;
}

export type CheckedStreamServerOptions = Omit<z.output<typeof schema>, (typeof gyroscopeOptions)[number]> & {
  gyroscope: GyroscopeSecrets | undefined;
};

/** @throws TypeError where an option is wrong, saying which */
export function checkStreamServerOptions(given: StreamServerOptions): CheckedStreamServerOptions {
  const {
    internalKey = '',
    wssecret = '',
    timeZone: zone = 'UTC',
    ...options
  } = parseOptions(schema, given, 'createStreamServer');
  if (!options.compatibility) return { ...options, gyroscope: undefined };
  warnOfWeakSecret('createStreamServer', 'internalKey', internalKey);
  warnOfWeakSecret('createStreamServer', 'wssecret', wssecret);
  return { ...options, gyroscope: { internalKey, wssecret, timeZone: zone } };
}
