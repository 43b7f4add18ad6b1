import { vouchFor } from './actor.ts';
import type { Session, SessionFunction, SessionReading } from './session.ts';
import { checkSessionUser } from './user.ts';

/**
 * Adapts an application's own sign-in. What the function throws, or rejects with, goes to `next(err)`; so does a
 * `TypeError` naming the field where its user is malformed. Such a session is begun and ended by the application alone.
 */
export function sessionFrom(userOf: SessionFunction): Session {
  const readingOf = (given: unknown): SessionReading => {
    if (given === undefined || given === null) return {};
    const user = checkSessionUser(given, 'session function');
    const { signedInAt, endsAt, sessionId } = user;
    return { actor: vouchFor(user), signedInAt, endsAt, sessionId };
  };
  return {
    readsCookies: false,
    read(req) {
      const user = userOf(req);
      return isThenable(user) ? Promise.resolve(user).then(readingOf) : readingOf(user);
    },
  };
}

/** A promise of whatever library. */
function isThenable<T>(value: T): value is T & PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
