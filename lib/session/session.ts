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
export type SessionRefusal = 'session-expired' | 'session-invalid';

/** What reading a request's session gives. */
export interface SessionReading {
  actor?: Actor | undefined;
  refusal?: SessionRefusal | undefined;
  /** When this session ends if nothing renews it, Unix time in milliseconds; undefined where the session cannot tell. */
  endsAt?: number | undefined;
}

/** A session that the package can read, and where it has the methods, begin and end. */
export interface Session {
  /** Whether it reads `req.cookies`: then a missing cookie-parser is answered with the remedy. */
  readonly readsCookies: boolean;
  /**
   * Reads and verifies the session of one request. May renew it by setting cookies on the response. Never throws over
   * what a browser sent: that is a refusal.
   */
  read(req: Request, res: Response): SessionReading | Promise<SessionReading>;
  /** Sets the cookies of a new session, and gives the actor that the next request will have. */
  signIn?(req: Request, res: Response, user: User): Actor;
  /** Clears the cookies. */
  signOut?(req: Request, res: Response): void;
}

/** An application's own sign-in: gives the user of a request, or nothing where nobody is signed in. */
export type SessionFunction = (req: Request) => User | undefined | null | Promise<User | undefined | null>;
