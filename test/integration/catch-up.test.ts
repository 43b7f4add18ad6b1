import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import cookieParser from 'cookie-parser';
import express from 'express';
import type { Browser, Page } from 'playwright-core';
import { type Actionlog, createActionlog, migrate, signedSession } from '../../lib/index.ts';
import { createStreamServer } from '../../lib/server/index.ts';
import { bundleClient } from '../browser/support/bundle.ts';
import { launchChromium } from '../support/chromium.ts';
import { createDatabase } from '../support/mariadb.ts';
import { type CutProxy, startCutProxy } from './cut-proxy.ts';

const secrets = ['a secret for the tests of thirty-two bytes'];
/** The machine may be busy with other tests. */
const patient = { connectTimeoutMs: 1_900 };
const client = bundleClient();
let browser: Promise<Browser> | undefined;
after(async () => (await browser)?.close());

/** A page that remembers all that its handlers get, and those of the pages before it in the same tab. */
const page = (since: number) => `<!doctype html><meta name="actionlog-since" content="${since}">
  <form action="/save" method="post"><button>Save</button></form>
  <script type="module">
    import { createActionlogClient } from '/client.js';
    window.updates = JSON.parse(sessionStorage.getItem('updates') ?? '[]');
    window.gaps = [];
    window.opened = [];
    window.client = createActionlogClient({ minDelayMs: 1, maxDelayMs: 50 });
    client.on('update', ({ alogid, own }) => {
      updates.push({ alogid, own });
      sessionStorage.setItem('updates', JSON.stringify(updates));
    });
    client.on('gap', ({ resolved }) => gaps.push(resolved));
    client.on('open', ({ recovered }) => opened.push(recovered));
  </script>`;

