import { Router } from 'express';
import { type Actionlog, actorOf } from 'express-actionlog';
import type { UserRepository } from '../repositories/users.ts';
import { flash } from '../web/flash.ts';
import type { ShowPage } from '../web/page.ts';
import { openTabs, withTabs } from '../web/tabs.ts';

export interface AdminRoutes {
  actionlog: Actionlog;
  users: UserRepository;
  showPage: ShowPage;
}

/** Who is who; for admins alone. */
export function adminRoutes({ actionlog, users, showPage }: AdminRoutes): Router {
  const router = Router();
  const page = { title: 'Users', here: '/admin' };
  router.use(actionlog.requireGroup('admins'));

  router.get('/', async (req, res) => {
    await showPage(req, res, 'admin', { ...page, users: await users.list(actorOf(req).gsid), error: undefined });
  });

  router.post('/users/:id', async (req, res, next) => {
    const actor = actorOf(req);
    const user = /^[1-9]\d{0,8}$/.test(req.params.id) ? await users.find(actor.gsid, req.params.id) : undefined;
    if (!user) return next();
    const given = (req.body as Record<string, unknown> | undefined)?.['dispname'];
    const dispname = typeof given === 'string' ? given.trim() : '';
    if (dispname === '' || dispname.length > 100) {
      const error = { id: user.id, text: 'A display name has 1 to 100 characters.' };
      return showPage(req, res, 'admin', { ...page, status: 422, users: await users.list(actor.gsid), error });
    }
    if (dispname === user.dispname) {
      flash(req, res, 'unchanged');
    } else {
      await users.rename(actor.gsid, user.id, dispname);
      // Two announcements: every page of the edited user renews its session, and pages that show the user are out of date.
      await req.logaction(
        `changed the display name of ${user.login}`,
        { userid: user.id, dispname: `${user.dispname} -> ${dispname}` },
        { rectype: 'reauth', recid: user.id },
      );
      await req.logaction(null, null, { rectype: 'user', recid: user.id });
      const self = String(user.id) === actor.userid ? await users.account(actor.gsid, actor.userid) : undefined;
      if (self) await actionlog.signIn(req, res, self);
      flash(req, res, 'renamed');
    }
    res.redirect(303, withTabs('/admin', openTabs(req)));
  });

  return router;
}
