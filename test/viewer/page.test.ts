import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useReaders } from './support/reader.ts';
import { startViewed, type Viewed } from './support/viewed.ts';

const openReader = useReaders();
const product = (recid: number) => ({ rectype: 'product', recid });

async function fill(viewed: Viewed): Promise<void> {
  await viewed.log('added a lamp', { name: 'lamp', price: 9 }, product(7));
  await viewed.log(
    'set the price',
    { price: '9 -> 8', notes: `${'long'.repeat(80)} -> ${'w'.repeat(300)}` },
    product(7),
  );
  await viewed.log(
    'u'.repeat(300),
    { ['k'.repeat(150)]: 'v'.repeat(300) },
    { rectype: 'r'.repeat(100), recid: 'i'.repeat(150) },
  );
  await viewed.log('signed in', null, undefined, { userid: 8, login: 'l'.repeat(120) });
}

test('without scripts all of it works but the live part', async () => {
  await using viewed = await startViewed({ viewer: { pageSize: 3, homeUrl: '/home', homeName: 'Shop' } });
  await fill(viewed);
  await using reader = await openReader(viewed, { javaScriptEnabled: false });
  const { page } = reader;
  await reader.look();
  assert.equal(await page.locator('[data-live]').isVisible(), false);
  await page.getByRole('link', { name: 'Older' }).click();
  await reader.sees('added a lamp');
  await page.getByRole('link', { name: 'Newest' }).click();
  await reader.sees('signed in');
  await page.getByLabel('Search').fill('price=9');
  await page.getByRole('button', { name: 'Search' }).click();
  assert.deepEqual(await reader.messages(), ['added a lamp']);
  await page.getByRole('link', { name: 'History of product 7' }).click();
  await page.getByRole('heading', { name: 'product 7' }).waitFor();
  await page.getByRole('columnheader', { name: 'Before' }).waitFor();
  await page.getByText('Filters').click();
  await page.getByLabel('From', { exact: true }).fill('2099-01-01');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('Nothing matches.').waitFor();
  await page.getByRole('link', { name: 'Remove From' }).click();
  assert.deepEqual(await reader.messages(), ['set the price', 'added a lamp']);
  await page.getByRole('link', { name: 'Activity' }).click();
  await reader.sees('signed in');
});

test('the keyboard reaches and works everything, and shows where it is', async () => {
  await using viewed = await startViewed({ viewer: { homeUrl: '/home', homeName: 'Shop' } });
  await viewed.log('set the price', { price: '9 -> 8' }, product(7));
  await using reader = await openReader(viewed);
  const { page } = reader;
  await reader.look();
  await reader.live();
  const focused = () =>
    page.evaluate<string>('(document.activeElement.innerText || document.activeElement.name || "").trim()');
  const order: string[] = [];
  const unseen: string[] = [];
  for (let step = 0; step < 12; step += 1) {
    await page.keyboard.press('Tab');
    const name = (await focused()).replaceAll(/\s+/g, ' ');
    order.push(name);
    const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
    if (outline !== 'solid') unseen.push(name);
  }
  assert.deepEqual(order.slice(0, 6), ['Skip to the entries', '← Shop', 'Live', 'q', 'Search', 'Filters']);
  assert.match(order[6] ?? '', /\d{4}$/);
  assert.deepEqual(order.slice(7, 9), ['ann', 'History of product 7']);
  assert.match(order[9] ?? '', /^price 9/);
  assert.deepEqual(unseen, []);

  await page.locator('summary', { hasText: 'price' }).press('Enter');
  await page.getByRole('columnheader', { name: 'After' }).waitFor();
  await page.getByLabel('Search').focus();
  await page.keyboard.type('price');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\?q=price$/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate('document.activeElement.id'), 'main');
});

test('no page is wider than a phone, also with words that have no end', async () => {
  await using viewed = await startViewed({
    viewer: { title: 'T'.repeat(100), homeUrl: '/', homeName: 'H'.repeat(100) },
  });
  await fill(viewed);
  await using reader = await openReader(viewed, { viewport: { width: 320, height: 640 } });
  for (const query of [
    '',
    '?rectype=product&recid=7',
    `?rectype=${'r'.repeat(100)}&recid=${'i'.repeat(150)}`,
    `?q=${'q'.repeat(190)}`,
    '?from=x',
  ]) {
    await reader.look(query);
    await reader.page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true");
    assert.equal(await reader.page.evaluate('document.documentElement.scrollWidth'), 320, query.slice(0, 30));
  }
});

test('the policy keeps inline scripts, inline styles and other sites out', async () => {
  await using viewed = await startViewed();
  await viewed.log('words', null, product(7));
  await using reader = await openReader(viewed);
  await reader.look();
  await reader.live();
  assert.deepEqual(reader.said, []);
  const blocked = await reader.page.evaluate<string[]>(`new Promise((resolve) => {
    const blocked = [];
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
      blocked.push(effectiveDirective);
      if (blocked.length === 4) resolve(blocked.sort());
    });
    document.body.insertAdjacentHTML('beforeend', '<p style="color:red" onclick="window.ran=1" id="bad">x</p><img src="http://127.0.0.1:1/x.png">');
    document.getElementById('bad').click();
    const script = document.createElement('script');
    script.textContent = 'window.ran = 2';
    document.body.append(script);
  })`);
  assert.deepEqual(blocked, ['img-src', 'script-src-attr', 'script-src-elem', 'style-src-attr']);
  assert.equal(await reader.page.evaluate('window.ran'), undefined);
});

test('a form that is sent leaves out what is empty', async () => {
  await using viewed = await startViewed();
  await using reader = await openReader(viewed);
  await reader.look();
  await reader.page.getByText('Filters').click();
  await reader.page.getByLabel('Login').fill('ann');
  await reader.page.getByRole('button', { name: 'Apply' }).click();
  await reader.page.waitForURL(/\?user=ann$/);
  assert.deepEqual(reader.said, []);
});
