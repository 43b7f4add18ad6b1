import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testApp } from './support/test-app.ts';
import { locationOf } from './support/visitor.ts';

describe('a conflict, without scripts', () => {
  it('is shown with both versions instead of saving over the newer one', async (t) => {
    const { log, signedIn } = await testApp(t);
    const [sales, stock] = [signedIn('bikes-sales'), signedIn('bikes-stock')];
    const opened = await sales.productForm(1);
    await stock.change(1, { stock: '10' });

    const conflict = await sales.post('/products/1', { ...opened, stock: '20' });
    assert.equal(conflict.status, 409);
    assert.match(conflict.text, /<b>Stockroom<\/b> saved this record before you/);
    assert.match(conflict.text, /<td>10<\/td>\s*<td>20<\/td>/);
    assert.match(conflict.text, /<button name="__tabconflicted" value="1">Save anyway/);
    assert.equal((await sales.productForm(1))['stock'], '10');
    log.assertNotLogged({ user: { login: 'bikes-sales' } });
  });

  it('is saved over on request, and the entry says so', async (t) => {
    const { log, signedIn } = await testApp(t);
    const [sales, stock] = [signedIn('bikes-sales'), signedIn('bikes-stock')];
    const opened = await sales.productForm(1);
    await stock.change(1, { stock: '10' });
    const saved = await sales.post('/products/1', { ...opened, stock: '20', __tabconflicted: '1' });
    assert.equal(saved.status, 303);
    assert.match((await sales.get(locationOf(saved))).text, /Saved over the other change/);
    assert.equal((await sales.productForm(1))['stock'], '20');
    assert.deepEqual(
      log.entries.map(({ login, conflicted }) => [login, conflicted]),
      [
        ['bikes-stock', false],
        ['bikes-sales', true],
      ],
    );
  });

  it('is none for who saves twice in a row', async (t) => {
    const visitor = (await testApp(t)).signedIn('bikes-sales');
    assert.equal((await visitor.change(1, { stock: '1' })).status, 303);
    assert.equal((await visitor.change(1, { stock: '2' })).status, 303);
  });

  it('lets one of two win who save at the same moment', async (t) => {
    const { log, signedIn } = await testApp(t);
    const visitors = [signedIn('bikes-sales'), signedIn('bikes-stock')];
    const opened = await visitors[0]?.productForm(1);
    const answers = await Promise.all(
      visitors.map((visitor, index) => visitor.post('/products/1', { ...opened, stock: String(index) })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 409]);
    assert.equal(log.entries.length, 1);
  });
});
