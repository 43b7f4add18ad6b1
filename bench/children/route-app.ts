/* A whole Express application with one route that logs: the naive one, or this package's. */
import type { Server } from 'node:http';
import cookieParser from 'cookie-parser';
import express, { type Express } from 'express';
import { createActionlog, signedSession } from 'express-actionlog';
import { naiveRoute } from '../peers/naive-route.ts';
import { listenOn } from '../support/listen.ts';
import { monotonicMs } from '../support/load.ts';
import { serve } from '../support/serve.ts';

/** How the application is started. */
export interface RouteApp {
  way: 'naive' | 'logaction';
  database: string;
  secret: string;
  /** Of the streaming server, or of what takes the naive route's connections. */
  url: string;
}

let server: Server | undefined;
let closeApp: (() => Promise<void>) | undefined;
/** When the last event was acknowledged. */
let acknowledgedAt = 0;
/** What `onError` was told, by code. */
const errors = new Map<string, number>();

async function logactionRoute({ database, secret, url }: RouteApp): Promise<{ app: Express; close(): Promise<void> }> {
  const secrets = [secret];
  const actionlog = createActionlog({
    database,
    session: signedSession({ secrets }),
    stream: { url, secrets },
    onError(error) {
      const code = String((error as { code?: unknown }).code ?? error);
      errors.set(code, (errors.get(code) ?? 0) + 1);
    },
  });
  await actionlog.ready();
  const app = express();
  app.use(cookieParser(), actionlog.middleware());
  app.post('/sign-in', (req, res) => {
    actionlog.signIn(req, res, { userid: 42, gsid: 3, login: 'ann' });
    res.end();
  });
  app.post('/products/:id', actionlog.requireActor(), async (req, res) => {
    const recid = Number(req.params['id']);
    const changed = { name: 'Lamp', price: 12 };
    const { announced } = await req.logaction(`updated product ${recid}`, changed, { rectype: 'product', recid });
    announced.then(() => {
      acknowledgedAt = monotonicMs();
    });
    res.json({ saved: true });
  });
  app.post('/nothing', actionlog.requireActor(), (_req, res) => {
    res.json({ saved: true });
  });
  return { app, close: () => actionlog.close() };
}

export const api = serve({
  /** Resolves with the application's address. */
  async start(needs: RouteApp): Promise<string> {
    const { app, close } =
      needs.way === 'naive'
        ? naiveRoute({ ...needs, port: Number(new URL(needs.url).port) })
        : await logactionRoute(needs);
    closeApp = close;
    const listening = await listenOn(app);
    server = listening.server;
    return listening.url;
  },
  acknowledgedAt: () => acknowledgedAt,
  errors: () => Object.fromEntries(errors),
  async close() {
    server?.closeAllConnections();
    await closeApp?.();
  },
});
