import type { NextFunction, Request, Response } from 'express';
import type { Actor, User } from './actor.ts';

declare global {
  namespace Express {
    interface Request {
      /** The verified user of this request; undefined where nobody is signed in. `actorOf` throws instead. */
      actor?: Actor | undefined;
    }
  }
}

/**
 * A handler that takes any request: so that the path's parameters keep their types in the handlers after it, which
 * Express's own `RequestHandler` would widen.
 */
export type AnyRequestHandler = <P, ResBody, ReqBody, ReqQuery, Locals extends Record<string, unknown>>(
  req: Request<P, ResBody, ReqBody, ReqQuery, Locals>,
  res: Response<ResBody, Locals>,
  next: NextFunction,
) => void;

/** Why a request with a session cookie is not signed in; a request without one has no reason. */
export type SessionRefusal = 'session-expired' | 'session-invalid' | 'session-revoked';

/** What reading a request's session gives. */
export interface SessionReading {
  actor?: Actor | undefined;
  refusal?: SessionRefusal | undefined;
  /** When this session ends if nothing renews it, Unix time in milliseconds; undefined where the session cannot tell. */
  endsAt?: number | undefined;
  /** When the user signed in, Unix time in milliseconds; undefined where the session cannot tell: then it cannot be revoked. */
  signedInAt?: number | undefined;
  /** Names this session among all; undefined where it has no name. Not shown to pages. */
  sessionId?: string | undefined;
}

/** Whether a user's session that began then (Unix time in milliseconds) is revoked. */
export type RevocationCheck = (actor: Actor, signedInAt: number | undefined) => boolean;

/** A session that the package can read, and where it has the methods, begin and end. */
export interface Session {
  /** Whether it reads `req.cookies`: then a missing cookie-parser is answered with the remedy. */
  readonly readsCookies: boolean;
  /**
   * Reads and verifies the session of one request. May renew it by setting cookies on the response. Never throws over
   * what a browser sent: that is a refusal.
   *
   * @param isRevoked to be asked before a session is renewed; whoever does not renew may leave it: it is asked again
   */
  read(req: Request, res: Response, isRevoked?: RevocationCheck): SessionReading | Promise<SessionReading>;
  /**
   * Sets the cookies of a new session, and gives the actor that the next request will have.
   *
   * @param earliest gives when the user's session may begin, Unix time in milliseconds: those of before are revoked
   */
  signIn?(req: Request, res: Response, user: User, earliest?: (user: Pick<Actor, 'gsid' | 'userid'>) => number): Actor;
  /** Clears the cookies. */
  signOut?(req: Request, res: Response): void;
  /** The longest that a session may last, in milliseconds; default 400 days. Revocations are remembered as long. */
  readonly maxAgeMs?: number | undefined;
}

/** The user of a request, and what an application's own sign-in knows of the session. */
export interface SessionUser extends User {
  /**
   * When the user signed in, Unix time in milliseconds. Without it `actionlog.revoke()` closes the user's pages, and
   * leaves it to the application to end the session.
   */
  signedInAt?: number | undefined;
  /** When the session ends if nothing renews it, Unix time in milliseconds: its pages then prove it anew. */
  endsAt?: number | undefined;
  /** Names the session, so that `actionlog.signOut()` closes its pages, and no others of the user's. */
  sessionId?: string | undefined;
}

/** An application's own sign-in: gives the user of a request, or nothing where nobody is signed in. */
export type SessionFunction = (
  req: Request,
) => SessionUser | undefined | null | Promise<SessionUser | undefined | null>;
