import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestPage, useChromium } from './support/pages.ts';
import { startPeer } from './support/peer.ts';

const openPage = useChromium();
const notice = 'document.querySelector("actionlog-notice")';
const form = '<form id="edit" action="/save" method="post"><input name="price" value="8"></form>';
const script = '<script type="module" src="/element.js"></script>';

const shown = (page: TestPage) => page.page.locator('actionlog-notice').getByRole('status');

test('The notice says who changed its record and when, and nothing of other records', async () => {
  await using peer = await startPeer();
  const body = `${script}<actionlog-notice rectype="product" recid="7"></actionlog-notice>`;
  await using page = await openPage(peer, { body });
  const socket = await peer.sockets.next();
  await page.status('open');
  socket.announce({ recid: '8', login: 'bob' });
  socket.announce({ rectype: 'order', login: 'bob' });
  socket.announce({ login: 'ann', time: new Date(2026, 4, 3, 14, 5).getTime() });
  await shown(page).waitFor();
  assert.match((await shown(page).textContent()) ?? '', /^ann changed this at 0?2:05\sPM\.$/);
  assert.equal(await page.page.getByRole('button', { name: 'Save anyway' }).count(), 0);
  assert.equal(peer.asked, 1, "it uses the page's own client");
});

test('A save by this page takes the notice away', async () => {
  await using peer = await startPeer();
  const body = `${script}<actionlog-notice rectype="product" recid="7"></actionlog-notice>`;
  await using page = await openPage(peer, { body });
  const socket = await peer.sockets.next();
  await page.status('open');
  assert.equal(await shown(page).isVisible(), false);
  socket.announce({ login: 'ann' });
  await shown(page).waitFor();
  socket.announce({ sid: socket.sid });
  await shown(page).waitFor({ state: 'hidden' });
  assert.equal(await page.get(`${notice}.change`), undefined);
});

test('Reload reloads the page, unless the page does something of its own', async () => {
  await using peer = await startPeer();
  const body = `${script}<actionlog-notice rectype="product" recid="7"></actionlog-notice>`;
  await using page = await openPage(peer, { body });
  const socket = await peer.sockets.next();
  await page.status('open');
  await page.get(
    `${notice}.addEventListener('actionlog-reload', (event) => { event.preventDefault(); ${notice}.reset(); }, { once: true })`,
  );
  socket.announce();
  await page.page.getByRole('button', { name: 'Reload' }).click();
  await shown(page).waitFor({ state: 'hidden' });
  socket.announce();
  await Promise.all([page.page.waitForEvent('load'), page.page.getByRole('button', { name: 'Reload' }).click()]);
});

test('Save anyway submits the form over the conflict, and leaves the document as it is', async () => {
  await using peer = await startPeer();
  const body = `${script}${form}<actionlog-notice rectype="product" recid="7" form="edit"></actionlog-notice>`;
  await using page = await openPage(peer, { body });
  const socket = await peer.sockets.next();
  await page.status('open');
  socket.announce({ login: 'ann' });
  await page.page.getByRole('button', { name: 'Save anyway' }).click();
  const { body: sent } = await peer.requests.next(({ path }) => path === '/save');
  assert.deepEqual(
    [...new URLSearchParams(sent)],
    [
      ['price', '8'],
      ['__tabconflicted', '1'],
      ['wssid_', String(socket.sid)],
    ],
  );
});

test('What may have been missed is said to be uncertain', async () => {
  await using peer = await startPeer();
  peer.greets = false;
  const body = `${script}<actionlog-notice rectype="product" recid="7"></actionlog-notice>`;
  await using page = await openPage(peer, { body, options: { since: 5 } });
  const socket = await peer.sockets.next();
  socket.greet({ epoch: 'e', offset: 1, offset0: 0, recovered: false, time: 10 });
  await shown(page).waitFor();
  assert.equal(await shown(page).textContent(), 'This may have been changed while the connection was lost.');
});

test('Without a client of the page it makes one, for all notices', async () => {
  await using peer = await startPeer();
  const one = (recid: number) => `<actionlog-notice rectype="product" recid="${recid}"></actionlog-notice>`;
  await using page = await openPage(peer, { bare: true, body: `${script}${one(7)}${one(8)}` });
  const socket = await peer.sockets.next();
  socket.announce({ login: 'ann' });
  await page.page.getByText('ann changed this').waitFor();
  assert.equal(peer.asked, 1);
});

test('Its texts are the page’s own where attributes give them, also hostile ones', async () => {
  await using peer = await startPeer();
  const texts = 'text-changed="{name} hat das um {time} geändert." text-by-somebody="Jemand" text-reload="Neu laden"';
  const body = `${script}<actionlog-notice rectype="product" recid="7" ${texts}></actionlog-notice>`;
  await using page = await openPage(peer, { body });
  const socket = await peer.sockets.next();
  await page.status('open');
  socket.announce({ login: '' });
  await shown(page).waitFor();
  assert.match((await shown(page).textContent()) ?? '', /^Jemand hat das um .* geändert\.$/);
  assert.equal(await page.page.getByRole('button', { name: 'Neu laden' }).count(), 1);
  socket.announce({ login: '<img src=x onerror=alert(1)>{time}$&' });
  await page.page.getByText('<img src=x onerror=alert(1)>').waitFor();
});

test('Another record in its attributes begins anew, and a removed notice watches no more', async () => {
  await using peer = await startPeer();
  const body = `${script}<actionlog-notice rectype="product" recid="7"></actionlog-notice>`;
  await using page = await openPage(peer, { body });
  const socket = await peer.sockets.next();
  await page.status('open');
  await page.get(
    `window.changes = [], ${notice}.addEventListener('actionlog-change', ({ detail }) => changes.push(detail?.event.recid)), 0`,
  );
  await page.get(`window.one = ${notice}, one.setAttribute('recid', '8')`);
  socket.announce();
  socket.announce({ recid: '8' });
  await page.until('changes.length === 1');
  await page.get('one.remove()');
  socket.announce({ recid: '8' });
  socket.announce({ recid: 'end' });
  await page.until('log.some(([, event]) => event.recid === "end")');
  assert.deepEqual(await page.get('changes'), ['8']);
});

test('On a server the module can be imported, and does nothing', async () => {
  const element: unknown = await import(new URL('../../lib/browser/element.ts', import.meta.url).href);
  assert.ok(element);
});
