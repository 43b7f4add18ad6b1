import type { Request } from 'express';
import { ActionlogError } from '../errors.ts';
import { type Actor, type User, vouchFor } from './actor.ts';
import { stripslashes } from './gyroscope-cookies.ts';
import type { SignedCookies } from './gyroscope-salt.ts';
import { isPlainNumber } from './id.ts';
import { maxCookieBytes } from './set-cookie.ts';

const signedNames = ['login', 'dispname', 'userid', 'gsid', 'gsexpiry', 'gstier', 'groupnames'] as const;

/** The texts that the signature covers, a missing one empty as in PHP; undefined where one is no text, or too long. */
export function signedCookies(jar: Readonly<Record<string, unknown>>): SignedCookies | undefined {
  const cookies = { login: '', dispname: '', userid: '', gsid: '', gsexpiry: '', gstier: '', groupnames: '' };
  for (const name of signedNames) {
    const value = jar[name] ?? '';
    if (typeof value !== 'string' || value.length > maxCookieBytes) return undefined;
    cookies[name] = value;
  }
  return cookies;
}

/** The cookies of a user who signs in. The login's backslashes are doubled, since every reader takes one of them away. */
function cookiesOf(user: User): SignedCookies {
  const { userid, gsid, login, dispname, groups, gsexpiry, gstier } = vouchFor(user);
  return {
    login: login.replaceAll('\\', '\\\\'),
    dispname,
    userid,
    gsid,
    gsexpiry: gsexpiry ?? '0',
    gstier: gstier ?? '0',
    groupnames: groups.join('|'),
  };
}

/** The actor whom these cookies name; they have passed {@link whyRefused}. */
export function actorOfCookies(cookies: SignedCookies): Actor {
  const { userid, gsid, login, dispname, gsexpiry, gstier, groupnames } = cookies;
  const groups = groupnames.split('|');
  return vouchFor({ userid, gsid, login: stripslashes(login), dispname, groups, gsexpiry, gstier });
}

/**
 * Why these cookies are refused though their signature may be right; undefined where they are not.
 *
 * The md5 has nothing between userid and groupnames: user 1001 of `users` could call himself user 100 of `1users`. With
 * digits alone in the one, and none at the start of the other, there is one way only to read the two.
 */
export function whyRefused({ login, userid, gsid, groupnames }: SignedCookies): string | undefined {
  if (login === '') return 'login: expected a text that is not empty';
  if (!isPlainNumber(userid)) return 'userid: expected a plain decimal number, since the md5 guards no other';
  if (!isPlainNumber(gsid) || gsid === '0') return 'gsid: expected a plain decimal number above 0';
  if (/^\d/.test(groupnames)) return 'groups: expected a first group whose name does not begin with a digit';
  return undefined;
}

/** Whether cookie-parser gives a value to the next request as something else than this text. */
function isReadOtherwise(req: Request, value: string): boolean {
  if (value.startsWith('s:')) return 'secret' in req && req.secret !== undefined;
  if (!value.startsWith('j:')) return false;
  try {
    return Boolean(JSON.parse(value.slice(2)));
  } catch {
    return false; // no JSON: it stays the text that it is
  }
}

/** Why these cookies could not be read back as they are; undefined where they can. */
function whyMisread(req: Request, user: User, cookies: SignedCookies): string | undefined {
  if (user.groups?.some((group) => group.includes('|'))) return 'groups: expected names without "|", which parts them';
  for (const name of signedNames) {
    const value = cookies[name];
    if (!value.isWellFormed()) return `${name}: expected well-formed Unicode`;
    if (isReadOtherwise(req, value)) return `${name}: expected no "j:" or "s:" in front, which cookie-parser takes`;
  }
  return undefined;
}

/**
 * The cookies of a user who signs in, checked.
 *
 * @throws ActionlogError `session-unsignable`, saying which field stands in the way
 */
export function signableCookies(req: Request, user: User): SignedCookies {
  const cookies = cookiesOf(user);
  const reason = whyRefused(cookies) ?? whyMisread(req, user, cookies);
  if (reason) throw unsignable(reason, cookies);
  return cookies;
}

/** The error of a user who signs in within the hour in which he was revoked. @param until Unix time in milliseconds */
export function revokedThisHour({ userid, gsid }: SignedCookies, until: number): ActionlogError {
  const message =
    "the user's sessions were revoked within this hour, and Gyroscope's cookies tell a session of before from one of " +
    `after only once the hour has turned, at ${new Date(until).toISOString()}`;
  return new ActionlogError('session-revoked', message, { fields: { userid, gsid, until } });
}

/** The error of a user whom Gyroscope's cookies cannot carry. */
export function unsignable(reason: string, { userid, gsid }: SignedCookies): ActionlogError {
  return new ActionlogError(
    'session-unsignable',
    `Gyroscope's session cannot carry this user: ${reason}. Change that, or use signedSession, which has no such limit`,
    { fields: { userid, gsid } },
  );
}
