import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import cookieParser from 'cookie-parser';
import express, { type Express } from 'express';
import { agent } from 'supertest';
import {
  type Actionlog,
  type ActionlogOptions,
  createActionlog,
  signedSession,
  type ViewerOptions,
} from '../../../lib/index.ts';
import { createStreamServer } from '../../../lib/server/index.ts';

export const secrets = ['a secret for the tests of thirty-two bytes'];

/** What a test's app with a viewer is made of. */
export interface ViewedNeeds {
  actionlog?: Partial<ActionlogOptions>;
  viewer?: Partial<ViewerOptions>;
  /** Where the viewer is mounted; default `/activity`. */
  path?: string;
  /** Whether there is a streaming server; default true. */
  streams?: boolean;
  /** Does something to the app before the viewer is mounted. */
  prepare?: (app: Express) => void;
}

/** An app whose only page is the viewer, listening, with a streaming server attached. */
export interface Viewed extends AsyncDisposable {
  origin: string;
  /** Address of the viewer. */
  url: string;
  server: Server;
  actionlog: Actionlog;
  errors: unknown[];
  /** Writes an entry of a user of tenant 1, or of the user given. */
  log(
    message: string,
    rawobj?: unknown,
    record?: { rectype: string; recid: string | number },
    by?: By,
  ): Promise<string>;
  /** A client with the cookie of a user who is signed in, `userid/gsid`; the login is `login<userid>`. */
  visitor(user?: string): Promise<ReturnType<typeof agent>>;
}

interface By {
  userid?: number;
  gsid?: number;
  login?: string;
}

export async function startViewed(needs: ViewedNeeds = {}): Promise<Viewed> {
  const { path = '/activity', streams = true } = needs;
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const streaming = createStreamServer({ secrets });
  const errors: unknown[] = [];
  const session = signedSession({ secrets, secure: false });
  const stream = { url: `${origin}/actionlog`, publicUrl: '/actionlog', secrets };
  const actionlog = createActionlog({
    ...{ database: 'sqlite::memory:', session, signInUrl: '/sign-in' },
    ...(streams ? { stream } : {}),
    onError: (error) => errors.push(error),
    ...needs.actionlog,
  });
  await actionlog.ready();

  const app = express();
  app.set('env', 'test'); // keeps Express from printing errors
  needs.prepare?.(app);
  app.use(cookieParser(), actionlog.middleware());
  app.get('/sign-in', (req, res) => {
    const [userid = '42', gsid = '1'] = String(req.query['as'] ?? '').split('/');
    res.json(actionlog.signIn(req, res, { userid, gsid, login: `login${userid}` }));
  });
  app.use(path, actionlog.viewer({ authorize: ({ actor }) => actor.userid !== '13', ...needs.viewer }));
  server.on('request', app);
  streaming.attach(server);
  return {
    ...{ origin, url: `${origin}${path}`, server, actionlog, errors },
    async log(message, rawobj = {}, record = undefined, by = {}) {
      const { userid = 7, gsid = 1, login = 'ann' } = by;
      const { alogid = '' } = await actionlog.as({ userid, gsid, login }).logaction(message, rawobj, record);
      return alogid;
    },
    async visitor(user = '42/1') {
      const visitor = agent(origin);
      await visitor.get(`/sign-in?as=${user}`).expect(200);
      return visitor;
    },
    async [Symbol.asyncDispose]() {
      await actionlog.close();
      await streaming.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
