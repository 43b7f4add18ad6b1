import { Router } from 'express';
import type { Actionlog } from 'express-actionlog';
import { actorOf } from 'express-actionlog';
import type { UserRepository } from '../repositories/users.ts';
import type { Csrf } from '../web/csrf.ts';
import { flash } from '../web/flash.ts';
import type { ShowPage } from '../web/page.ts';
import { signInBrake } from '../web/sign-in-brake.ts';

export interface SessionRoutes {
  actionlog: Actionlog;
  users: UserRepository;
  csrf: Csrf;
  showPage: ShowPage;
}

/** A path of this app, so that a link cannot lead elsewhere after sign-in. */
function ownPath(next: unknown): string {
  const base = 'http://this.invalid';
  if (typeof next !== 'string' || !next.startsWith('/') || !URL.canParse(next, base)) return '/products';
  const url = new URL(next, base);
  return url.origin === base ? `${url.pathname}${url.search}` : '/products';
}

const textOf = (value: unknown) => (typeof value === 'string' ? value.slice(0, 200) : '');

export function sessionRoutes({ actionlog, users, csrf, showPage }: SessionRoutes): Router {
  const router = Router();
  const brake = signInBrake();

  router.get('/sign-in', async (req, res) => {
    const next = ownPath(req.query['next']);
    if (req.actor) return res.redirect(303, next);
    await showPage(req, res, 'sign-in', { title: 'Sign in', here: '/sign-in', next, login: '', error: undefined });
  });

  router.post('/sign-in', async (req, res) => {
    const body = (req.body ?? {}) as Record<string, unknown>;
    const [login, password, next] = [textOf(body['login']), textOf(body['password']), ownPath(body['next'])];
    const key = `${req.ip} ${login}`;
    const braked = brake.holds(key);
    const user = braked ? undefined : await users.authenticate(login, password);
    if (!user) {
      if (!braked) brake.failed(key);
      const error = braked ? 'Too many tries. Wait a few minutes.' : 'Login or password is wrong.';
      return showPage(req, res, 'sign-in', {
        title: 'Sign in',
        here: '/sign-in',
        status: braked ? 429 : 401,
        next,
        login,
        error,
      });
    }
    brake.passed(key);
    await actionlog.signIn(req, res, user);
    csrf.renew(req, res);
    res.redirect(303, next);
  });

  router.post('/sign-out', async (req, res) => {
    await actionlog.signOut(req, res);
    csrf.renew(req, res);
    flash(req, res, 'signed-out');
    res.redirect(303, '/sign-in');
  });

  // A page calls it when a `reauth` event names its user: the session gets what the user table says now.
  router.post('/session/renew', actionlog.requireActor(), async (req, res) => {
    const { gsid, userid } = actorOf(req);
    const user = await users.account(gsid, userid);
    if (!user) {
      await actionlog.signOut(req, res);
      return void res.status(401).json({ error: 'signed out' });
    }
    await actionlog.signIn(req, res, user);
    res.json({ dispname: user.dispname });
  });

  return router;
}
