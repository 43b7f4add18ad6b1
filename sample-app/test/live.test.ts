import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Route } from 'playwright-core';
import { startSample } from './support/sample.ts';
import { Visitor } from './support/visitor.ts';
import { live, openChromium, openWindow, textOf } from './support/window.ts';

describe('a record that is open in two windows', () => {
  it('turns into a conflict in the other window, and not in the own one', async (t) => {
    const sample = await startSample(t);
    const browser = await openChromium(t);
    const sales = await openWindow(browser, sample, 'bikes-sales', '/products/1?open=1');
    const stock = await openWindow(browser, sample, 'bikes-stock', '/products/1?open=1');
    await Promise.all([live(sales), live(stock)]);

    await stock.getByLabel('Stock').fill('10');
    await stock.getByRole('button', { name: 'Save', exact: true }).click();
    await stock.getByText('Saved.').waitFor();

    const tab = sales.locator('[data-tab="1"]');
    await tab.getByText('changed').waitFor();
    assert.match(await textOf(tab.locator('a.tab')), /changed by Stockroom at \d\d:\d\d/);
    assert.match(await textOf(sales.locator('[data-conflict] h2')), /^Stockroom changed this record at \d\d:\d\d$/);
    assert.match(await textOf(sales.locator('[data-announcer]')), /Brake pads: changed by Stockroom/);

    // The own window has heard of its own event by now: it shows the other's, which comes after it.
    await live(stock);
    await (await Visitor.signedIn(sample, 'bikes-admin')).change(2, { stock: '3' });
    await stock.goto('/products/1?open=1,2');
    await live(stock);
    assert.equal(await stock.locator('[data-tab="1"].changed').count(), 0);
    assert.equal(await stock.locator('[data-conflict]').isVisible(), false);
  });

  it('is reloaded, or saved over with bulldozed=1', async (t) => {
    const sample = await startSample(t);
    const browser = await openChromium(t);
    const stock = await Visitor.signedIn(sample, 'bikes-stock');
    const sales = await openWindow(browser, sample, 'bikes-sales', '/products/1?open=1');
    await live(sales);
    await stock.change(1, { stock: '10' });
    await sales.getByRole('button', { name: 'Reload' }).click();
    await sales.locator('input[name="stock"][value="10"]').waitFor();
    assert.equal(await sales.locator('[data-conflict]').isVisible(), false);
    await live(sales);

    await sales.getByLabel('Stock').fill('20');
    await stock.change(1, { stock: '11' });
    await sales.getByRole('button', { name: 'Save anyway' }).click();
    await sales.getByText('Saved over the other change').waitFor();
    assert.equal((await stock.productForm(1))['stock'], '20');
    assert.match((await stock.get('/activity')).text, /<bdi>Sales desk<\/bdi>[^\n]*saved over a conflict/);
    assert.equal(await sales.locator('[data-tab="1"].changed').count(), 0);
  });

  it('keeps what was typed while the user looks at another tab, and warns of what came in between', async (t) => {
    const sample = await startSample(t);
    const browser = await openChromium(t);
    const sales = await openWindow(browser, sample, 'bikes-sales', '/products/1?open=1,2');
    await live(sales);
    await sales.getByLabel('Notes').fill('half a sentence');
    await sales.getByRole('link', { name: 'Chain, 11 speed', exact: true }).click();
    await sales.getByRole('heading', { name: 'Chain' }).waitFor();
    await live(sales);

    await (await Visitor.signedIn(sample, 'bikes-stock')).change(1, { stock: '10' });
    await sales.locator('[data-tab="1"].changed').waitFor();
    await sales.getByRole('link', { name: /^Brake pads changed/ }).click();
    await sales.locator('[data-conflict]').waitFor();
    assert.equal(await sales.getByLabel('Notes').inputValue(), 'half a sentence');

    // To save without a look at the mark leads to the page with both versions.
    await sales.getByRole('button', { name: 'Save', exact: true }).click();
    await sales.getByText('saved this record before you').waitFor();
    await sales.getByRole('link', { name: 'Reload' }).click();
    await sales.getByLabel('Notes').waitFor();
    assert.notEqual(await sales.getByLabel('Notes').inputValue(), 'half a sentence');
  });
});

