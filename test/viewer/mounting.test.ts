import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent } from 'supertest';
import { startViewed, type Viewed } from './support/viewed.ts';

/** Each address of a page that it loads, as a browser makes it. */
function addressesIn(page: string, url: string): string[] {
  return [...page.matchAll(/(?:src|href)="([^"#]+)"/g)].map(
    ([, link = '']) => new URL(link.replaceAll('&amp;', '&'), url).pathname,
  );
}

async function loads(viewed: Viewed, path: string, below: string): Promise<void> {
  const visitor = await viewed.visitor();
  const url = `${viewed.origin}${path}`;
  const { text } = await visitor.get(path).expect(200);
  const addresses = addressesIn(text, url);
  assert.ok(addresses.filter((address) => address.startsWith(`${below}assets/`)).length >= 3, `${addresses}`);
  assert.ok(addresses.includes(`${below}export.csv`));
  for (const address of addresses) await visitor.get(address).expect(200);
  await visitor.get(`${below}live/connect`).expect(200);
  await visitor.get(`${below}live/client.js`).expect(200);
}

test('its addresses hold wherever it is mounted, with a slash at the end and without', async () => {
  for (const path of ['/activity', '/a/deep/er/path', '/t/:tenant/log']) {
    await using viewed = await startViewed({ path });
    await viewed.log('words', { price: '1 -> 2' });
    const asked = encodeURI(path.replace(':tenant', 'x:y'));
    await loads(viewed, asked, `${asked}/`);
    await loads(viewed, `${asked}/`, `${asked}/`);
    await loads(viewed, `${asked}?q=words`, `${asked}/`);
  }
});

test('mounted at the root it leaves the other paths of the app alone', async () => {
  await using viewed = await startViewed({ path: '/' });
  await viewed.log('words');
  await loads(viewed, '/', '/');
  await agent(viewed.origin).get('/another').expect(404);
  await agent(viewed.origin).post('/').expect(404);
});

test('behind a proxy that takes away a part of the path its addresses hold as well', async () => {
  await using viewed = await startViewed({
    prepare: (app) =>
      app.set('trust proxy', true).use((req, _res, next) => {
        req.originalUrl = req.url; // what a proxy that maps /shop/x to /x leaves to be known
        next();
      }),
  });
  await viewed.log('words');
  const { text } = await (await viewed.visitor()).get('/activity').expect(200);
  const addresses = addressesIn(text, 'https://example.com/shop/activity');
  assert.ok(
    addresses.every((address) => address.startsWith('/shop/activity')),
    `${addresses}`,
  );
  assert.doesNotMatch(text, /(?:src|href)="\//);
});

test('where the application does not stream, or is polled, the page is there all the same', async () => {
  await using silent = await startViewed({ streams: false });
  await silent.log('words');
  const visitor = await silent.visitor();
  const page = await visitor.get('/activity').expect(200);
  assert.match(String(page.headers['content-security-policy']), /connect-src 'self';/);
  assert.deepEqual((await visitor.get('/activity/live/connect').expect(200)).body, { wire: 'off' });
  await using polled = await startViewed({ actionlog: { stream: { mode: 'poll' } } });
  await (await polled.visitor()).get('/activity').expect(200);
});
