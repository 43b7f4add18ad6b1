import { fromNodeHeaders, toNodeHandler } from 'better-auth/node';
import express from 'express';
import { createActionlog, streamFromEnv } from 'express-actionlog';
import { auth, pool } from './auth.ts';

const { PORT = '3000' } = process.env;

export const actionlog = createActionlog({
  database: pool, // one for both
  session: async (req) => {
    const found = await auth.api.getSession({ headers: fromNodeHeaders(req.headers) });
    if (!found) return undefined;
    const { user, session } = found;
    return {
      userid: user.id, // text, such as "Xk3v…": the table needs --ids text
      login: user.email,
      dispname: user.name,
      sessionId: session.id,
      signedInAt: session.createdAt.getTime(),
      endsAt: session.expiresAt.getTime(),
    };
  },
  stream: streamFromEnv(process.env),
});

const app = express();
app.all('/api/auth/{*any}', toNodeHandler(auth)); // before express.json(): it reads the body itself
app.use(actionlog.middleware(), express.json());
app.use('/actionlog', actionlog.routes());

app.post('/sign-out', actionlog.requireActor(), async (req, res) => {
  actionlog.signOut(req, res); // closes the pages of this session
  const { headers } = await auth.api.signOut({ headers: fromNodeHeaders(req.headers), returnHeaders: true });
  res.setHeader('Set-Cookie', headers.getSetCookie()).status(204).end();
});

app.post('/products/:id', actionlog.requireActor(), async (req, res) => {
  const { id } = req.params;
  await req.logaction(`updated product ${id}`, req.body, { rectype: 'product', recid: id });
  res.json({ saved: true });
});

export const server = app.listen(Number(PORT));
export const end = () => pool.end();