describe('an action of a client without a web socket', () => {
  it('reaches every page of the tenant, and none of another', async (t) => {
    const sample = await startSample(t, { SAMPLE_TEST_PAGE: '1' });
    const browser = await openChromium(t);
    const record = await openWindow(browser, sample, 'bikes-sales', '/products/1?open=1');
    const list = await openWindow(browser, sample, 'bikes-stock', '/products');
    const activity = await openWindow(browser, sample, 'bikes-admin', '/activity');
    const foreign = await openWindow(browser, sample, 'flowers-admin', '/streamtest');
    await Promise.all([record, list, activity, foreign].map(live));

    await (await Visitor.signedIn(sample, 'bikes-sales')).change(1, { name: 'Brake pads, new' });
    await record.locator('[data-conflict]').waitFor();
    assert.match(await textOf(record.locator('[data-conflict] h2')), /^You, in another window, changed/);
    await list.getByRole('link', { name: 'Brake pads, new' }).waitFor();
    assert.match(await textOf(list.locator('[data-product="1"]')), /changed by Sales desk at/);
    await activity.getByText('updated product Brake pads, new').waitFor();

    // The tenants' own event comes after the other's on the same connection: it is the only one.
    await (await Visitor.signedIn(sample, 'flowers-sales')).change(9, { stock: '1' });
    await foreign.getByText('product 9').waitFor();
    assert.equal(await foreign.locator('[data-events] li').count(), 1);
  });

  it('is the own event of the page whose connection id it names, and of no other', async (t) => {
    const sample = await startSample(t, { SAMPLE_TEST_PAGE: '1' });
    const browser = await openChromium(t);
    const own = await openWindow(browser, sample, 'bikes-admin', '/streamtest');
    const other = await openWindow(browser, sample, 'bikes-admin', '/streamtest');
    await Promise.all([live(own), live(other)]);
    const sid = await textOf(own.locator('[data-sid]'));
    await own.getByLabel('Connection id').fill(sid);
    await own.getByRole('button', { name: 'Announce' }).click();
    await own.getByText(`product 1, sid ${sid}, own`).waitFor();
    assert.equal(await textOf(other.getByText(/^product 1/)), `product 1, sid ${sid}`);
    await own.getByRole('button', { name: /wsclientmap/ }).click();
    await own.locator('pre', { hasText: `"${sid}"` }).waitFor();
  });

  it('is seen after the connection was lost, too', async (t) => {
    const sample = await startSample(t);
    const browser = await openChromium(t);
    const sales = await openWindow(browser, sample, 'bikes-sales', '/products/1?open=1');
    await live(sales);
    await sales.context().setOffline(true);
    await sales.locator('[data-live="offline"]').waitFor();
    await (await Visitor.signedIn(sample, 'bikes-stock')).change(1, { stock: '10' });
    await sales.context().setOffline(false);
    await sales.locator('[data-conflict]').waitFor();
    assert.match(await textOf(sales.locator('[data-conflict] h2')), /^Stockroom changed this record at/);
  });

  it('is seen where it came after the page was rendered and before it was connected', async (t) => {
    const sample = await startSample(t);
    const browser = await openChromium(t);
    const sales = await openWindow(browser, sample, 'bikes-sales', '/products');
    await live(sales);
    const stock = await Visitor.signedIn(sample, 'bikes-stock');
    // A page of its own, so that no page before it knows the place.
    const page = await sales.context().newPage();
    const change = async (route: Route) => {
      await stock.change(1, { stock: '10' });
      await route.continue();
    };
    await page.route('**/actionlog/connect', change, { times: 1 });
    await page.goto('/products/1?open=1');
    await page.locator('[data-conflict]').waitFor();
    assert.match(await textOf(page.locator('[data-conflict] h2')), /^Stockroom changed this record at/);
  });

  it('renews the session of the user whom an admin has changed', async (t) => {
    const sample = await startSample(t);
    const browser = await openChromium(t);
    const sales = await openWindow(browser, sample, 'bikes-sales', '/products');
    await live(sales);
    const admin = await Visitor.signedIn(sample, 'bikes-admin');
    await admin.post('/admin/users/1', { dispname: 'Front desk' });
    await sales.locator('[data-dispname]', { hasText: 'Front desk' }).waitFor();
    await sales.goto('/products/1');
    assert.equal(await textOf(sales.locator('[data-dispname]')), 'Front desk');
  });
});
