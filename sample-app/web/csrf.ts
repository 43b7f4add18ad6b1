import { randomBytes } from 'node:crypto';
import { doubleCsrf } from 'csrf-csrf';
import type { CookieOptions, Request, RequestHandler, Response } from 'express';

/** Names one browser from before its sign-in on; given anew at each sign-in and sign-out. */
const visitCookie = 'sample_visit';
const tokenCookie = 'sample_csrf';

const cookieOptions = (req: Request): CookieOptions => ({
  httpOnly: true,
  sameSite: 'lax',
  secure: req.secure,
  path: '/',
});

function newVisit(req: Request, res: Response): void {
  const visit = randomBytes(16).toString('base64url');
  req.cookies[visitCookie] = visit;
  res.cookie(visitCookie, visit, cookieOptions(req));
}

/** Protection of every form: a token in a cookie and the same in the form, bound to the browser and the signed-in user. */
export function createCsrf(secrets: string[]) {
  const { doubleCsrfProtection, generateCsrfToken } = doubleCsrf({
    getSecret: () => secrets,
    // Not the session's own cookie: it changes whenever the session is renewed, and would void the forms of other tabs.
    getSessionIdentifier: (req) => `${req.cookies[visitCookie]}/${req.actor?.gsid ?? ''}/${req.actor?.userid ?? ''}`,
    getCsrfTokenFromRequest: (req) => (req.body as Record<string, unknown> | undefined)?.['_csrf'] as string,
    cookieName: tokenCookie,
    cookieOptions: { sameSite: 'lax', path: '/' },
  });

  /** Goes before everything that may show a page. */
  const prepare: RequestHandler = (req, res, next) => {
    // cookie-parser makes an object of a cookie that begins with `j:`.
    if (typeof req.cookies[tokenCookie] !== 'string') delete req.cookies[tokenCookie];
    if (typeof req.cookies[visitCookie] !== 'string') newVisit(req, res);
    next();
  };
  return {
    /** Refuses a POST without the token, with 403 and the code `EBADCSRFTOKEN`. */
    protect: doubleCsrfProtection,
    prepare,
    /** The token for a form on this page. */
    token: (req: Request, res: Response) =>
      generateCsrfToken(req, res, { cookieOptions: { sameSite: 'lax', path: '/', secure: req.secure } }),
    /** Makes the forms of before worthless, at sign-in and sign-out. */
    renew: newVisit,
  };
}

export type Csrf = ReturnType<typeof createCsrf>;
