/*
 * The application server of the fault suite, in a process of its own. The environment says with which options; with
 * FAULT_KILL it dies at one of the points between row and mark.
 */
import type { AddressInfo } from 'node:net';
import cookieParser from 'cookie-parser';
import express, { type ErrorRequestHandler } from 'express';
import { storeFrom } from '../../lib/action/open-store.ts';
import { type ActionlogError, type ActionlogOptions, createActionlog, signedSession } from '../../lib/index.ts';
import { dieAt, type KillPoint } from './kill-points.ts';

interface AppNeeds {
  database: string;
  secret: string;
  port: number;
  options: Omit<ActionlogOptions, 'database' | 'session'>;
  kill?: { point: KillPoint; turn: number };
}

const { database, secret, port, options, kill } = JSON.parse(process.env['FAULT_APP'] ?? '{}') as AppNeeds;
const store = storeFrom(database);
const errors = new Map<string, number>();
const actionlog = createActionlog({
  ...options,
  database: kill ? dieAt(kill.point, kill.turn, store) : store,
  session: signedSession({ secrets: [secret], secure: false }),
  onError: (error) => {
    const code = (error as Partial<ActionlogError>).code ?? String(error);
    errors.set(code, (errors.get(code) ?? 0) + 1);
  },
});
await actionlog.ready();

class TakenBack extends Error {}

const app = express();
app.use(cookieParser(), actionlog.middleware());
app.use('/actionlog', actionlog.routes());
app.post('/sign-in/:gsid/:userid', (req, res) => {
  actionlog.signIn(req, res, { gsid: req.params.gsid, userid: req.params.userid, login: 'login' });
  res.end();
});
app.post('/write/:recid', actionlog.requireActor(), async (req, res, next) => {
  const record = { rectype: 'item', recid: String(req.params['recid']) };
  const { way } = req.query;
  try {
    if (way === 'plain') {
      await req.logaction('changed', { recid: record.recid }, record);
    } else {
      await actionlog.transaction(async (_tx, log) => {
        await log(req, 'changed', { recid: record.recid }, record);
        if (way === 'rollback') throw new TakenBack();
      });
    }
    res.json({ committed: true });
  } catch (error) {
    if (error instanceof TakenBack) res.json({ committed: false });
    else next(error);
  }
});
app.get('/stats', (_req, res) => {
  res.json({ ...actionlog.announcer.stats, errors: Object.fromEntries(errors) });
});
const failed: ErrorRequestHandler = (error: { code?: unknown }, _req, res, _next) => {
  res.status(503).json({ code: error.code ?? String(error) });
};
app.use(failed);

const server = app.listen(port, '127.0.0.1', () => {
  console.log(`application server on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
