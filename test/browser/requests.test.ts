import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionField, connectionHeader } from '../../lib/stream/protocol.ts';
import { type PageNeeds, type TestPage, useChromium } from './support/pages.ts';
import { type Peer, startPeer } from './support/peer.ts';

const openPage = useChromium();

async function openGreeted(peer: Peer, needs?: PageNeeds): Promise<TestPage & { sid: number }> {
  const page = await openPage(peer, needs);
  const { sid } = await peer.sockets.next();
  await page.status('open');
  return Object.assign(page, { sid });
}

/** What a click on the page's button sends. */
async function send(page: TestPage, peer: Peer) {
  await page.page.click('button');
  const { method, path, body } = await peer.requests.next(({ path }) => path !== '/favicon.ico');
  const query = new URL(path, peer.origin).searchParams;
  return { method, path, body, field: new URLSearchParams(body).get(connectionField), query };
}

test('A form posted to the own origin carries the connection id, and the document stays as it is', async () => {
  await using peer = await startPeer();
  const body = '<form action="/take" method="POST"><input name="name" value="pen"><button>Save</button></form>';
  await using page = await openGreeted(peer, { body });
  const before = await page.get('document.forms[0].outerHTML');
  assert.equal(await page.get(`new FormData(document.forms[0]).get('${connectionField}')`), String(page.sid));
  assert.equal(await page.get('document.forms[0].outerHTML'), before);
  const sent = await send(page, peer);
  assert.deepEqual([sent.method, sent.path, sent.body], ['POST', '/take', `name=pen&${connectionField}=${page.sid}`]);
});

test('Fields that are called action and method do not hide where a form goes', async () => {
  await using peer = await startPeer();
  const fields = '<input name="action" value="http://elsewhere.example"><input name="method" value="get">';
  const body = `<form action="/take" method="post">${fields}<button>Save</button></form>`;
  await using page = await openGreeted(peer, { body });
  assert.equal((await send(page, peer)).field, String(page.sid));
});

test('A form that is not posted carries no connection id', async () => {
  await using peer = await startPeer();
  await using page = await openGreeted(peer, {
    body: '<form action="/find"><button name="q" value="1">Go</button></form>',
  });
  assert.deepEqual([...(await send(page, peer)).query.keys()], ['q']);
});

test('A form posted to another origin carries no connection id', async () => {
  await using peer = await startPeer();
  await using other = await startPeer();
  const body = `<form action="${other.origin}/take" method="post"><button>Save</button></form>`;
  await using page = await openGreeted(peer, { body });
  assert.equal((await send(page, other)).field, null);
});

test('The method and address of the button count before those of its form', async () => {
  await using peer = await startPeer();
  await using other = await startPeer();
  const away = `<form action="/take" method="post"><button formaction="${other.origin}/take">Save</button></form>`;
  await using leaving = await openGreeted(peer, { body: away });
  assert.equal((await send(leaving, other)).field, null);
  const find = '<form action="/take" method="post"><button formmethod="get" name="q" value="1">Find</button></form>';
  await using finding = await openGreeted(peer, { body: find });
  assert.deepEqual([...(await send(finding, peer)).query.keys()], ['q']);
  const post = '<form action="/take"><button formmethod="post">Save</button></form>';
  await using posting = await openGreeted(peer, { body: post });
  assert.equal((await send(posting, peer)).field, String(posting.sid));
});

test('Forms are left alone where told so, and before the page has a connection id', async () => {
  await using peer = await startPeer();
  const body = '<form action="/take" method="post"><button>Save</button></form>';
  await using without = await openGreeted(peer, { body, options: { forms: false } });
  assert.equal((await send(without, peer)).field, null);
  peer.greets = false;
  await using early = await openPage(peer, { body });
  await peer.sockets.next();
  assert.equal((await send(early, peer)).field, null);
});

test('Requests by fetch() of the client name the connection id, and keep what the caller gave', async () => {
  await using peer = await startPeer();
  await using page = await openGreeted(peer);
  const headerOf = async (call: string) => {
    await page.get(`${call}.then(() => undefined)`);
    return peer.requests.next(({ path }) => path === '/take');
  };
  const calls = [
    `client.fetch('take', { method: 'PUT', body: 'text', headers: { 'x-mine': 'kept' } })`,
    `client.fetch(new URL('/take', location), { method: 'PUT', body: 'text', headers: [['x-mine', 'kept']] })`,
    `client.fetch(new Request('/take', { method: 'PUT', body: 'text', headers: { 'x-mine': 'kept' } }))`,
    `client.fetch(new Request('/take', { headers: { 'x-mine': 'lost' } }), { method: 'PUT', body: 'text', headers: { 'x-mine': 'kept' } })`,
  ];
  for (const call of calls) {
    const { method, body, headers } = await headerOf(call);
    assert.deepEqual(
      [method, body, headers['x-mine'], headers[connectionHeader]],
      ['PUT', 'text', 'kept', String(page.sid)],
      call,
    );
  }
  const taken = await headerOf(`(({ fetch }) => fetch('/take'))(client)`);
  assert.equal(taken.headers[connectionHeader], String(page.sid));
});

test('Another origin is not told the connection id, nor is a base address that leads there', async () => {
  await using peer = await startPeer();
  await using other = await startPeer();
  await using page = await openGreeted(peer, { body: `<base id="base">` });
  await page.get(`client.fetch('${other.origin}/take').then(() => undefined)`);
  await page.get(`base.href = '${other.origin}'; client.fetch('/based').then(() => undefined)`);
  for (const path of ['/take', '/based']) {
    const { method, headers } = await other.requests.next((request) => request.path === path);
    assert.equal(method, 'GET', 'the header would have made the browser ask first');
    assert.equal(headers[connectionHeader], undefined);
  }
});

test("A request that cannot be made rejects, as it does with the page's own fetch", async () => {
  await using peer = await startPeer();
  await using page = await openGreeted(peer);
  assert.equal(await page.get(`client.fetch('http://:none').catch((error) => error.name)`), 'TypeError');
});
