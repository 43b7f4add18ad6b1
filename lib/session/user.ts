import type { User } from './actor.ts';
import { idText } from './id.ts';
import type { SessionUser } from './session.ts';

/** What a wrong value is, without showing it. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `type ${typeof value}`;
}

/**
 * Checks what an application says of its user, field by field; other fields than {@link User}'s are left alone, so that
 * a row of a user table may be given as it is.
 *
 * @param where names the caller in the message, such as `signedSession.signIn`
 * @throws TypeError naming the field, what was expected and what kind of value was given
 */
export function checkUser(given: unknown, where: string): User {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(
      `${where}: expected a user such as { userid: 42, gsid: 1, login: 'ann' }, got ${kindOf(given)}`,
    );
  }
  const user = given as Record<keyof User, unknown>;
  const wrong = (field: keyof User, expected: string) =>
    new TypeError(`${where}: ${field}: expected ${expected}, got ${kindOf(user[field])}`);
  idText(user.userid, `${where}: userid`);
  // null or undefined is refused rather than taken for "no tenants": a row whose tenant is unknown must not become tenant 1
  if ('gsid' in user) idText(user.gsid, `${where}: gsid`);
  for (const field of ['login', 'dispname'] as const) {
    if (user[field] !== undefined && typeof user[field] !== 'string') throw wrong(field, 'a string, or nothing');
  }
  const { groups } = user;
  if (groups !== undefined && !(Array.isArray(groups) && groups.every((group) => typeof group === 'string'))) {
    throw wrong('groups', 'a list of strings, or nothing');
  }
  for (const field of ['gsexpiry', 'gstier'] as const) {
    const value = user[field];
    if (value !== undefined && typeof value !== 'string' && typeof value !== 'number') {
      throw wrong(field, 'a string or number, or nothing');
    }
  }
  return user as unknown as User;
}

/** Checks what a session function gives: a user, and what it knows of the session. @throws TypeError as {@link checkUser} */
export function checkSessionUser(given: unknown, where: string): SessionUser {
  const user = checkUser(given, where) as SessionUser;
  const wrong = (field: keyof SessionUser, expected: string) =>
    new TypeError(`${where}: ${field}: expected ${expected}, got ${kindOf(user[field])}`);
  for (const field of ['signedInAt', 'endsAt'] as const) {
    if (user[field] !== undefined && !Number.isFinite(user[field])) throw wrong(field, 'Unix time in milliseconds');
  }
  const { sessionId } = user;
  if (sessionId !== undefined && typeof sessionId !== 'string') throw wrong('sessionId', 'a string, or nothing');
  return user;
}
