import type { Request, RequestHandler } from 'express';
import { ActionlogError } from '../errors.ts';
import { Actor } from './actor.ts';
import type { Revocations } from './revocations.ts';
import type { RevocationCheck, Session, SessionReading } from './session.ts';

/** Where a request keeps what was read of it: in a WeakMap each request would cost the garbage collector more. */
const kept = Symbol('express-actionlog: session');

type ReadRequest = Request & { [kept]?: { session: Session; reading: SessionReading } };

/** What was read of this request's session; undefined where the middleware has not run on it. */
export function sessionReadingOf(req: Request): SessionReading | undefined {
  return (req as ReadRequest)[kept]?.reading;
}

/** Makes a reading the request's own. @throws TypeError where its actor is none of this package's making */
function remember(req: Request, session: Session, reading: SessionReading): void {
  if (reading.actor !== undefined && !Actor.is(reading.actor)) {
    throw new TypeError('session: expected the actor of a verified session, got an object that only looks like one');
  }
  (req as ReadRequest)[kept] = { session, reading };
  req.actor = reading.actor;
}

/** The reading, unless the session is revoked; sessions that renew themselves have asked already. */
function unlessRevoked(reading: SessionReading, isRevoked: RevocationCheck | undefined): SessionReading {
  const { actor, signedInAt } = reading;
  return actor && isRevoked?.(actor, signedInAt) ? { refusal: 'session-revoked' } : reading;
}

/**
 * The middleware that reads a session, once for each request: `req.actor` is the verified user, or undefined. Requests
 * that are not signed in pass; the guards stop them where it matters.
 *
 * To `next(err)` go `cookie-parser-missing`, `database-unreachable` where revocations could never be read, and what an
 * application's own session function throws.
 *
 * @param revocations left out: nobody's session is revoked
 */
export function readSession(session: Session, revocations?: Revocations): RequestHandler {
  const isRevoked: RevocationCheck | undefined =
    revocations && ((actor, signedInAt) => revocations.refuses(actor, signedInAt));
  return function readSession(req, res, next) {
    if ((req as ReadRequest)[kept]?.session === session) return next();
    if (session.readsCookies && req.cookies === undefined) {
      return next(
        new ActionlogError(
          'cookie-parser-missing',
          'the session is kept in cookies, and req.cookies is missing: app.use(cookieParser()) before this middleware',
        ),
      );
    }
    let done: Promise<void> | undefined;
    try {
      const fresh = revocations?.refresh();
      const reading = fresh ? fresh.then(() => session.read(req, res, isRevoked)) : session.read(req, res, isRevoked);
      if (reading instanceof Promise) {
        done = reading.then((given) => remember(req, session, unlessRevoked(given, isRevoked)));
      } else remember(req, session, unlessRevoked(reading, isRevoked));
    } catch (error) {
      return next(error);
    }
    if (!done) return next();
    done.then(() => next()).catch(next);
  };
}
