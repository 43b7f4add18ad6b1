import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startSample } from './support/sample.ts';
import { testApp } from './support/test-app.ts';
import { locationOf, Visitor } from './support/visitor.ts';

describe('products', () => {
  it('are listed and searched, by what the user typed to the letter', async (t) => {
    const visitor = (await testApp(t)).signedIn('bikes-sales');
    assert.match((await visitor.get('/products')).text, /Brake pads[\s\S]*Touring tyre/);
    const found = (await visitor.get('/products?q=USB')).text;
    assert.match(found, /Rear light/);
    assert.doesNotMatch(found, /Brake pads/);
    for (const nothing of ['%25', '_', '!', "' or 1=1 --"]) {
      assert.match((await visitor.get(`/products?q=${nothing}`)).text, /Nothing matches/, nothing);
    }
  });

  it('are saved: one entry with what changed, one message on the next page', async (t) => {
    const { log, signedIn } = await testApp(t);
    const visitor = signedIn('bikes-sales');
    const saved = await visitor.change(1, { price: '15,5', stock: '80' });
    assert.equal(saved.status, 303);
    const entry = log.assertLogged({
      message: 'updated product Brake pads',
      rawobj: { price: '14.50 -> 15.50', stock: '84 -> 80' },
      record: { rectype: 'product', recid: 1 },
      user: { login: 'bikes-sales', gsid: 1 },
    });
    assert.deepEqual(log.entries, [entry]);
    await log.assertAnnounced({ record: { rectype: 'product', recid: 1 }, extra: { version: 2, by: 'Sales desk' } });
    const page = await visitor.get(locationOf(saved));
    assert.match(page.text, /Saved\./);
    assert.match(page.text, /updated product Brake pads/);
    assert.match(page.text, /<dt>price<\/dt><dd>14\.50 → 15\.50<\/dd>/);
    assert.match(page.text, /<dt>stock<\/dt><dd>84 → 80<\/dd>/);
    assert.doesNotMatch((await visitor.get(locationOf(saved))).text, /Saved\./);
  });

  it('make no entry where nothing was changed', async (t) => {
    const { log, signedIn } = await testApp(t);
    const visitor = signedIn('bikes-sales');
    const page = await visitor.get(locationOf(await visitor.change(1, {})));
    log.assertNotLogged({ user: { login: 'bikes-sales' } });
    assert.match(page.text, /Nothing was changed/);
    assert.match(page.text, /Nobody has changed this record yet/);
  });

  it('keep what was typed where it cannot be saved, and say why at the field', async (t) => {
    const visitor = (await testApp(t)).signedIn('bikes-sales');
    const refused = await visitor.change(1, { name: ' ', price: '1e3', stock: '7' });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /A product needs a name/);
    assert.match(refused.text, /name="price" value="1e3"[^>]*aria-invalid="true" aria-describedby="price-error"/);
    assert.match(refused.text, /name="stock" value="7"/);
  });

  it('show markup as text', async (t) => {
    const visitor = (await testApp(t)).signedIn('bikes-sales');
    await visitor.change(1, { name: '<script>alert(1)</script>', notes: '</textarea><b>' });
    for (const path of ['/products', '/products/1', '/activity', '/products/1/row']) {
      const { text } = await visitor.get(path);
      assert.match(text, /&lt;script&gt;alert/, path);
      assert.doesNotMatch(text, /<script>alert|<\/textarea><b>/, path);
    }
  });

  it('stay open as tabs in the address, through saving and closing', async (t) => {
    const visitor = (await testApp(t)).signedIn('bikes-sales');
    const { text } = await visitor.get('/products/2?open=1,3');
    assert.match(text, /<li data-tab="2" data-version="1" class="current">/);
    assert.match(text, /href="\/products\/1\?open=1,3,2"/);
    assert.match(text, /href="\/products\/3\?open=1,3" aria-label="Close Chain, 11 speed"/);
    assert.match(text, /href="\/products\/2\?open=3,2" aria-label="Close Brake pads"/);
    const form = { ...(await visitor.productForm(2)), stock: '1' };
    const saved = await visitor.post('/products/2?open=1,3,2', form);
    assert.equal(saved.headers['location'], '/products/2?open=1,3,2');
  });

  it('are saved while the streaming server is down, and other pages hear of it once it is back', async (t) => {
    const { log, signedIn } = await testApp(t);
    log.fail({ stream: 'down' });
    assert.equal((await signedIn('bikes-sales').change(1, { stock: '80' })).status, 303);
    await log.assertNotAnnounced('updated product Brake pads');
    log.heal();
    await log.advance(30_000);
    await log.assertAnnounced('updated product Brake pads');
  });

  it('answer with an error page where the entry cannot be kept', async (t) => {
    t.mock.method(console, 'error', () => undefined);
    const { log, signedIn } = await testApp(t);
    const visitor = signedIn('bikes-sales');
    log.fail({ write: true });
    const failed = await visitor.change(1, { stock: '80' });
    assert.equal(failed.status, 500);
    assert.doesNotMatch(failed.text, /entry-not-written|the test has/);
  });
});

describe('the activity page', () => {
  it('shows day by day who did what, newest first, with the record', async (t) => {
    const sample = await startSample(t);
    const sales = await Visitor.signedIn(sample, 'bikes-sales');
    const stock = await Visitor.signedIn(sample, 'bikes-stock');
    await sales.change(1, { stock: '1' });
    await stock.change(2, { stock: '2' });
    const { text } = await sales.get('/activity');
    assert.match(text, /<time datetime="[\d-]{10}">\w+,? \d+ \w+ \d{4}<[\s\S]*>Stockroom<[\s\S]*>Sales desk</);
    assert.match(text, /updated product Chain[\s\S]*updated product Brake/);
    assert.match(text, /href="\/products\/1"/);
  });

  it('turns pages', async (t) => {
    const visitor = await Visitor.signedIn(await startSample(t), 'bikes-sales');
    for (let stock = 1; stock <= 51; stock += 1) await visitor.change(1, { stock: String(stock) });
    const first = await visitor.get('/activity');
    const older = /href="(\?before=\d+)" data-older/.exec(first.text)?.[1];
    assert.ok(older);
    const second = await visitor.get(`/activity${older}`);
    assert.match(second.text, /class="before"[^>]*>84<[\s\S]*class="after"[^>]*>1</);
    assert.equal(second.text.match(/class="entry"/g)?.length, 1);
    assert.match(second.text, />Newest</);
  });
});
