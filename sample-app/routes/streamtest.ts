import { type Request, type Response, Router } from 'express';
import { type Actionlog, actorOf } from 'express-actionlog';
import type { ShowPage } from '../web/page.ts';

export interface StreamtestRoutes {
  actionlog: Actionlog;
  showPage: ShowPage;
}

const textOf = (value: unknown, fallback: string) =>
  typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 100) : fallback;

/**
 * Speaks to the streaming server directly, by the raw `streamaction`: what it is told is announced, without a row and
 * without a question. It is mounted for tests alone.
 */
export function streamtestRoutes({ actionlog, showPage }: StreamtestRoutes): Router {
  const router = Router();
  router.use(actionlog.requireGroup('admins'));

  const show = (req: Request, res: Response, sent: Record<string, unknown> = {}) => {
    const form = { rectype: 'product', recid: '1', wssid: '', ...sent };
    return showPage(req, res, 'streamtest', { title: 'Stream test', here: '/streamtest', result: undefined, ...form });
  };

  router.get('/', (req, res) => show(req, res));

  router.post('/update', async (req, res) => {
    const { gsid, userid } = actorOf(req);
    const body = (req.body ?? {}) as Record<string, unknown>;
    const rectype = textOf(body['rectype'], 'product');
    const recid = textOf(body['recid'], '1');
    const wssid = textOf(body['wssid'], '');
    const result = await actionlog.streamaction({ wssid: Number(wssid) || 0, rectype, recid, gsid, userid });
    await show(req, res, { rectype, recid, wssid, result });
  });

  for (const rectype of ['gsidmap', 'wsclientmap']) {
    router.post(`/${rectype}`, async (req, res) => {
      const result = await actionlog.streamaction({ wssid: 1, rectype, recid: 0, gsid: 0, userid: 0 });
      await show(req, res, { result });
    });
  }

  return router;
}
