import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startSample } from './support/sample.ts';
import { testApp } from './support/test-app.ts';
import { Visitor } from './support/visitor.ts';

describe('the page for admins', () => {
  it('is for nobody else', async (t) => {
    const sample = await startSample(t);
    const sales = await Visitor.signedIn(sample, 'bikes-sales');
    const page = await sales.get('/admin');
    assert.equal(page.status, 403);
    assert.match(page.text, /This page is not for your account/);
    assert.equal((await sales.post('/admin/users/1', { dispname: 'Boss' })).status, 403);
    assert.equal((await new Visitor(sample).get('/admin')).status, 303);
  });

  it('changes a display name: one entry that has the user’s pages renew their session', async (t) => {
    const { log, signedIn } = await testApp(t);
    const [admin, sales] = [signedIn('bikes-admin'), signedIn('bikes-sales')];
    assert.equal((await admin.post('/admin/users/1', { dispname: 'Front desk' })).status, 303);
    log.assertLogged({
      message: 'changed the display name of bikes-sales',
      rawobj: { dispname: 'Sales desk -> Front desk' },
      user: { login: 'bikes-admin' },
    });
    await log.assertAnnounced({ record: { rectype: 'reauth', recid: 1 } });
    await log.assertAnnounced({ record: { rectype: 'user', recid: 1 }, message: null });

    const renewed = await sales.post('/session/renew', {});
    assert.deepEqual(renewed.body, { dispname: 'Front desk' });
    assert.match((await sales.get('/products')).text, /<b data-dispname>Front desk<\/b>/);
  });

  it('refuses a name that is none', async (t) => {
    const admin = (await testApp(t)).signedIn('bikes-admin');
    const refused = await admin.post('/admin/users/1', { dispname: '  ' });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /1 to 100 characters/);
  });
});

describe('two tenants', () => {
  it('never see each other’s products, users and activity', async (t) => {
    const sample = await startSample(t);
    const bikes = await Visitor.signedIn(sample, 'bikes-admin');
    const flowers = await Visitor.signedIn(sample, 'flowers-admin');
    await bikes.change(1, { name: 'Secret brake' });

    assert.doesNotMatch((await flowers.get('/products')).text, /brake/i);
    assert.doesNotMatch((await flowers.get('/activity')).text, /brake/i);
    assert.doesNotMatch((await flowers.get('/admin')).text, /bikes-/);
    assert.doesNotMatch((await flowers.get('/products?open=1')).text, /brake/i);
    for (const path of ['/products/1', '/products/1/row']) assert.equal((await flowers.get(path)).status, 404, path);
    assert.deepEqual((await flowers.get('/products/versions?open=1')).body, []);
    assert.equal((await flowers.post('/products/1', { name: 'Mine', price: '1', stock: '1' })).status, 404);
    assert.equal((await flowers.post('/admin/users/1', { dispname: 'Mine' })).status, 404);
    assert.equal((await bikes.productForm(1))['name'], 'Secret brake');
  });
});
