/*
 * The route as one would write it without this package: cookie-parser's own signed cookie says who it is, the row is
 * inserted and awaited, and the event is handed over on a connection of its own, awaited as well.
 */
import cookieParser from 'cookie-parser';
import express, { type Express } from 'express';
import { plainInsert } from './plain-insert.ts';
import { rawNetCaller } from './raw-net-relay.ts';

/** @param port of the server that takes events, {@link rawNetCaller}'s peer */
export function naiveRoute({ database, port, secret }: { database: string; port: number; secret: string }): {
  app: Express;
  close(): Promise<void>;
} {
  const insert = plainInsert(database);
  const relay = rawNetCaller(port);
  const app = express();
  app.use(cookieParser(secret));
  app.post('/sign-in', (_req, res) => {
    res.cookie('user', { userid: 42, gsid: 3, login: 'ann' }, { signed: true, httpOnly: true }).end();
  });
  app.post('/products/:id', async (req, res) => {
    const user: { userid: number; gsid: number; login: string } | undefined = req.signedCookies['user'];
    if (!user) {
      res.sendStatus(401);
      return;
    }
    const recid = Number(req.params.id);
    const record = { rectype: 'product', recid };
    const changed = { message: `updated product ${recid}`, rawobj: { name: 'Lamp', price: 12 } };
    const alogid = await insert.write({ ...user, ...record, ...changed });
    const { userid, gsid, login } = user;
    const event = { type: 'update', sid: 0, gsid, userid, ...record, alogid, time: Date.now(), login };
    await relay.send(JSON.stringify(event));
    res.json({ saved: true });
  });
  return {
    app,
    async close() {
      await relay.close();
      await insert.close();
    },
  };
}
