import type { NextFunction, Request, Response } from 'express';
import { z } from 'zod';
import { ActionlogError, type ActionlogErrorCode } from '../errors.ts';
import { parseOptions } from '../options.ts';
import { Actor } from './actor.ts';
import { sessionReadingOf } from './read-session.ts';
import type { AnyRequestHandler } from './session.ts';

/** Options of `requireActor` and `requireGroup`. */
export interface GuardOptions {
  /**
   * Where a page's request that is not signed in is sent, `?next=<address>` added where it can be repeated there; an
   * address of this site, or of another. Default: none, and the answer is 401 also to pages.
   */
  signInUrl?: string | undefined;
}

const schema = z.strictObject({
  signInUrl: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'an address such as "/sign-in"')
    .optional(),
});
const groupName = z.string().min(1, 'the name of a group, not an empty string');
const groupNames = z.array(groupName).min(1, 'one group at least');

const messages: Partial<Record<ActionlogErrorCode, string>> = {
  'not-signed-in': 'not signed in',
  'session-expired': 'the session has ended: sign in again',
  'session-invalid': 'the session is not valid: sign in again',
  'session-revoked': 'the session was ended from elsewhere: sign in again',
};

/** @param what what is not there where the middleware has not run */
export function middlewareMissing(what: string): ActionlogError {
  return new ActionlogError(
    'middleware-missing',
    `${what} is not there, because the middleware has not seen this request: app.use(cookieParser(), actionlog.middleware()) must stand before this route`,
  );
}

/** The actor, or the error that says why there is none. */
function actorOrError(req: Request): Actor | ActionlogError {
  const reading = sessionReadingOf(req);
  if (!reading) return middlewareMissing('the session');
  // not the reading's own: signing in or out in the course of the request changes who is acting
  if (Actor.is(req.actor)) return req.actor;
  const code = reading.refusal ?? 'not-signed-in';
  return new ActionlogError(code, messages[code] ?? code);
}

/**
 * The verified user of a request, never undefined.
 *
 * @throws ActionlogError `not-signed-in`, `session-expired`, `session-invalid` or `session-revoked` (status 401); `middleware-missing`
 * where the session of this request was not read
 */
export function actorOf(req: Request): Actor {
  const actor = actorOrError(req);
  if (!(actor instanceof ActionlogError)) return actor;
  if (actor.code === 'middleware-missing') throw actor;
  const remedy = 'actionlog.requireActor() before this handler stops such requests';
  throw new ActionlogError(actor.code, `${actor.message} (${remedy})`);
}

/** Whether a browser asks for a page to show, rather than a script for data. */
export function wantsPage(req: Request): boolean {
  const mode = req.get('Sec-Fetch-Mode'); // browsers say so; a fetch() of any type would else pass for a page
  return (mode === undefined || mode === 'navigate') && !req.xhr && req.accepts(['html', 'json']) === 'html';
}

/** The address of the sign-in page; with the way back where the request can be repeated and lies on this site. */
function signInAddress(signInUrl: string, req: Request): string {
  const isLocal = /^\/(?![/\\])/.test(req.originalUrl);
  if (!isLocal || (req.method !== 'GET' && req.method !== 'HEAD')) return signInUrl;
  const [address = '', ...fragment] = signInUrl.split('#');
  const separator = address.includes('?') ? (/[?&]$/.test(address) ? '' : '&') : '?';
  return [`${address}${separator}next=${encodeURIComponent(req.originalUrl)}`, ...fragment].join('#');
}

function answer(res: Response, error: ActionlogError): void {
  const { code, message, status } = error;
  res.status(status).set('Cache-Control', 'no-store').json({ error: { code, message } });
}

function refuse(req: Request, res: Response, error: ActionlogError, signInUrl: string | undefined): void {
  if (signInUrl === undefined || !wantsPage(req)) answer(res, error);
  else res.set('Cache-Control', 'no-store').redirect(303, signInAddress(signInUrl, req));
}

/** The handler that lets a signed-in actor pass whom `admits` accepts. */
function guard(signInUrl: string | undefined, admits: (actor: Actor) => ActionlogError | undefined): AnyRequestHandler {
  const guard = (req: Request, res: Response, next: NextFunction) => {
    const actor = actorOrError(req);
    if (actor instanceof ActionlogError) {
      return actor.code === 'middleware-missing' ? next(actor) : refuse(req, res, actor, signInUrl);
    }
    const refusal = admits(actor);
    if (!refusal) return next();
    return wantsPage(req) ? next(refusal) : answer(res, refusal);
  };
  return guard as AnyRequestHandler;
}

/**
 * A handler that lets only signed-in users pass. Others get 401 `{"error":{"code","message"}}`, or where they ask for a
 * page and there is a `signInUrl`, a redirect (303) to it. To `next(err)` goes `middleware-missing`.
 *
 * @throws TypeError where an option is wrong
 */
export function requireActor(options: GuardOptions = {}): AnyRequestHandler {
  const { signInUrl } = parseOptions(schema, options, 'requireActor');
  return guard(signInUrl, () => undefined);
}

/**
 * A handler that lets only users of a group pass, or of any of several. Who is not signed in is answered as by
 * `requireActor`. Who is in none of them gets 403 `{"error":{"code":"not-in-group","message"}}`; where he asks for a
 * page, the error goes to `next(err)` with `status` 403, so that the application's own error page shows.
 *
 * @throws TypeError where an option is wrong, or a group has no name
 */
export function requireGroup(group: string | readonly string[], options: GuardOptions = {}): AnyRequestHandler {
  const { signInUrl } = parseOptions(schema, options, 'requireGroup');
  const { groups } = parseOptions(
    z.strictObject({ groups: groupNames }),
    { groups: typeof group === 'string' ? [group] : group },
    'requireGroup',
  );
  return guard(signInUrl, (actor) =>
    groups.some((name) => actor.groups.includes(name))
      ? undefined
      : new ActionlogError('not-in-group', 'this needs a group that you are not in', { fields: { groups } }),
  );
}
