import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { type Clock, systemClock } from '../clock.ts';
import { ActionlogError } from '../errors.ts';
import { type Actor, vouchFor } from './actor.ts';
import { insecureCookieWarning, isLocalDevelopment } from './secure-cookie.ts';
import type { Session, SessionReading } from './session.ts';
import { maxCookieBytes, putCookies } from './set-cookie.ts';
import { type SessionPayload, seal, sessionKey, unseal } from './signed-cookie.ts';
import { mustBeSecure, parseSignedSessionOptions, type SignedSessionOptions } from './signed-options.ts';
import { checkUser } from './user.ts';
import { VerifiedCookies } from './verified-cookies.ts';

export type { SignedSessionOptions } from './signed-options.ts';

/** How far ahead another server's clock may be, in milliseconds. */
const clockToleranceMs = 60_000;
/** A session in use is renewed at most this often, in milliseconds. */
const maxRenewAfterMs = 60_000;

const invalid: SessionReading = Object.freeze({ refusal: 'session-invalid' });
const expired: SessionReading = Object.freeze({ refusal: 'session-expired' });
const revoked: SessionReading = Object.freeze({ refusal: 'session-revoked' });

/**
 * The default session: one cookie, signed by HMAC-SHA-256, that names the user and when he signed in. Nothing is kept on
 * the server but a bounded memory of cookies that were verified, which saves time and decides nothing. The cookie's
 * content can be read by its user, but not changed.
 *
 * It is renewed while in use, once a tenth of the idle time has passed, or a minute where that is less; so it may end
 * that much early. It is a session cookie without `Max-Age`: the signed times alone decide when it ends, on the server,
 * and the browser need not keep it on disk.
 *
 * `signIn` throws `session-unsignable` where the user's fields do not fit a cookie, `TypeError` where they are malformed.
 *
 * @throws TypeError where an option is wrong
 */
export function signedSession(options: SignedSessionOptions): Session {
  return signedSessionBy(systemClock, options);
}

/** {@link signedSession} by a clock of the caller's. */
export function signedSessionBy(clock: Clock, options: SignedSessionOptions): Session {
  const settings = parseSignedSessionOptions(options);
  const { cookieName, idleTimeoutMs, absoluteTimeoutMs } = settings;
  const keys = settings.secrets.map((secret) => sessionKey(secret, cookieName));
  const signingKey = keys[0] as (typeof keys)[number]; // the schema asks for one at least
  const renewAfterMs = Math.min(idleTimeoutMs / 10, maxRenewAfterMs);
  const scope = `; Path=${settings.path}${settings.domain ? `; Domain=${settings.domain}` : ''}`;
  const sameSite = `; SameSite=${settings.sameSite.charAt(0).toUpperCase()}${settings.sameSite.slice(1)}`;
  const alwaysSecure = settings.secure ?? (mustBeSecure(settings) || undefined);
  const warnWhereDropped = insecureCookieWarning('signedSession');

  const isSecure = (req: Request) => alwaysSecure ?? !isLocalDevelopment(req);
  const header = (req: Request, value: string, expiry = '') =>
    `${cookieName}=${value}${scope}${expiry}; HttpOnly${isSecure(req) ? '; Secure' : ''}${sameSite}`;
  const endOf = ({ at, seen }: SessionPayload) => Math.min(seen + idleTimeoutMs, at + absoluteTimeoutMs);
  const readingOf = (payload: SessionPayload) => {
    const actor = actorFrom(payload);
    return actor && Object.freeze({ actor, endsAt: endOf(payload), signedInAt: payload.at, sessionId: payload.id });
  };
  type Reading = NonNullable<ReturnType<typeof readingOf>>;
  const verified = settings.cache ? new VerifiedCookies<Reading>(settings.cache) : undefined;

  return {
    readsCookies: true,
    maxAgeMs: absoluteTimeoutMs,

    read(req, res, isRevoked) {
      const value: unknown = req.cookies[cookieName];
      if (value === undefined) return {};
      if (typeof value !== 'string' || value.length > maxCookieBytes) return invalid;
      const known = verified?.get(value);
      const unsealed = known ?? unseal(value, keys);
      if (!unsealed) return invalid;
      const { payload, keyIndex } = unsealed;
      const now = clock.now();
      if (payload.at > now + clockToleranceMs || payload.seen > now + clockToleranceMs) return invalid;
      if (now >= endOf(payload)) return expired;
      const reading = known?.reading ?? readingOf(payload);
      if (!reading) return invalid;
      if (isRevoked?.(reading.actor, payload.at)) return revoked;
      if (!known) verified?.keep(value, { payload, keyIndex, reading });
      const isDue = keyIndex > 0 || now - payload.seen >= renewAfterMs;
      if (!isDue || res.headersSent) return reading;
      const renewed = { ...payload, seen: now };
      putCookies(res, [header(req, seal(renewed, signingKey))]);
      return { ...reading, endsAt: endOf(renewed) };
    },

    signIn(req, res, given, earliest) {
      const { userid, gsid, login, dispname, groups } = vouchFor(checkUser(given, 'signedSession.signIn'));
      const now = clock.now();
      const at = Math.max(now, earliest?.({ gsid, userid }) ?? 0);
      const id = randomBytes(16).toString('base64url');
      const payload = { userid, gsid, login, dispname, groups: [...groups], at, seen: now, id };
      const cookie = header(req, seal(payload, signingKey));
      const bytes = Buffer.byteLength(cookie);
      if (bytes > maxCookieBytes) {
        throw new ActionlogError(
          'session-unsignable',
          `the session takes a cookie of ${bytes} bytes, and browsers keep ${maxCookieBytes} at most: give fewer or ` +
            'shorter groups and names, or keep the session on the server and pass a session function',
          { fields: { userid, gsid, bytes } },
        );
      }
      if (isSecure(req)) warnWhereDropped(req);
      putCookies(res, [cookie]);
      return vouchFor(payload);
    },

    signOut(req: Request, res: Response) {
      putCookies(res, [header(req, '', '; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0')]);
    },
  };
}

/** The actor of a signed payload; undefined where a field is none that an actor may have. */
function actorFrom(payload: SessionPayload): Actor | undefined {
  try {
    return vouchFor(payload);
  } catch (error) {
    if (error instanceof TypeError) return undefined; // signed, but by a version that allowed more: not a session now
    throw error;
  }
}
