import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import cookieParser from 'cookie-parser';
import express from 'express';
import { type Actionlog, createActionlog, signedSession } from '../../lib/index.ts';
import type { StreamServerOptions } from '../../lib/server/index.ts';
import type { FaultDatabase } from '../faults/database.ts';
import { type Child, startChild, steadyPort } from '../faults/processes.ts';
import { until } from '../faults/stand.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { newPrefix, redisUrl } from '../support/redis.ts';

export const secret = 'a-secret-for-what-is-behind-nginx-of-over-32-bytes';

/** An app and three streaming server nodes behind nginx, one host and port for all. */
export interface NginxStand extends AsyncDisposable {
  nginx: Nginx;
  /** `https://localhost:<port>` */
  origin: string;
  /** The app's own port, which nginx alone should reach. */
  appPort: number;
  nodePorts: [number, number, number];
  /** When the app was asked for the way to the streaming server, Unix time in milliseconds. */
  connects: number[];
  /** Ends a node in order, and starts it again on its port. */
  restart(port: number): Promise<void>;
  ready(port: number): Promise<boolean>;
}

export interface NginxStandNeeds {
  options?: StreamServerOptions;
  workerShutdownSeconds?: number;
}

export async function nginxStand(database: FaultDatabase, needs: NginxStandNeeds = {}): Promise<NginxStand> {
  const { options = {}, ...nginxNeeds } = needs;
  const started: (() => unknown)[] = [];
  const dispose = async () => {
    for (const end of started.splice(0).reverse()) await end();
  };
  const prefix = newPrefix();
  const nodePorts: [number, number, number] = [await steadyPort(), await steadyPort(), await steadyPort()];
  const nodes = new Map<number, Child>();
  const start = async (port: number) => {
    const given = JSON.stringify({ redis: redisUrl, prefix, secret, port, options });
    nodes.set(port, await startChild('test/integration/nginx-node.ts', [], { NGINX_NODE: given }));
  };
  const ready = (port: number) =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ status }) => status === 200,
      () => false,
    );
  const restart = async (port: number) => {
    const node = nodes.get(port);
    node?.process.kill('SIGTERM');
    const signal = await node?.ended;
    if (signal) throw new Error(`node ${port} ended by ${signal}, and not in order`);
    await start(port);
  };
  try {
    started.push(() => Promise.all([...nodes.values()].map((node) => node[Symbol.asyncDispose]())));
    await Promise.all(nodePorts.map(start));
    await until(async () => (await Promise.all(nodePorts.map(ready))).every(Boolean));
    const app = express();
    const server = app.listen(0, '127.0.0.1');
    started.push(
      () => server.close(),
      () => server.closeAllConnections(),
    );
    await once(server, 'listening');
    const appPort = (server.address() as AddressInfo).port;
    const nginx = await startNginx({ appPort, nodePorts, ...nginxNeeds });
    started.push(() => nginx[Symbol.asyncDispose]());
    const connects: number[] = [];
    app.use('/actionlog/connect', (_req, _res, next) => {
      connects.push(Date.now());
      next();
    });
    const actionlog = await addRoutes(app, database.url, nginx.relayPort);
    started.push(() => actionlog.close());
    const origin = `https://localhost:${nginx.port}`;
    return { nginx, origin, appPort, nodePorts, connects, restart, ready, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The app of the docs: it trusts nginx alone, and relays through it. */
async function addRoutes(app: express.Express, database: string, relayPort: number): Promise<Actionlog> {
  const secrets = [secret];
  const actionlog = createActionlog({
    database,
    session: signedSession({ secrets }),
    stream: { url: `http://127.0.0.1:${relayPort}`, publicUrl: '/actionlog/stream', secrets, timeoutMs: 1000 },
    announcer: { sweepAfterMs: 2100, sweepEveryMs: 500, leaseMs: 2000, retryWithinMs: 900 },
    onError: () => undefined, // nodes are restarted on purpose: what counts is what arrives
  });
  await actionlog.ready();
  app.set('trust proxy', '127.0.0.1');
  app.use(cookieParser(), actionlog.middleware());
  app.use('/actionlog', actionlog.routes());
  app.get('/', (_req, res) => {
    res.type('html').send('<!doctype html><title>app</title>');
  });
  app.get('/address', ({ ip, protocol, secure, hostname }, res) => {
    res.json({ ip, protocol, secure, hostname });
  });
  app.post('/sign-in/:gsid/:userid', (req, res) => {
    const { gsid, userid } = req.params;
    res.json(actionlog.signIn(req, res, { gsid, userid, login: `login${userid}` }));
  });
  app.post('/write/:recid', actionlog.requireActor(), async (req, res) => {
    const record = { rectype: 'item', recid: String(req.params['recid']) };
    const { announced } = await req.logaction('changed', { recid: record.recid }, record);
    if (req.query['wait'] !== undefined) await announced;
    res.json({ committed: true });
  });
  return actionlog;
}
