import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import express from 'express';
import { createActionlog } from '../../lib/index.ts';
import { createStreamServer } from '../../lib/server/index.ts';
import { nextWarning } from '../session/app.ts';
import { openPage } from '../support/pages.ts';
import { product, secret, secrets } from '../support/stage.ts';
import { serve } from './serve.ts';
import { consoleOf, symptomsOf } from './symptoms.ts';

const seen = symptomsOf('Between the servers');
/** In the environment, spaces stand between several. */
const plain = 'a-secret-for-the-environment-of-thirty-two-bytes';
const others = ['another secret, of thirty-two bytes too'];

const logOn = (url: string, given = secrets) =>
  createActionlog({
    database: 'sqlite::memory:',
    session: () => ({ userid: 1 }),
    stream: { url, secrets: given },
    announcer: { retryWithinMs: 3000 },
  });

async function streamServer(given = secrets) {
  const server = createStreamServer({ secrets: given });
  const { port } = await server.listen({ host: '127.0.0.1' });
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => server.close() };
}

test('no streaming server: one line, however many actions', async (t) => {
  const lines = consoleOf(t);
  await using _app = await serve(express()); // an app listens: it would not end while retries wait
  await using actionlog = logOn('http://127.0.0.1:1');
  const { logaction } = actionlog.as({ userid: 1 });
  const logged = await Promise.all(Array.from({ length: 20 }, () => logaction('updated', {}, product)));
  for (const { announced } of logged) assert.equal((await announced).status, 'deferred');
  assert.equal(lines.length, 1, lines.join('\n'));
  seen(lines[0] ?? '');
});

test('the address of the app, and not of the path that the server is attached on', async (t) => {
  const lines = consoleOf(t);
  await using at = await serve(express());
  await using server = createStreamServer({ secrets });
  server.attach(at.server);
  await using actionlog = logOn(at.origin);
  await (await actionlog.as({ userid: 1 }).logaction('updated', {}, product)).announced;
  assert.equal(lines.length, 1);
  seen(lines[0] ?? '');
});

test('another secret on one side: both sides say so, each naming the other', async (t) => {
  const lines = consoleOf(t);
  await using server = await streamServer(others);
  await using actionlog = logOn(server.url);
  await (await actionlog.as({ userid: 1 }).logaction('updated', {}, product)).announced;
  assert.equal(lines.length, 2, lines.join('\n'));
  const [theirs = '', ours = ''] = lines;
  seen(theirs);
  assert.match(theirs, /a relay from 127\.0\.0\.1 was/);
  seen(ours);
  assert.ok(ours.includes(server.url));
  for (const given of [...secrets, ...others]) assert.ok(!lines.join('').includes(given));
});

test('another secret on one side: a page', async (t) => {
  const lines = consoleOf(t);
  await using server = await streamServer(others);
  await assert.rejects(openPage(server.url, secret, { userid: '1', gsid: '1' }));
  assert.equal(lines.length, 1);
  seen(lines[0] ?? '');
});

/** The command's server, whose clock is five minutes ahead. */
async function serverAhead(t: TestContext) {
  const args = ['--import', 'tsx', '--import', './test/faults/child.ts', 'lib/cli/bin.ts', 'serve', '--port', '0'];
  const env = { ...process.env, STREAM_SECRET: plain, FAULT_CLOCK_MS: '300000' };
  const child = spawn(process.execPath, [...args, '--log-format', 'text'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const exit = once(child, 'exit');
  t.after(async () => {
    child.disconnect(); // as if its parent had gone
    await exit;
  });
  assert.ok(child.stdout);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    return done ? assert.fail('it has ended') : value;
  };
  const [url] = /http:\S+/.exec(await next()) ?? assert.fail('it does not say where it is');
  return { url, next };
}

test('two clocks apart', async (t) => {
  const lines = consoleOf(t);
  const server = await serverAhead(t);
  await using actionlog = logOn(server.url, [plain]);
  await (await actionlog.as({ userid: 1 }).logaction('updated', {}, product)).announced;
  assert.equal(lines.length, 1, lines.join('\n'));
  seen(lines[0] ?? '');
  assert.match(lines[0] ?? '', /stamp is (299|30\d) s behind this server's clock/);

  await assert.rejects(openPage(server.url, plain, { userid: '1', gsid: '1' }));
  let line = '';
  while (!line.includes('a page was refused: its token')) line = await server.next();
  seen(line);
});

test('a page over https, and a streaming server without', async () => {
  await using actionlog = logOn('http://127.0.0.1:9999');
  const app = express().use(actionlog.middleware()).use('/actionlog', actionlog.routes());
  await using at = await serve(app);
  const warning = nextWarning('ACTIONLOG_PUBLIC_URL');
  await (await fetch(`${at.origin}/actionlog/connect`, { headers: { 'x-forwarded-proto': 'https' } })).json();
  seen((await warning).message);
});
