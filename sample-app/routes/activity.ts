import { Router } from 'express';
import { type Actionlog, actorOf } from 'express-actionlog';
import type { UserRepository } from '../repositories/users.ts';
import { type EntryView, showEntries } from '../web/entries.ts';
import { format } from '../web/format.ts';
import type { ShowPage } from '../web/page.ts';

const pageSize = 50;

export interface ActivityRoutes {
  actionlog: Actionlog;
  users: UserRepository;
  showPage: ShowPage;
}

export function activityRoutes({ actionlog, users, showPage }: ActivityRoutes): Router {
  const router = Router();
  router.use(actionlog.requireActor());

  router.get('/', async (req, res) => {
    const { gsid } = actorOf(req);
    const given = req.query['before'];
    const before = typeof given === 'string' && /^[1-9]\d{0,18}$/.test(given) ? given : undefined;
    const entries = await actionlog.history({ gsid, limit: pageSize, ...(before === undefined ? {} : { before }) });
    await showPage(req, res, 'activity', {
      title: 'Activity',
      here: '/activity',
      days: byDay(showEntries(entries, await users.names(gsid))),
      older: entries.length === pageSize ? entries.at(-1)?.alogid : undefined,
      before,
    });
  });

  return router;
}

function byDay(entries: EntryView[]): { day: string; entries: EntryView[] }[] {
  const days = new Map<string, EntryView[]>();
  for (const entry of entries) {
    const day = format.day(entry.time);
    days.set(day, [...(days.get(day) ?? []), entry]);
  }
  return [...days].map(([day, list]) => ({ day, entries: list }));
}
