/** An app in TypeScript that uses the package as an app of its own project does; it is checked, not run. */
export const typedApp = `import cookieParser from 'cookie-parser';
import express from 'express';
import { type Actor, actorOf, createActionlog, gyroscopeSession, signedSession, streamFromEnv } from 'express-actionlog';
import { type ActionlogClient, createActionlogClient } from 'express-actionlog/browser';
import { createStreamServer } from 'express-actionlog/server';

const app = express();
const actionlog = createActionlog({
  database: 'mysql://app@127.0.0.1/erp',
  session: signedSession({ secrets: ['x'] }),
  stream: streamFromEnv(process.env),
});
app.use(cookieParser(), actionlog.middleware());
app.use('/activity', actionlog.viewer({ authorize: (req) => req.actor.groups.includes('admins') && req.ip !== undefined }));
app.get('/me', actionlog.requireGroup('users'), (req, res) => res.json(req.actor?.gsid));
app.post('/products/:id', actionlog.requireActor(), async (req, res) => {
  const id: string = req.params.id; // a guard before a handler leaves its parameters as they are
  const actor: Actor = actorOf(req);
  const { alogid, announced } = await req.logaction('updated', { by: actor.login }, { rectype: 'product', recid: id });
  const { status }: { status: 'sent' | 'nothing' | 'off' | 'deferred' | 'rolled-back' | 'failed' } = await announced;
  res.json({ alogid, status });
});
createActionlog({ database: 'sqlite:x', session: (req) => ({ userid: req.ip ?? 0 }) });
createActionlog({ compatibility: 'gyroscope', database: 'mysql://x/y', session: gyroscopeSession({ saltroot: 's' }) });
const server = createStreamServer({ secrets: ['x'] });
export const { port }: { port: number } = await server.listen({ port: 0, host: '127.0.0.1' });
export const client: ActionlogClient = createActionlogClient();
client.on('update', ({ own, recid }) => [own satisfies boolean, recid satisfies string]);
// @ts-expect-error who may look must be said
actionlog.viewer({ title: 'Activity' });
// @ts-expect-error an actor is not made by writing one down
export const forged: Actor = { userid: '1', gsid: '1', login: '', dispname: '', groups: [], gsexpiry: undefined, gstier: undefined };
// @ts-expect-error a record has a type
await actionlog.as({ userid: 1 }).logaction('x', {}, { recid: 1 });
`;
