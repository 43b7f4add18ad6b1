import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Express } from 'express';

/** Has an application listen on a free port. */
export async function listenOn(app: Express): Promise<{ server: Server; url: string }> {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, url: `http://127.0.0.1:${address.port}` };
}

/** The cookie that a sign-in of an application answers with, as a request sends it back. */
export async function signIn(url: string): Promise<string> {
  const { headers } = await fetch(url, { method: 'POST' });
  const [cookie = ''] = headers.getSetCookie()[0]?.split(';') ?? [];
  if (cookie === '') throw new Error(`${url}: no cookie`);
  return cookie;
}
