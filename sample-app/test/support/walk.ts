import type { TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { Running } from '../../app.ts';
import { startSampleWithPast } from './past.ts';
import { Visitor } from './visitor.ts';
import { live, openChromium, openWindow } from './window.ts';

/** A page of the app, in a state that a user may see it in. */
export interface Sight {
  name: string;
  page: Page;
  /** What the console and the page's errors have said since the window was opened. */
  said: readonly string[];
}

/** What a page is looked at in. */
export const looks = (['light', 'dark'] as const).flatMap((colorScheme) => [
  { colorScheme, size: 'desktop', viewport: { width: 1280, height: 800 } },
  { colorScheme, size: 'phone', viewport: { width: 390, height: 844 } },
]);

/** How all windows are. */
const manners = { locale: 'en-GB', reducedMotion: 'reduce' } as const;

interface Walk {
  sample: Running;
  browser: Browser;
  look: (name: string, page: Page) => Promise<void>;
}

/** What windows have said, by window. */
const sayings = new WeakMap<Page, string[]>();

function listenTo(page: Page): Page {
  const said: string[] = [];
  sayings.set(page, said);
  page.on('console', (message) => {
    // the status of a page that is asked for by its address is no fault of the page
    if (!/status of 4\d\d/.test(message.text())) said.push(message.text());
  });
  page.on('pageerror', (error) => said.push(String(error)));
  return page;
}

/** Goes through all of the app as its users do, beside one another. */
export async function walk(t: TestContext, see: (sight: Sight) => Promise<void>): Promise<void> {
  const sample = await startSampleWithPast(t, { SAMPLE_TEST_PAGE: '1' });
  const browser = await openChromium(t);
  const look: Walk['look'] = async (name, page) => {
    await t.test(name, () => see({ name, page, said: sayings.get(page) ?? [] }));
  };
  const all = { sample, browser, look };
  await signIn(all);
  await products(all);
  await notice(all);
  await viewer(all);
  await admin(all);
  await streamtest(all);
}

const open = async ({ browser, sample }: Walk, login: string, path: string) =>
  listenTo(await openWindow(browser, sample, login, path, manners));

async function signIn({ browser, sample, look }: Walk): Promise<void> {
  const page = listenTo(await browser.newPage({ baseURL: sample.url, ...manners }));
  await page.goto('/sign-in');
  await look('sign-in', page);
  await page.getByLabel('Login').fill('bikes-sales');
  await page.getByLabel('Password').fill('a guess');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await look('sign-in-refused', page);
  await page.context().close();
}

async function products(all: Walk): Promise<void> {
  const { look, sample } = all;
  const stock = await Visitor.signedIn(sample, 'bikes-stock');
  const page = await open(all, 'bikes-sales', '/products?open=1,4');
  await live(page);
  await stock.change(8, { stock: '14' });
  await page.locator('[data-product="8"].changed').waitFor();
  await look('products', page);
  await page.goto('/products?q=tandem');
  await live(page);
  await look('products-none', page);

  await page.goto('/products/1?open=1,4');
  await live(page);
  await look('product', page);
  await page.getByLabel('Notes').fill('Organic compound, sold in pairs. Fits all rim brakes.');
  await stock.change(1, { stock: '52' });
  await page.locator('[data-conflict]').waitFor();
  await look('changed', page);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('saved this record before you').waitFor();
  await live(page);
  await look('conflict', page);
  await page.getByRole('button', { name: 'Save anyway' }).click();
  await page.getByText('Saved over the other change').waitFor();
  await live(page);
  await look('saved-anyway', page);
  await page.getByLabel('Price').fill('cheap');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Nothing was saved yet').waitFor();
  await live(page);
  await look('refused', page);

  await page.goto('/products/404');
  await live(page);
  await look('not-found', page);
  await page.goto('/admin');
  await live(page);
  await look('not-allowed', page);
  await page.goto('/products');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out').waitFor();
  await look('signed-out', page);
  await page.context().close();
}

/** The package's own element, which this app does without: it has tabs to mark as well. */
async function notice(all: Walk): Promise<void> {
  const page = await open(all, 'bikes-sales', '/products/4');
  await live(page);
  await page.addScriptTag({ type: 'module', url: '/actionlog/element.js' });
  await page.evaluate(`{
    const notice = document.createElement('actionlog-notice');
    notice.style.margin = '0 0 1rem';
    for (const [name, value] of [['rectype', 'product'], ['recid', '4'], ['form', 'product-form']]) notice.setAttribute(name, value);
    document.querySelector('[data-conflict]').remove();
    document.querySelector('h1').after(notice);
  }`);
  await (await Visitor.signedIn(all.sample, 'bikes-stock')).change(4, { stock: '16' });
  await page.locator('actionlog-notice[changed]').waitFor();
  await all.look('notice', page);
  await page.context().close();
}

async function viewer(all: Walk): Promise<void> {
  const page = await open(all, 'bikes-admin', '/activity');
  await live(page);
  await all.look('activity', page);
  await page.goto('/activity?rectype=product&recid=1');
  await live(page);
  await all.look('history', page);
  await page.context().close();
}

async function admin(all: Walk): Promise<void> {
  const page = await open(all, 'bikes-admin', '/admin');
  await live(page);
  await all.look('users', page);
  const manager = await Visitor.signedIn(all.sample, 'bikes-admin');
  await manager.post('/admin/users/1', { dispname: 'Front desk' });
  await page.locator('[data-stale]').waitFor();
  await all.look('users-stale', page);
  await page.goto('/admin');
  await page.getByLabel('Display name of bikes-stock').fill(' ');
  await page.getByRole('button', { name: 'Rename bikes-stock' }).click();
  await page.getByText('A display name has').waitFor();
  await live(page);
  await all.look('users-refused', page);
  await page.context().close();
}

async function streamtest(all: Walk): Promise<void> {
  const page = await open(all, 'bikes-admin', '/streamtest');
  await live(page);
  await all.look('streamtest-fresh', page);
  await page.getByRole('button', { name: 'Announce' }).click();
  await page.locator('[data-events] li').waitFor();
  await page.getByRole('button', { name: /wsclientmap/ }).click();
  await page.locator('pre', { hasText: 'wsclientmap' }).waitFor();
  await all.look('streamtest', page);
  await page.context().close();
}
