import { z } from 'zod';
import { count, milliseconds, parseOptions, secrets } from '../options.ts';

/** Options of {@link signedSession}. */
export interface SignedSessionOptions {
  /**
   * One or more secrets of at least 32 bytes each. The first signs; all of them are taken, and a cookie that a later one
   * signed is renewed with the first.
   */
  secrets: readonly string[];
  /**
   * Name of the cookie; default `actionlog_session`. A name that begins with `__Host-` or `__Secure-` is held to the
   * browsers' rules for it.
   */
  cookieName?: string | undefined;
  /** How long a session lasts without a request, in milliseconds; default 2 hours. */
  idleTimeoutMs?: number | undefined;
  /** How long a session lasts at most, in milliseconds; default 12 hours. */
  absoluteTimeoutMs?: number | undefined;
  /** Whether other sites' requests carry the cookie; default `lax`. `none` needs `Secure`. */
  sameSite?: 'lax' | 'strict' | 'none' | undefined;
  /**
   * Whether the cookie is for https alone. Default: always, except in development on plain http straight to this machine
   * (`localhost`, `*.localhost`, `127.0.0.0/8`, `[::1]`; no proxy's header on the request; Express's `env` is not
   * `production`).
   */
  secure?: boolean | undefined;
  /** Path below which the browser sends the cookie; default `/`. */
  path?: string | undefined;
  /** Domain whose subdomains get the cookie too; default: only the host that set it. */
  domain?: string | undefined;
  /**
   * How many verified cookies are kept in memory, so that the next request with the same cookie is not verified again:
   * `max` cookies (default 10,000) of together `maxBytes` (default 16 MiB). `false` keeps none. When a session ends, and
   * whether it is revoked, is asked of every request all the same.
   */
  cache?: false | { max?: number | undefined; maxBytes?: number | undefined } | undefined;
}

/** RFC 6265, 4.1.1: cookie-name = token, as of RFC 2616. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 6265, 4.1.1: path-value = any CHAR except CTLs or ";". */
export const cookiePath = z
  .string()
  .regex(/^\/[\x20-\x3a\x3c-\x7e]*$/, 'a path such as "/" in plain characters without ";"');

const hasPrefix = (name: string, prefix: string) => name.toLowerCase().startsWith(prefix);
const isHostCookie = (name: string) => hasPrefix(name, '__host-');

/** Whether the browser refuses the cookie without `Secure`. */
export function mustBeSecure({ cookieName, sameSite }: { cookieName: string; sameSite: string }): boolean {
  return isHostCookie(cookieName) || hasPrefix(cookieName, '__secure-') || sameSite === 'none';
}

const schema = z
  .strictObject({
    secrets,
    cookieName: z.string().regex(token, 'a cookie name: letters, digits, "_" or "-"').default('actionlog_session'),
    idleTimeoutMs: milliseconds.default(2 * 3_600_000),
    absoluteTimeoutMs: milliseconds.default(12 * 3_600_000),
    sameSite: z.enum(['lax', 'strict', 'none']).default('lax'),
    secure: z.boolean().optional(),
    path: cookiePath.default('/'),
    domain: z
      .string()
      .regex(/^\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/, 'a domain such as "example.org"')
      .optional(),
    cache: z
      .union(
        [z.literal(false), z.strictObject({ max: count.default(10_000), maxBytes: count.default(16_777_216) })],
        'false, or { max, maxBytes } of positive whole numbers',
      )
      .prefault({}),
  })
  .refine((given) => given.secure !== false || !mustBeSecure(given), {
    path: ['secure'],
    error: 'true or nothing: browsers drop a cookie of sameSite "none", or named __Host- or __Secure-, without Secure',
  })
  .refine((given) => given.path === '/' || !isHostCookie(given.cookieName), {
    path: ['path'],
    error: '"/" for a cookie named __Host-',
  })
  .refine((given) => given.domain === undefined || !isHostCookie(given.cookieName), {
    path: ['domain'],
    error: 'nothing for a cookie named __Host-',
  });

/** Options with their defaults. @throws TypeError naming the option and the remedy */
export function parseSignedSessionOptions(options: SignedSessionOptions): z.output<typeof schema> {
  return parseOptions(schema, options, 'signedSession');
}
