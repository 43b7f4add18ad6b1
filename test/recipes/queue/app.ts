import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import cookieParser from 'cookie-parser';
import express from 'express';
import { actorOf, createActionlog, signedSession, streamFromEnv } from 'express-actionlog';
import { queueName, type Repricing } from './repricing.ts';

const {
  DATABASE_URL = 'mysql://app@127.0.0.1/erp',
  PORT = '3000',
  REDIS_URL = 'redis://127.0.0.1:6379',
  SESSION_SECRET = '',
} = process.env;

export const queue = new Queue<Repricing>(queueName, { connection: { url: REDIS_URL } });
export const actionlog = createActionlog({
  database: DATABASE_URL,
  session: signedSession({ secrets: [SESSION_SECRET] }),
  stream: streamFromEnv(process.env),
});

const app = express();
app.use(cookieParser(), actionlog.middleware(), express.json());
app.use('/actionlog', actionlog.routes());
app.post('/sign-in', (req, res) => {
  res.json(actionlog.signIn(req, res, { userid: 42, gsid: 3, login: 'ann' })); // check a password here
});

app.post('/products/:id/price', actionlog.requireActor(), async (req, res) => {
  const { userid, gsid, login } = actorOf(req); // who is acting: from the session, never from the body
  const { price } = req.body as { price: number };
  const { id: productid } = req.params;
  const wssid = req.get('Actionlog-Connection') ?? '0';
  const attempts = { attempts: 5, backoff: { type: 'exponential', delay: 100 } };
  // a job id of our own: those that the queue counts begin anew once Redis is emptied
  const data: Repricing = { by: { userid, gsid, login }, wssid, productid, price };
  const job = await queue.add('reprice', data, { jobId: randomUUID(), ...attempts });
  res.status(202).json({ job: job.id });
});

export const server = app.listen(Number(PORT));
export const end = () => queue.close();
