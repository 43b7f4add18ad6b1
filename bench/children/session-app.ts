/* Express with cookie-parser, alone or with this package's middleware. */
import type { Server } from 'node:http';
import cookieParser from 'cookie-parser';
import express from 'express';
import { type Actionlog, createActionlog, signedSession } from 'express-actionlog';
import { listenOn } from '../support/listen.ts';
import { serve } from '../support/serve.ts';

/** How the app is started. */
export interface SessionApp {
  way: 'alone' | 'middleware';
  database: string;
  secret: string;
  /** What it answers to whom is signed in. */
  answer: string;
}

let actionlog: Actionlog | undefined;
let server: Server | undefined;

export const api = serve({
  /** Resolves with the app's address. */
  async start({ way, database, secret, answer }: SessionApp): Promise<string> {
    const app = express();
    app.use(cookieParser());
    if (way === 'middleware') {
      const log = createActionlog({ database, session: signedSession({ secrets: [secret] }) });
      actionlog = log;
      await log.ready();
      app.use(log.middleware());
      app.post('/sign-in/:userid', (req, res) => {
        log.signIn(req, res, { userid: req.params.userid, gsid: 3, login: 'ann', groups: ['staff'] });
        res.end();
      });
      app.get('/', (req, res) => {
        res.type('text').send(req.actor ? answer : 'nobody');
      });
    } else {
      app.get('/', (_req, res) => {
        res.type('text').send(answer);
      });
    }
    const listening = await listenOn(app);
    server = listening.server;
    return listening.url;
  },
  async close() {
    server?.closeAllConnections();
    await actionlog?.close();
  },
});
