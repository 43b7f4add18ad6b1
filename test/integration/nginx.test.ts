import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { StreamKeys } from '../../lib/stream/keys.ts';
import { type FaultDatabase, sharedDatabase } from '../faults/database.ts';
import { launchChromium } from '../support/chromium.ts';
import { type NginxStand, nginxStand, secret } from './nginx-stand.ts';

interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  text: string;
}

async function ask(url: string, options: RequestOptions = {}): Promise<Answer> {
  const send = url.startsWith('https:') ? request : httpRequest;
  return await new Promise((resolve, reject) => {
    const outgoing = send(url, { agent: false, ...options }, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += chunk;
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
    });
    outgoing.once('error', reject).end();
  });
}

const forged = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'http',
  'x-forwarded-host': 'evil.example',
  'x-real-ip': '203.0.113.9',
  forwarded: 'for=203.0.113.9;proto=http;host=evil.example',
};

describe('behind nginx', () => {
  let database: FaultDatabase;
  let stand: NginxStand;
  before(async () => {
    database = await sharedDatabase();
    stand = await nginxStand(database, { options: { maxConnectionsPerUser: 1 } });
  });
  after(async () => {
    await stand?.[Symbol.asyncDispose]();
    await database?.[Symbol.asyncDispose]();
  });
  const ca = () => stand.nginx.certificate;
  const get = (path: string, options: RequestOptions = {}) =>
    ask(`${stand.origin}${path}`, { ca: ca(), host: '127.0.0.1', servername: 'localhost', ...options });

  /** Opens a page's web socket; resolves with the status of the answer, 101 where it is taken. */
  const open = async (userid: string, headers: Record<string, string> = {}) => {
    const token = await new StreamKeys([secret]).issueToken({ gsid: '1', userid, login: 'ann' });
    const url = `wss://localhost:${stand.nginx.port}/actionlog/stream`;
    const socket = new WebSocket(url, ['actionlog', `bearer.${token}`], { ca: ca(), headers });
    const status = await new Promise<number>((resolve) => {
      socket.once('message', () => resolve(101));
      socket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode ?? 0));
      socket.once('error', () => resolve(0));
    });
    socket.on('error', () => undefined);
    return { status, socket };
  };

  test('the app sees the browser’s address, scheme and host, whatever a browser claims', async () => {
    for (const headers of [{}, forged]) {
      const { text } = await get('/address', { headers, localAddress: '127.0.0.7' });
      const expected = { ip: '127.0.0.7', protocol: 'https', secure: true, hostname: 'localhost' };
      assert.deepEqual(JSON.parse(text), expected);
    }
  });

  test('what does not come from the proxy is not believed about where it comes from', async () => {
    const url = `http://127.0.0.1:${stand.appPort}/address`;
    const { text } = await ask(url, { headers: forged, localAddress: '127.0.0.7' });
    const expected = { ip: '127.0.0.7', protocol: 'http', secure: false, hostname: '127.0.0.1' };
    assert.deepEqual(JSON.parse(text), expected);
  });

  test('a secure session cookie works, and the app’s own paths go to the app', async () => {
    const signIn = await get('/sign-in/1/7', { method: 'POST' });
    const [line = ''] = signIn.headers['set-cookie'] ?? [];
    assert.match(line, /^actionlog_session=[^;]+; Path=\/; HttpOnly; Secure/);
    const cookie = line.split(';')[0] ?? '';
    const connect = await get('/actionlog/connect', { headers: { cookie } });
    assert.equal(JSON.parse(connect.text).url, '/actionlog/stream');
    assert.equal((await get('/actionlog/connect')).status, 401);
    const entries = await get(`/actionlog/entries?since=${Date.now()}`, { headers: { cookie } });
    assert.deepEqual([entries.status, JSON.parse(entries.text).entries], [200, []]);
    const client = await get('/actionlog/client.js');
    assert.deepEqual([client.status, /javascript/.test(String(client.headers['content-type']))], [200, true]);
  });

  test('relays, metrics and health of a node are not to be had from outside', async () => {
    for (const path of ['/relay', '/actionlog/relay', '/actionlog/stream/relay', '/actionlog/stream/../relay']) {
      assert.equal((await get(path, { method: 'POST' })).status, 404, path);
    }
    assert.equal((await get('/actionlog/stream', { method: 'POST' })).status, 403);
    for (const path of ['/readyz', '/livez', '/metrics', '/actionlog/stream/metrics', '/actionlog/stream']) {
      assert.equal((await get(path)).status, 404, path);
    }
    const inner = `http://127.0.0.1:${stand.nginx.relayPort}`;
    assert.equal((await ask(`${inner}/readyz`)).status, 404);
    assert.equal((await ask(`${inner}/relay`, { method: 'POST' })).status, 401, 'a relay is signed');
  });

  test('a node’s limits are of a user, whatever address he claims: three nodes take one page each', async () => {
    const claims: Record<string, string>[] = [{}, forged, { 'x-forwarded-for': '198.51.100.1, 198.51.100.2' }];
    const answers: Awaited<ReturnType<typeof open>>[] = [];
    for (let turn = 0; turn < 12; turn += 1) answers.push(await open('21', claims[turn % 3]));
    const statuses = answers.map(({ status }) => status);
    assert.deepEqual(
      [101, 429].map((status) => statuses.filter((one) => one === status).length),
      [3, 9],
    );
    for (const { socket } of answers) socket.terminate();
  });

  test('a page in Chromium connects by wss through nginx, and gets the events of others', async () => {
    const browser = await launchChromium();
    try {
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const page = await context.newPage();
      const sockets: string[] = [];
      page.on('websocket', (socket) => sockets.push(socket.url()));
      await page.goto(stand.origin);
      assert.equal((await page.request.post(`${stand.origin}/sign-in/1/31`)).status(), 200);
      await page.evaluate(`(async () => {
        const { createActionlogClient } = await import('/actionlog/client.js');
        window.events = [];
        window.client = createActionlogClient();
        window.client.on('update', (event) => window.events.push(event));
      })()`);
      await page.waitForFunction("window.client.status === 'open'", undefined, { polling: 20 });
      assert.deepEqual(sockets, [`wss://localhost:${stand.nginx.port}/actionlog/stream`]);
      const others = await browser.newContext({ ignoreHTTPSErrors: true });
      await others.request.post(`${stand.origin}/sign-in/1/32`);
      assert.equal((await others.request.post(`${stand.origin}/write/12`)).status(), 200);
      await page.evaluate("window.client.fetch('/write/13', { method: 'POST' })");
      await page.waitForFunction('window.events.length >= 2', undefined, { polling: 20 });
      const got = await page.evaluate('window.events.map(({ recid, own, userid }) => [recid, own, userid])');
      assert.deepEqual(got, [
        ['12', false, '32'],
        ['13', true, '31'],
      ]);
    } finally {
      await browser.close();
    }
  });
});
