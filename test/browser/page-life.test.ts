import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageUrl, testPage, useChromium } from './support/pages.ts';
import { startPeer } from './support/peer.ts';

const openPage = useChromium();

test('A page without network gives the connection up, and is back as soon as the network is', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer, { clock: true }); // no timer runs: it must not wait for one
  const first = await peer.sockets.next();
  await page.status('open');
  await page.context.setOffline(true);
  await page.status('offline');
  await first.closed;
  await page.page.clock.runFor(120_000);
  assert.equal(peer.asked, 1);
  await page.context.setOffline(false);
  await page.status('open');
  assert.equal((await peer.sockets.next()).sid, first.sid);
});

test('A page that starts without network waits for it', async () => {
  await using peer = await startPeer();
  const script = `Object.defineProperty(navigator, 'onLine', { value: false, configurable: true });`;
  await using page = await openPage(peer, { script });
  await page.status('offline');
  assert.equal(peer.asked, 0);
  await page.get('client.connect()');
  assert.equal(await page.get('client.status'), 'offline');
  await page.get('delete navigator.onLine; dispatchEvent(new Event("online"))');
  await page.status('open');
});

test('Without network nothing changes for a page that is not to connect', async () => {
  await using peer = await startPeer();
  peer.answer = () => 401;
  await using page = await openPage(peer);
  await page.status('signed-out');
  await page.get('dispatchEvent(new Event("offline")); dispatchEvent(new Event("online"))');
  assert.equal(await page.get('client.status'), 'signed-out');
  assert.equal(peer.asked, 1);
});

test('The page that a posted form leads to has the connection id of the page before', async () => {
  await using peer = await startPeer();
  const body = '<form action="/save" method="post"><button>Save</button></form>';
  await using page = await openPage(peer, { body });
  const first = await peer.sockets.next();
  await page.status('open');
  await page.page.click('button');
  const second = await peer.sockets.next();
  assert.deepEqual(second.protocols.slice(2), [`resume.sid-${first.sid}`]);
  await page.page.waitForURL('**/?saved');
  await page.status('open');
  assert.equal(await page.get('client.sid'), first.sid);
  assert.equal(await page.get('sessionStorage.length'), 0, 'read and removed');
});

test('A tab that is opened with a copy of the storage has a connection id of its own', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer);
  const first = await peer.sockets.next();
  await page.status('open');
  const opened = page.context.waitForEvent('page');
  await page.get('sessionStorage.setItem("copied", "yes"); window.open(location.href); undefined');
  await using copy = testPage(await opened);
  const second = await peer.sockets.next();
  await copy.status('open');
  assert.equal(await copy.get('sessionStorage.getItem("copied")'), 'yes');
  assert.deepEqual(second.protocols, ['actionlog', 'bearer.token-2']);
  assert.notEqual(second.sid, first.sid);
});

test('A page that another one has replaced leaves no connection id behind', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer);
  const first = await peer.sockets.next();
  await page.status('open');
  first.close(4409);
  await page.status('closed');
  await page.page.goto(`${peer.origin}/?next`);
  assert.notEqual((await peer.sockets.next()).sid, first.sid);
});

test('A page whose storage is blocked connects all the same, each time with a new connection id', async () => {
  await using peer = await startPeer();
  const script = `Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError'); } });`;
  await using page = await openPage(peer, { script });
  const first = await peer.sockets.next();
  await page.status('open');
  const errors: Error[] = [];
  page.page.on('pageerror', (error) => errors.push(error));
  await page.page.goto(pageUrl(peer, { options: {} }));
  assert.notEqual((await peer.sockets.next()).sid, first.sid);
  await page.status('open');
  assert.deepEqual(errors, []);
});
