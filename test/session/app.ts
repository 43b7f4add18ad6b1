import cookieParser from 'cookie-parser';
import express, { type ErrorRequestHandler, type Express } from 'express';
import type { User } from '../../lib/session/actor.ts';
import { readSession, sessionReadingOf } from '../../lib/session/read-session.ts';
import type { Session } from '../../lib/session/session.ts';

/** Answers an error with what a caller may rely on. */
export const errorHandler: ErrorRequestHandler = (error, _req, res, _next) => {
  res.status(error.status ?? 500).json({ code: error.code, name: error.name, message: error.message });
};

/** A real application: `/sign-in` and `/sign-out` in the root, `/deep/…` the same below it, `/who` tells who is acting. */
export function sessionApp(session: Session, user: User = { userid: 42 }, prepare: (app: Express) => void = () => {}) {
  const app = express();
  prepare(app);
  app.use(cookieParser(), readSession(session));
  const routes = express.Router();
  routes.post('/sign-in', (req, res) => {
    res.json(session.signIn?.(req, res, user));
  });
  routes.post('/sign-out', (req, res) => {
    session.signOut?.(req, res);
    res.sendStatus(204);
  });
  routes.get('/who', (req, res) => {
    res.json(sessionReadingOf(req));
  });
  app.use('/deep', routes);
  app.use(routes, errorHandler);
  return app;
}

/** An application that reads the session after its response has begun, and tells when the session ends. */
export function begunApp(session: Session) {
  const app = express();
  app.use(cookieParser(), (_req, res, next) => {
    res.flushHeaders();
    next();
  });
  app.get('/', readSession(session), (req, res) => {
    res.end(String(sessionReadingOf(req)?.endsAt));
  });
  return app;
}

/** The `Set-Cookie` headers of a response. */
export function setCookies(response: { headers: Record<string, unknown> }): string[] {
  return (response.headers['set-cookie'] ?? []) as string[];
}

/** The cookies as a browser sends them back: `a=1; b=2`. */
export function cookieFrom(response: { headers: Record<string, unknown> }): string {
  return setCookies(response)
    .map((header) => header.split(';')[0])
    .join('; ');
}

/** A warning of the process, awaited; it comes on a later turn of the event loop. */
export function nextWarning(code: string): Promise<Error> {
  return new Promise((resolve) => {
    const listener = (warning: Error & { code?: string }) => {
      if (warning.code !== code) return;
      process.off('warning', listener);
      resolve(warning);
    };
    process.on('warning', listener);
  });
}
