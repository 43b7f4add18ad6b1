import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startSample } from './support/sample.ts';
import { Visitor } from './support/visitor.ts';
import { openChromium, openWindow } from './support/window.ts';

describe('with scripts off', () => {
  it('products are found, opened, changed and closed', async (t) => {
    const sample = await startSample(t);
    const browser = await openChromium(t);
    const page = await openWindow(browser, sample, 'bikes-sales', '/products', { javaScriptEnabled: false });
    await page.getByRole('searchbox').fill('pump');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('link', { name: 'Floor pump' }).click();
    await page.getByLabel('Stock').fill('16');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved.').waitFor();
    assert.equal(await page.getByText('updated product Floor pump').count(), 1);
    assert.equal(await page.locator('[data-live]').isVisible(), false);
    await page.getByRole('link', { name: 'Close Floor pump' }).click();
    assert.equal(new URL(page.url()).pathname, '/products');
  });

  it('a conflict is shown when it is saved, and can be saved over', async (t) => {
    const sample = await startSample(t);
    const browser = await openChromium(t);
    const page = await openWindow(browser, sample, 'bikes-sales', '/products/1', { javaScriptEnabled: false });
    const stock = await Visitor.signedIn(sample, 'bikes-stock');
    await stock.change(1, { stock: '10' });
    await page.getByLabel('Notes').fill('two\nlines');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Stockroom saved this record before you').waitFor();
    await page.getByRole('button', { name: 'Save anyway' }).click();
    await page.getByText('Saved over the other change').waitFor();
    assert.equal((await stock.productForm(1))['notes'], 'two\nlines');
    assert.match((await stock.get('/activity')).text, /saved over a conflict/);
  });
});
