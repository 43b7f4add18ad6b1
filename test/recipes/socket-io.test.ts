import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { io as connect, type Socket } from 'socket.io-client';
import WebSocket from 'ws';
import { browserOf } from './browser-of.ts';
import { atEndOf, secret, startRecipe } from './recipe.ts';

const heard = (socket: Socket, event: string) => new Promise<unknown>((resolve) => socket.once(event, resolve));

test('Socket.IO on the same http server: both live side by side', async (t) => {
  const atEnd = atEndOf(t);
  const load = () => import('./socket-io/app.ts');
  const env = { DATABASE_URL: 'sqlite::memory:', SESSION_SECRET: secret, STREAM_SECRET: secret };
  const { url } = await startRecipe(atEnd, env, load);
  const ann = browserOf(url);
  await ann.ask('/sign-in', {});
  const page = await ann.page();

  for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
    const socket = connect(url, { transports, forceNew: true, reconnection: false });
    atEnd(() => socket.close());
    await heard(socket, 'connect');
    const said = heard(socket, 'said');
    socket.emit('say', transports.join());
    assert.equal(await said, transports.join());
  }
  await ann.ask('/products/7', {});
  await page.until(1);

  // Socket.IO ends, after a second, what upgrades elsewhere and is nobody's; the page is none of that
  const nobodys = new WebSocket(`${url.replace('http', 'ws')}/elsewhere`);
  const [error] = (await once(nobodys, 'error')) as [Error];
  assert.match(error.message, /socket hang up|ECONNRESET/);
  await ann.ask('/products/8', {});
  const events = await page.until(2);
  assert.deepEqual(
    events.map(({ recid }) => recid),
    ['7', '8'],
  );
  assert.equal((await ann.ask('/socket.io/?EIO=4&transport=polling')).status, 200);
});
