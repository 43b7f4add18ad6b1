import type { Request, RequestHandler } from 'express';
import { ActionlogError } from '../errors.ts';
import { Actor } from './actor.ts';
import type { Session, SessionReading } from './session.ts';

const readings = new WeakMap<Request, { session: Session; reading: SessionReading }>();

/** What was read of this request's session; undefined where the middleware has not run on it. */
export function sessionReadingOf(req: Request): SessionReading | undefined {
  return readings.get(req)?.reading;
}

/** Makes a reading the request's own. @throws TypeError where its actor is none of this package's making */
function remember(req: Request, session: Session, reading: SessionReading): void {
  if (reading.actor !== undefined && !Actor.is(reading.actor)) {
    throw new TypeError('session: expected the actor of a verified session, got an object that only looks like one');
  }
  readings.set(req, { session, reading });
  req.actor = reading.actor;
}

/**
 * The middleware that reads a session, once for each request: `req.actor` is the verified user, or undefined. Requests
 * that are not signed in pass; the guards stop them where it matters.
 *
 * To `next(err)` go `cookie-parser-missing`, and what an application's own session function throws.
 */
export function readSession(session: Session): RequestHandler {
  return function readSession(req, res, next) {
    if (readings.get(req)?.session === session) return next();
    if (session.readsCookies && req.cookies === undefined) {
      return next(
        new ActionlogError(
          'cookie-parser-missing',
          'the session is kept in cookies, and req.cookies is missing: app.use(cookieParser()) before this middleware',
        ),
      );
    }
    let reading: SessionReading | Promise<SessionReading>;
    try {
      reading = session.read(req, res);
      if (!(reading instanceof Promise)) remember(req, session, reading);
    } catch (error) {
      return next(error);
    }
    if (!(reading instanceof Promise)) return next();
    reading
      .then((read) => remember(req, session, read))
      .then(() => next())
      .catch(next);
  };
}
