import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import express from 'express';
import { WebSocketServer } from 'ws';
import { createStreamServer, type StreamServerOptions } from '../../lib/server/index.ts';
import { closeCodes } from '../../lib/stream/protocol.ts';
import { exchange, http, openPage, openSocket, relay, secret, silentLogger, updateOf } from './clients.ts';
import { handshakeOf, internalKey, messageOf, wssecret } from './gyroscope-clients.ts';

/** An Express app on a server of its own; `prepare` sets what it has before the streaming server is attached. */
async function startApp(
  prepare: (server: Server) => void = () => undefined,
  options: Partial<StreamServerOptions> = {},
) {
  const app = express();
  app.get('/', (_req, res) => void res.send('the app'));
  app.post('/actionlog/other', (_req, res) => void res.send('the app’s own'));
  const server = createServer(app);
  prepare(server);
  const stream = createStreamServer({ secrets: [secret], logger: silentLogger().logger, ...options });
  stream.attach(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dispose = async () => {
    await stream.close({ timeoutMs: 500 });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { server, stream, port, [Symbol.asyncDispose]: dispose };
}

describe('attached to an application’s server', () => {
  test('it takes relays and pages on its path, and the app keeps everything else', async () => {
    await using app = await startApp();
    const page = await openPage(app.port, '1', '7', { path: '/actionlog' });
    assert.equal((await relay(app.port, [updateOf()], { path: '/actionlog/relay' })).status, 202);
    assert.equal((await page.next()).recid, '5');
    assert.equal((await http(app.port)).text, 'the app');
    assert.equal((await http(app.port, { method: 'POST', path: '/actionlog/other' })).text, 'the app’s own');
    const { status, text } = await http(app.port, { method: 'POST', path: '/relay' });
    assert.equal(status, 404);
    assert.match(text, /Cannot POST/);
    assert.equal((await http(app.port, { path: '/livez' })).status, 404);
  });

  test('its refusals end in order there, too', async () => {
    await using app = await startApp();
    const head = 'POST /actionlog/relay HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n';
    const { text, how } = await exchange(app.port, [head, ...Array.from({ length: 50 }, () => Buffer.alloc(20_000))]);
    assert.equal(how, 'end');
    assert.match(text, /^HTTP\/1\.1 401 /);
  });

  test('an upgrade that is none of a web socket stays the plain request that it was', async () => {
    await using app = await startApp();
    const head =
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n';
    const { text, how } = await exchange(app.port, [head]);
    assert.match(text, /^HTTP\/1\.1 200 [\s\S]*the app/);
    assert.equal(how, 'end');
  });

  test('on Gyroscope’s wire too it takes no query of the application’s', async () => {
    const prepare = (server: Server) => {
      const sockets = new WebSocketServer({ noServer: true });
      server.on('upgrade', (req, socket, head) =>
        sockets.handleUpgrade(req, socket, head, (page) => page.send('chat')),
      );
    };
    await using app = await startApp(prepare, { compatibility: 'gyroscope', internalKey, wssecret });
    const chat = await openSocket(`ws://127.0.0.1:${app.port}/chat?WSSESSION=abc`, []);
    assert.equal(await chat.nextText(), 'chat');
    chat.socket.terminate();
  });

  test('anything but an http server is refused with what was given', async () => {
    await using stream = createStreamServer({ secrets: [secret] });
    assert.throws(() => stream.attach(express() as never), /is it the Express app\?/);
    assert.throws(() => stream.attach(undefined as never), TypeError);
  });

  test('an upgrade that nobody takes gets a 404 instead of hanging', async () => {
    await using app = await startApp();
    await assert.rejects(openSocket(`ws://127.0.0.1:${app.port}/chat`, []), { status: 404 });
  });

  test('other upgrade listeners keep their upgrades, set before or after, and never see ours', async () => {
    const seen: (string | undefined)[] = [];
    const chat = new WebSocketServer({ noServer: true });
    chat.on('connection', (socket) => socket.send('"chat"'));
    await using app = await startApp((server) => {
      server.on('upgrade', (req, socket, head) => {
        seen.push(req.url);
        if (req.url === '/chat') chat.handleUpgrade(req, socket, head, (page) => chat.emit('connection', page));
        else if (req.url !== '/late') socket.destroy();
      });
    });
    app.server.on('upgrade', (req, socket, head) => {
      if (req.url === '/late') chat.handleUpgrade(req, socket, head, (page) => chat.emit('connection', page));
    });
    const url = `ws://127.0.0.1:${app.port}`;
    const [chatting, late] = [await openSocket(`${url}/chat`, []), await openSocket(`${url}/late`, [])];
    assert.deepEqual([await chatting.next(), await late.next()], ['chat', 'chat']);
    const page = await openPage(app.port, '1', '7', { path: '/actionlog' });
    assert.equal(page.greeting.gsid, '1');
    assert.deepEqual(seen, ['/chat', '/late']);
    chatting.socket.terminate();
    late.socket.terminate();
  });

  test('a listener of ws’s own for another path does not get in its way', async () => {
    let own: WebSocketServer | undefined;
    await using app = await startApp((server) => {
      own = new WebSocketServer({ server, path: '/chat' });
    });
    await openPage(app.port, '1', '7', { path: '/actionlog' });
    const chatting = await openSocket(`ws://127.0.0.1:${app.port}/chat`, []);
    chatting.socket.terminate();
    own?.close();
  });

  test('with compatibility it takes Gyroscope’s relays on any path', async () => {
    await using app = await startApp(undefined, { compatibility: 'gyroscope', internalKey, wssecret });
    const page = await openPage(app.port, '1', '7', { path: '/actionlog' });
    const { text, how } = await exchange(app.port, [handshakeOf(1), messageOf()]);
    assert.deepEqual([how, text.slice(9, 12)], ['end', '101']);
    assert.equal((await page.next()).recid, '5');
  });

  test('closing closes its pages, detaches, and leaves the app’s server as it was', async () => {
    await using app = await startApp();
    const page = await openPage(app.port, '1', '7', { path: '/actionlog' });
    await app.stream.close();
    assert.equal((await page.closed).code, closeCodes.shutdown.code);
    assert.equal((await http(app.port)).text, 'the app');
    assert.equal((await http(app.port, { method: 'POST', path: '/actionlog/relay' })).status, 404);
    assert.equal(app.server.listenerCount('upgrade'), 0);
    assert.equal(app.server.listenerCount('request'), 1);
    assert.throws(() => app.stream.attach(app.server), { code: 'closed' });
  });

  test('two of them share one server, and close in any order', async () => {
    await using app = await startApp();
    const other = createStreamServer({ secrets: [secret], logger: silentLogger().logger });
    other.attach(app.server, { path: '/other' });
    app.stream.attach(app.server, { path: '/third' });
    for (const path of ['/actionlog', '/other', '/third']) await openPage(app.port, '1', '7', { path });
    await app.stream.close();
    await openPage(app.port, '1', '7', { path: '/other' });
    await assert.rejects(openPage(app.port, '1', '7', { path: '/actionlog' }), { status: 404 });
    assert.equal((await http(app.port)).text, 'the app');
    await other.close();
    assert.equal((await http(app.port)).text, 'the app');
  });

  test('another path may be named, and must be one', async () => {
    await using app = await startApp();
    app.stream.attach(app.server, { path: '/live/' });
    await openPage(app.port, '1', '7', { path: '/live?x=1' });
    assert.equal((await relay(app.port, [], { path: '/live/relay' })).status, 202);
    for (const path of ['live', '', '/a?b']) assert.throws(() => app.stream.attach(app.server, { path }), TypeError);
  });
});

test('listen settles where close comes meanwhile', async () => {
  const server = createStreamServer({ secrets: [secret] });
  const listening = server.listen().then(
    () => 'listening',
    (error) => error.code,
  );
  await server.close();
  assert.match(await listening, /^(listening|closed)$/);
});
