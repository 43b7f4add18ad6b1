import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { samplePassword } from '../seed.ts';
import { startSample } from './support/sample.ts';
import { testApp } from './support/test-app.ts';
import { locationOf, Visitor } from './support/visitor.ts';

describe('signing in and out', () => {
  it('leads from a page to the sign-in form and back', async (t) => {
    const visitor = (await testApp(t)).visitor();
    const refused = await visitor.get('/products/3?open=3');
    assert.equal(refused.status, 303);
    assert.equal(refused.headers['location'], '/sign-in?next=%2Fproducts%2F3%3Fopen%3D3');

    const form = await visitor.get(locationOf(refused));
    assert.match(form.text, /name="next" value="\/products\/3\?open=3"/);
    const fields = { login: 'bikes-sales', password: samplePassword, next: '/products/3?open=3' };
    const signedIn = await visitor.post('/sign-in', fields);
    assert.equal(signedIn.headers['location'], '/products/3?open=3');
    assert.equal((await visitor.get('/products/3?open=3')).status, 200);
  });

  it('leads nowhere else after sign-in', async (t) => {
    const visitor = (await testApp(t)).visitor();
    for (const next of ['https://example.com/', '//example.com', '/\\example.com', 'javascript:alert(1)', '']) {
      const { text } = await visitor.get(`/sign-in?next=${encodeURIComponent(next)}`);
      assert.match(text, /name="next" value="\/products"/, next);
    }
  });

  it('refuses a wrong password and an unknown login in the same words', async (t) => {
    const visitor = (await testApp(t)).visitor();
    for (const login of ['bikes-sales', 'nobody']) {
      const response = await visitor.post('/sign-in', { login, password: 'wrong' });
      assert.equal(response.status, 401);
      assert.match(response.text, /Login or password is wrong/);
    }
  });

  it('holds whoever tries too often, also with the right password', async (t) => {
    const visitor = (await testApp(t)).visitor();
    for (let tries = 0; tries < 8; tries += 1) {
      await visitor.post('/sign-in', { login: 'bikes-sales', password: 'wrong' });
    }
    const held = await visitor.post('/sign-in', { login: 'bikes-sales', password: samplePassword });
    assert.equal(held.status, 429);
    const other = await visitor.post('/sign-in', { login: 'bikes-stock', password: samplePassword });
    assert.equal(other.status, 303);
  });

  it('ends the session, and says so', async (t) => {
    const visitor = (await testApp(t)).signedIn('bikes-sales');
    assert.equal((await visitor.post('/sign-out', {})).headers['location'], '/sign-in');
    assert.match((await visitor.get('/sign-in')).text, /You are signed out/);
    assert.equal((await visitor.get('/products')).status, 303);
  });
});

describe('a session', () => {
  it('ends after two hours without a request, and lasts while there are some', async (t) => {
    const { log, signedIn } = await testApp(t);
    const visitor = signedIn('bikes-sales');
    for (let requests = 0; requests < 3; requests += 1) {
      await log.advance(90 * 60_000);
      assert.equal((await visitor.get('/products')).status, 200);
    }
    await log.advance(121 * 60_000);
    assert.equal((await visitor.get('/products')).headers['location'], '/sign-in?next=%2Fproducts');
  });

  it('ends at once where it is revoked, and its pages are closed', async (t) => {
    const { log, signedIn } = await testApp(t);
    const visitor = signedIn('bikes-sales');
    const page = log.openPage({ userid: 1 });
    await log.advance(1);
    await (await log.revoke({ userid: 1 })).announced;
    assert.equal((await visitor.get('/products')).status, 303);
    assert.equal(page.closed, 'revoked');
  });
});

describe('forms', () => {
  it('are refused without the token, or with the token of another browser', async (t) => {
    const { log, visitor: stranger, signedIn } = await testApp(t);
    const visitor = signedIn('bikes-sales');
    const fields = { ...(await visitor.productForm(1)), name: 'Forged' };
    const without = await visitor.postRaw('/products/1', fields);
    assert.equal(without.status, 403);
    assert.match(without.text, /This form is out of date/);

    const { text } = await stranger().get('/sign-in');
    const foreign = /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
    assert.equal((await visitor.postRaw('/products/1', { ...fields, _csrf: foreign })).status, 403);
    assert.notEqual((await visitor.productForm(1))['name'], 'Forged');
    log.assertNotLogged(/Forged/);
  });

  it('are refused with the token from before the sign-in', async (t) => {
    const visitor = (await testApp(t)).visitor();
    const { text } = await visitor.get('/sign-in');
    const before = /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
    await visitor.post('/sign-in', { login: 'bikes-sales', password: samplePassword });
    assert.equal((await visitor.postRaw('/sign-out', { _csrf: before })).status, 403);
  });

  it('may not be larger than the server takes', async (t) => {
    const visitor = (await testApp(t)).signedIn('bikes-sales');
    assert.equal((await visitor.post('/products/1', { notes: 'x'.repeat(40_000) })).status, 413);
  });
});

describe('pages', () => {
  it('carry a strict content security policy, and are kept by nobody', async (t) => {
    const sample = await startSample(t);
    const { headers } = await new Visitor(sample).get('/sign-in');
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none';script-src 'self';style-src 'self'/);
    assert.match(policy, new RegExp(`connect-src 'self' ws://127.0.0.1:${sample.port}`));
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-powered-by'], undefined);
  });

  it('say what is not there, and what is broken, without a word about the inside', async (t) => {
    const visitor = (await testApp(t)).signedIn('bikes-sales');
    for (const path of ['/nothing', '/products/999', '/products/abc', '/products/1/nothing', '/streamtest']) {
      const { status, text } = await visitor.get(path);
      assert.equal(status, 404, path);
      assert.match(text, /<h1>Not found<\/h1>/, path);
    }
    assert.equal((await visitor.get('/products/%E0%A4%A')).status, 400);
  });
});