interface Stage {
  actionlog: Actionlog;
  proxy: CutProxy;
  /** Ends the streaming server; what is relayed meanwhile is deferred, until it is started anew. */
  stop(): Promise<void>;
  start(): Promise<void>;
  open(userid: string, gsid?: string): Promise<Page>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** An application on MariaDB, a streaming server, and a proxy between it and the pages. */
async function stage(): Promise<Stage> {
  const database = await createDatabase();
  await migrate({ database: database.url });
  let server = createStreamServer({ secrets });
  const { port } = await server.listen();
  const proxy = await startCutProxy(port);
  const actionlog = createActionlog({
    database: database.url,
    session: signedSession({ secrets, secure: false }),
    stream: { url: `http://127.0.0.1:${port}`, publicUrl: `ws://127.0.0.1:${proxy.port}`, secrets, ...patient },
    onError: () => undefined, // the streaming server is away for a while, and that is meant so
  });
  await actionlog.ready();
  const app = express();
  app.use(cookieParser(), actionlog.middleware(), express.urlencoded({ extended: false }));
  app.use('/actionlog', actionlog.routes());
  app.get('/client.js', async (_req, res) => {
    res.type('js').send(await client);
  });
  app.get('/sign-in/:gsid/:userid', (req, res) => {
    actionlog.signIn(req, res, { userid: req.params.userid, gsid: req.params.gsid });
    res.redirect('/');
  });
  app.post('/save', actionlog.requireActor(), async (req, res) => {
    await req.logaction('saved', {}, { rectype: 'product', recid: 1 });
    res.redirect(303, '/?saved');
  });
  app.get('/', (_req, res) => {
    res.type('html').send(page(Date.now()));
  });
  const listening = app.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const origin = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  browser ??= launchChromium();
  const contexts: { close(): Promise<void> }[] = [];
  return {
    ...{ actionlog, proxy },
    stop: () => server.close({ timeoutMs: 500 }),
    async start() {
      server = createStreamServer({ secrets });
      await server.listen({ port });
    },
    async open(userid, gsid = '3') {
      const context = await (await browser)?.newContext();
      assert.ok(context);
      contexts.push(context);
      const opened = await context.newPage();
      await opened.goto(`${origin}/sign-in/${gsid}/${userid}`);
      await opened.waitForFunction('client.status === "open"');
      return opened;
    },
    async [Symbol.asyncDispose]() {
      for (const context of contexts) await context.close();
      listening.closeAllConnections();
      await new Promise((resolve) => listening.close(resolve));
      await actionlog.close();
      await proxy[Symbol.asyncDispose]();
      await server.close({ timeoutMs: 500 });
      await database[Symbol.asyncDispose]();
    },
  };
}

/** What the page's handlers got, once it is all that is expected, and nothing twice. */
async function received(opened: Page, count: number): Promise<string[]> {
  await opened.waitForFunction(`updates.length >= ${count}`, undefined, { timeout: 30_000 });
  return await opened.evaluate<string[]>('updates.map(({ alogid }) => alogid)');
}

const ascending = (alogids: string[]) => alogids.toSorted((a, b) => Number(a) - Number(b));

test('two pages under repeated cuts get every event in their handlers, and each once', async () => {
  await using stand = await stage();
  const pages = await Promise.all([stand.open('42'), stand.open('43')]);
  const { logaction } = stand.actionlog.as({ userid: 7, gsid: 3 });
  const written: string[] = [];
  for (let n = 1; n <= 100; n += 1) {
    const { alogid } = await logaction(`change ${n}`, {}, { rectype: 'product', recid: n });
    written.push(alogid ?? '');
    if (n % 20 === 10) stand.proxy.cut();
    if (n % 20 === 0) await Promise.all(pages.map((one) => one.waitForFunction(`opened.length > ${n / 20}`)));
  }
  for (const opened of pages) {
    assert.deepEqual(ascending(await received(opened, 100)), written);
    const [first, ...returns] = await opened.evaluate<boolean[]>('opened');
    assert.ok(returns.length >= 5 && returns.every(Boolean), 'the streaming server remembered all of it');
    // A server that has only just started cannot tell what was there before it.
    assert.deepEqual(await opened.evaluate('gaps'), first ? [] : [true]);
  }
});

test('pages of two tenants under repeated cuts of 2 s get all that their own tenant wrote meanwhile, and each once', async () => {
  await using stand = await stage();
  const cuts = 5;
  const writtenBy = new Map<string, string[]>();
  const pages = new Map([
    ['3', await stand.open('42', '3')],
    ['4', await stand.open('42', '4')],
  ]);
  let over = false;
  const writing = [...pages.keys()].map(async (gsid) => {
    const written: string[] = [];
    writtenBy.set(gsid, written);
    const { logaction } = stand.actionlog.as({ userid: 7, gsid });
    while (!over) {
      const { alogid } = await logaction('changed', {}, { rectype: 'product', recid: written.length + 1 });
      written.push(alogid ?? '');
      await sleep(10);
    }
  });
  const all = (expression: string) => Promise.all([...pages.values()].map((one) => one.waitForFunction(expression)));
  for (let cut = 1; cut <= cuts; cut += 1) {
    await stand.proxy.cutFor(2000);
    await all(`opened.length > ${cut} && client.status === "open"`);
  }
  over = true;
  await Promise.all(writing);
  for (const [gsid, opened] of pages) {
    const written = writtenBy.get(gsid) ?? [];
    assert.ok(written.length > 100, `${written.length} actions`);
    assert.deepEqual(ascending(await received(opened, written.length)), written, `tenant ${gsid}`);
    assert.ok(!(await opened.evaluate<boolean[]>('gaps')).includes(false), 'no gap was left open');
  }
});

test('a restart of the streaming server is made good by the application server, and is said to the page', async () => {
  await using stand = await stage();
  const opened = await stand.open('42');
  const sid = await opened.evaluate('client.sid');
  const { logaction } = stand.actionlog.as({ userid: 7, gsid: 3 });
  const written: string[] = [];
  const log = async (message: string) => {
    const { alogid } = await logaction(message, {}, { rectype: 'product', recid: 1 });
    written.push(alogid ?? '');
  };
  await log('live');
  await received(opened, 1);
  await stand.stop();
  await log('while it is down');
  await stand.start();
  await opened.waitForFunction('opened.length > 1 && gaps.length > 0');
  assert.deepEqual(ascending(await received(opened, 2)), written);
  assert.deepEqual(new Set(await opened.evaluate<boolean[]>('gaps')), new Set([true]));
  assert.equal((await opened.evaluate<boolean[]>('opened')).at(-1), false);
  assert.equal(await opened.evaluate('client.sid'), sid, 'the same page to its own events');
});

test('after a form post and its redirect the page knows the form’s change for its own', async () => {
  await using stand = await stage();
  const opened = await stand.open('42');
  const colleague = await stand.open('43');
  const sid = await opened.evaluate('client.sid');
  await opened.click('button');
  await opened.waitForURL('**/?saved');
  await opened.waitForFunction('window.opened?.length === 1 && updates.length === 1');
  assert.deepEqual(await opened.evaluate('updates.map(({ own }) => own)'), [true]);
  assert.equal(await opened.evaluate('client.sid'), sid);
  await received(colleague, 1);
  assert.deepEqual(await colleague.evaluate('updates.map(({ own }) => own)'), [false]);

  // A duplicated tab has the storage of the tab, and yet an id of its own: the form's change is not its.
  const opening = opened.context().waitForEvent('page');
  await opened.evaluate('window.open(location.href); undefined');
  const duplicate = await opening;
  await duplicate.waitForFunction('window.client?.status === "open"');
  assert.notEqual(await duplicate.evaluate('client.sid'), sid);
  assert.equal(await opened.evaluate('client.status'), 'open', 'and nobody was replaced');
});
