import cookieParser from 'cookie-parser';
import express from 'express';
import {
  type Actionlog,
  type ActionlogError,
  type ActionlogOptions,
  createActionlog,
  signedSession,
} from '../../lib/index.ts';
import { createStreamServer } from '../../lib/server/index.ts';

export const secrets = ['a secret for the tests of thirty-two bytes'];
export const [secret = ''] = secrets;
export const product = { rectype: 'product', recid: 12 };

/** An action log in memory and a streaming server of its own; what nobody awaits is kept in `errors`. */
export async function stage(options: Partial<ActionlogOptions> = {}) {
  const server = createStreamServer({ secrets });
  const { port } = await server.listen();
  const url = `http://127.0.0.1:${port}`;
  const errors: ActionlogError[] = [];
  const actionlog = createActionlog({
    database: 'sqlite::memory:',
    session: signedSession({ secrets }),
    stream: { url, secrets },
    onError: (error) => errors.push(error as ActionlogError),
    ...options,
  });
  return {
    ...{ server, url, errors, actionlog },
    async [Symbol.asyncDispose]() {
      await actionlog.close();
      await server.close();
    },
  };
}

/** An Express app with sign-in, a guarded route that logs, and one without a guard. */
export function shop(actionlog: Actionlog) {
  const app = express();
  app.use(cookieParser(), actionlog.middleware(), express.urlencoded());
  app.use('/actionlog', actionlog.routes());
  app.post('/sign-in/:gsid/:userid', (req, res) => {
    const { gsid, userid } = req.params;
    res.json(actionlog.signIn(req, res, { gsid, userid, login: `login${userid}` }));
  });
  app.post('/sign-out', (req, res) => {
    actionlog.signOut(req, res);
    res.end();
  });
  app.post('/products/:id', actionlog.requireActor(), async (req, res) => {
    const { alogid, announced } = await req.logaction(
      'updated',
      {},
      { rectype: 'product', recid: String(req.params['id']) },
    );
    res.json({ alogid, announcement: await announced });
  });
  app.post('/open', async (req, res) => {
    await req.logaction('no guard before this');
    res.end();
  });
  return app;
}
