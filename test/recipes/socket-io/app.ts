import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import cookieParser from 'cookie-parser';
import express from 'express';
import { createActionlog, signedSession } from 'express-actionlog';
import { createStreamServer } from 'express-actionlog/server';
import { Server } from 'socket.io';

const { DATABASE_URL = 'sqlite:./actionlog.db', PORT = '3000', SESSION_SECRET = '', STREAM_SECRET = '' } = process.env;

const app = express();
export const server = createServer(app);

// What the app has had all along: on /socket.io.
const io = new Server(server);
io.on('connection', (socket) => {
  socket.on('say', (text) => io.emit('said', text));
});

// What is new: on /actionlog. After Socket.IO, which then never sees what is taken here.
const stream = createStreamServer({ secrets: [STREAM_SECRET] });
stream.attach(server, { path: '/actionlog' });
server.listen(Number(PORT));
await once(server, 'listening');

const { port } = server.address() as AddressInfo;
export const actionlog = createActionlog({
  database: DATABASE_URL,
  session: signedSession({ secrets: [SESSION_SECRET] }),
  stream: { url: `http://127.0.0.1:${port}/actionlog`, publicUrl: '/actionlog', secrets: [STREAM_SECRET] },
});

app.use(cookieParser(), actionlog.middleware(), express.json());
app.use('/actionlog', actionlog.routes());
app.post('/sign-in', (req, res) => {
  res.json(actionlog.signIn(req, res, { userid: 42, gsid: 3, login: 'ann' })); // check a password here
});
app.post('/products/:id', actionlog.requireActor(), async (req, res) => {
  const { id } = req.params;
  await req.logaction(`updated product ${id}`, req.body, { rectype: 'product', recid: id });
  res.json({ saved: true });
});

/** Ends in order: the pages are told when to come back. */
export async function end() {
  await Promise.all([stream.close(), io.close()]);
}
