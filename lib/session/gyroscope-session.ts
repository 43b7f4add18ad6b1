import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { addressesOf } from './gyroscope-address.ts';
import { type CookieForm, cookieHeader, deletionHeaders, gyroscopeCookies } from './gyroscope-cookies.ts';
import { type GyroscopeSessionOptions, parseGyroscopeSessionOptions } from './gyroscope-options.ts';
import { authOf, saltBase, saltClock } from './gyroscope-salt.ts';
import {
  actorOfCookies,
  revokedThisHour,
  signableCookies,
  signedCookies,
  unsignable,
  whyRefused,
} from './gyroscope-user.ts';
import { hourMs } from './hours.ts';
import { insecureCookieWarning } from './secure-cookie.ts';
import type { Session, SessionReading } from './session.ts';
import { maxCookieBytes, putCookies } from './set-cookie.ts';
import { checkUser } from './user.ts';

export type { GyroscopeSessionOptions } from './gyroscope-options.ts';

const invalid: SessionReading = Object.freeze({ refusal: 'session-invalid' });
const expired: SessionReading = Object.freeze({ refusal: 'session-expired' });
const revoked: SessionReading = Object.freeze({ refusal: 'session-revoked' });

/**
 * Gyroscope's session, to live beside its PHP servers: who signed in there is signed in here, and the other way round.
 * The cookies are signed by an md5 over the client's addresses and the local hour; one of the hour before is taken, and
 * signed again. `docs/session.md` says what that costs.
 *
 * Beyond the original it refuses a userid that is no plain decimal number and groupnames that begin with a digit: the
 * md5 cannot tell where the one ends and the other begins.
 *
 * `signIn` throws `session-unsignable` where the user does not fit these cookies, `TypeError` where he is malformed.
 *
 * @throws TypeError where an option is wrong
 */
export function gyroscopeSession(options: GyroscopeSessionOptions): Session {
  const { saltroot, timeZone, clientAddresses, secure, path, hardened } = parseGyroscopeSessionOptions(options);
  const form: CookieForm = { secure, path, sameSite: hardened ? 'Lax' : undefined };
  const hoursOf = saltClock(timeZone);
  const warnWhereDropped = insecureCookieWarning('gyroscopeSession');
  const baseFor = (req: Request) => saltBase(saltroot, (clientAddresses ?? addressesOf)(req));

  return {
    readsCookies: true,
    maxAgeMs: 4 * hourMs,

    read(req, res, isRevoked) {
      const jar = req.cookies as Record<string, unknown>;
      if ((jar['login'] ?? '') === '' || (jar['auth'] ?? '') === '') return {};
      const given = signedCookies(jar);
      const auth = jar['auth'];
      if (!given || typeof auth !== 'string' || whyRefused(given)) return invalid;
      const base = baseFor(req);
      const now = Date.now();
      const { hours, endsAt, beganAt } = hoursOf(now);
      const signedIn = (hour: string | undefined) => sameText(auth, authOf(base + hour, given));
      const isOfThisHour = signedIn(hours[0]);
      if (!isOfThisHour && !signedIn(hours[1])) return hours.slice(2).some(signedIn) ? expired : invalid;
      const actor = actorOfCookies(given);
      // The cookies tell no more of their time than the hour that signed them.
      const signedInAt = beganAt[isOfThisHour ? 0 : 1];
      if (isRevoked?.(actor, signedInAt)) return revoked;
      if (isOfThisHour) return { actor, endsAt, signedInAt };
      if (res.headersSent) return { actor, endsAt: hoursOf(now - hourMs).endsAt, signedInAt };
      putCookies(res, [cookieHeader(req, 'auth', authOf(base + hours[0], given), form)]);
      return { actor, endsAt, signedInAt };
    },

    signIn(req, res, user, earliest) {
      const cookies = signableCookies(req, checkUser(user, 'gyroscopeSession.signIn'));
      const { endsAt, beganAt } = hoursOf(Date.now());
      if (beganAt[0] < (earliest?.(cookies) ?? 0)) throw revokedThisHour(cookies, endsAt - hourMs);
      const salt = baseFor(req) + hoursOf(Date.now()).hours[0];
      const values = { ...cookies, auth: authOf(salt, cookies), gsfrac: randomBytes(16).toString('hex') };
      const headers = gyroscopeCookies.map((name) => {
        const header = cookieHeader(req, name, values[name], form);
        if (header.length <= maxCookieBytes) return header;
        throw unsignable(`${name}: expected a cookie of at most ${maxCookieBytes} bytes`, cookies);
      });
      if (secure) warnWhereDropped(req);
      putCookies(res, headers);
      return actorOfCookies(cookies);
    },

    signOut(_req, res) {
      putCookies(
        res,
        gyroscopeCookies.flatMap((name) => deletionHeaders(name, form)),
      );
    },
  };
}

/** Compares in constant time. */
function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
