import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useReaders } from './support/reader.ts';
import { startViewed } from './support/viewed.ts';

const openReader = useReaders();
const product = (recid: number) => ({ rectype: 'product', recid });

test('a new entry appears by itself, and what the reader has unfolded and focused stays', async () => {
  await using viewed = await startViewed();
  await viewed.log('an older one', { price: '2 -> 3' }, product(1));
  await using reader = await openReader(viewed);
  await reader.look();
  await reader.live();
  const summary = reader.page.locator('summary', { hasText: 'price' });
  await summary.click();
  await summary.focus();

  await viewed.log('<b id="x">new</b><img src=x onerror="alert(1)">', { price: '3 -> 4' }, product(1));
  await reader.sees('<b id="x">new</b>');
  assert.deepEqual(await reader.messages(), ['<b id="x">new</b><img src=x onerror="alert(1)">', 'an older one']);
  assert.equal(await reader.page.locator('#x').count(), 0);
  assert.equal(await reader.page.locator('[data-entry]').last().locator('details').getAttribute('open'), '');
  assert.equal(await reader.page.evaluate('document.activeElement.localName'), 'summary');
  assert.equal(await reader.page.getByRole('status').textContent(), 'One new entry since you opened this page.');
  assert.deepEqual(reader.said, []);
});

test('the first entry of all appears as well, and an entry without a record with the next that has one', async () => {
  await using viewed = await startViewed();
  await using reader = await openReader(viewed);
  await reader.look();
  await reader.page.getByText('Nothing has happened yet.').waitFor();
  await reader.live();
  await viewed.log('signed in');
  await viewed.log('added a lamp', null, product(1));
  await reader.sees('added a lamp');
  assert.deepEqual(await reader.messages(), ['added a lamp', 'signed in']);
  assert.equal(await reader.page.getByText('Nothing has happened yet.').count(), 0);
});

test('a page that is narrowed shows new entries that match, and none of another tenant', async () => {
  await using viewed = await startViewed();
  await using reader = await openReader(viewed);
  await reader.look('?user=bea');
  await reader.live();
  await viewed.log('theirs', null, product(1), { gsid: 2, login: 'bea' });
  await viewed.log('by ann', null, product(1));
  await viewed.log('by bea', null, product(1), { userid: 8, login: 'bea' });
  await reader.sees('by bea');
  assert.deepEqual(await reader.messages(), ['by bea']);
});

test('a paused page takes nothing in until it goes on', async () => {
  await using viewed = await startViewed();
  await viewed.log('first', null, product(1));
  await using reader = await openReader(viewed);
  await reader.look();
  await reader.live();
  await reader.page.getByRole('button', { name: 'Live' }).click();
  const paused = reader.page.getByRole('button', { name: 'Paused' });
  assert.equal(await paused.getAttribute('aria-pressed'), 'false');
  await viewed.log('while paused', null, product(1));
  await reader.page.locator('[data-live="paused"][data-behind]').waitFor();
  assert.deepEqual(await reader.messages(), ['first']);
  await paused.click();
  await reader.sees('while paused');
});

test('a page in the background asks for nothing until it is seen again', async () => {
  await using viewed = await startViewed();
  await viewed.log('first', null, product(1));
  await using reader = await openReader(viewed);
  await reader.look();
  await reader.live();
  const hide = (hidden: boolean) =>
    reader.page.evaluate(
      `Object.defineProperty(document, 'hidden', { configurable: true, value: ${hidden} }), document.dispatchEvent(new Event('visibilitychange'))`,
    );
  await hide(true);
  let asked = 0;
  reader.page.on('request', () => {
    asked += 1;
  });
  await reader.page.evaluate(`window.heard = new Promise((resolve) => {
    const { parse } = JSON;
    JSON.parse = (text) => { const value = parse(text); if (value.type === 'update') setTimeout(resolve); return value; };
  }), 0`);
  await viewed.log('in the background', null, product(1));
  await reader.page.evaluate('heard');
  assert.deepEqual([await reader.messages(), asked], [['first'], 0]);
  await hide(false);
  await reader.sees('in the background');
});

test('more entries than a page holds leave no hole, and the way to older ones leads on from what is shown', async () => {
  await using viewed = await startViewed({ viewer: { pageSize: 3 } });
  for (let index = 1; index <= 4; index += 1) await viewed.log(`old ${index}`, null, product(1));
  await using reader = await openReader(viewed);
  await reader.look();
  await reader.live();
  await reader.page.getByRole('button', { name: 'Live' }).click();
  for (let index = 1; index <= 5; index += 1) await viewed.log(`new ${index}`, null, product(1));
  await reader.page.locator('[data-behind]').waitFor();
  await reader.page.getByRole('button', { name: 'Paused' }).click();
  await reader.sees('new 5');
  assert.deepEqual(await reader.messages(), ['new 5', 'new 4', 'new 3']);
  await reader.page.getByRole('link', { name: 'Older' }).click();
  await reader.sees('new 2');
  assert.deepEqual(await reader.messages(), ['new 2', 'new 1', 'old 4']);
  await reader.live();
  await viewed.log('newest', null, product(1));
  await reader.page.getByText('There are new entries.').waitFor();
  assert.deepEqual(await reader.messages(), ['new 2', 'new 1', 'old 4']);
});

test('what happened while the network was away is there once it is back', async () => {
  await using viewed = await startViewed();
  await using reader = await openReader(viewed);
  await reader.look();
  await reader.live();
  await reader.page.context().setOffline(true);
  await reader.page.getByRole('button', { name: 'No network' }).waitFor();
  await viewed.log('meanwhile', null, product(1));
  await viewed.log('without a record');
  await reader.page.context().setOffline(false);
  await reader.sees('without a record');
  assert.deepEqual(await reader.messages(), ['without a record', 'meanwhile']);
});

test('a server that did not answer is asked again', async () => {
  await using viewed = await startViewed();
  await using reader = await openReader(viewed);
  await reader.look();
  await reader.live();
  await reader.page.route(viewed.url, (route) => route.fulfill({ status: 503 }), { times: 1 });
  await viewed.log('in the end', null, product(1));
  await reader.sees('in the end');
  assert.match(reader.said.join(), /503/);
});

test('where the application does not stream, the page is not live and says nothing of it', async () => {
  await using viewed = await startViewed({ streams: false });
  await viewed.log('words', null, product(1));
  await using reader = await openReader(viewed);
  const connected = reader.page.waitForResponse(/\/live\/connect$/);
  await reader.look();
  await (await connected).finished();
  await reader.page.locator('[data-live="off"]').waitFor({ state: 'attached' });
  assert.equal(await reader.page.locator('[data-live]').isVisible(), false);
  assert.deepEqual([await reader.messages(), reader.said], [['words'], []]);
});
