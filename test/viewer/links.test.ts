import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWebAddress } from '../../lib/viewer/viewer-options.ts';
import { startViewed } from './support/viewed.ts';

test('a link leads to a path or to an address with its scheme', () => {
  for (const url of ['/products/1', 'products/1', '?id=1', '#a', 'https://shop.example.com/1', 'HTTP://x', '/a//b']) {
    assert.ok(isWebAddress(url), url);
  }
  const slashes = ['//evil.example', '/\\evil.example', '\\\\evil.example', '\\/evil.example', '///evil.example'];
  for (const url of [...slashes, ' //evil.example', '/\t/evil.example', 'https:evil.example', 'javascript:alert(1)']) {
    assert.ok(!isWebAddress(url), url);
  }
});

test('a record is linked to where it has entries, by what they say', async () => {
  const asked: string[] = [];
  const recordUrl = (rectype: string, recid: string) => {
    asked.push(`${rectype} ${recid}`);
    return recid.startsWith('/') ? recid : `/${recid}`;
  };
  await using viewed = await startViewed({ viewer: { recordUrl } });
  await viewed.log('words', null, { rectype: 'product', recid: 12 });
  const visitor = await viewed.visitor();
  const found = await visitor.get('/activity?rectype=product&recid=12').expect(200);
  assert.match(found.text, /<a class="open" href="\/12">/);
  asked.length = 0;
  const none = await visitor.get('/activity?rectype=product&recid=/evil.example').expect(200);
  assert.doesNotMatch(none.text, /class="open"/);
  assert.deepEqual(asked, []);
});

test('the history of each record is found by the link to it', async () => {
  await using viewed = await startViewed();
  const ids = ['12', '12 ', 'k'.repeat(220)];
  for (const recid of ids) await viewed.log(`of ${recid.length}`, null, { rectype: 'product', recid });
  const visitor = await viewed.visitor();
  const { text } = await visitor.get('/activity').expect(200);
  const links = [...text.matchAll(/<p class="record"><a href="([^"]*)"/g)].map(([, href = '']) =>
    href.replaceAll('&amp;', '&'),
  );
  assert.equal(links.length, ids.length);
  for (const [index, link] of links.reverse().entries()) {
    const found = await visitor.get(`/activity${link}`).expect(200);
    assert.deepEqual(found.text.match(/<bdi>of \d+<\/bdi>/g), [`<bdi>of ${ids[index]?.length}</bdi>`]);
  }
});

test('no file that caches may share carries a cookie', async () => {
  const prepare: NonNullable<Parameters<typeof startViewed>[0]>['prepare'] = (app) =>
    app.use((_req, res, next) => {
      res.setHeader('Set-Cookie', 'auth=renewed');
      next();
    });
  await using viewed = await startViewed({ prepare });
  const visitor = await viewed.visitor();
  const page = await visitor.get('/activity').expect(200);
  assert.deepEqual(page.headers['set-cookie'], ['auth=renewed']);
  const [, asset = ''] = /"\.(\/activity\/assets\/\w+\/viewer\.css)"/.exec(page.text) ?? [];
  for (const path of [asset, asset.replace(/assets\/\w+/, 'assets/older')]) {
    assert.equal((await visitor.get(path).expect(200)).headers['set-cookie'], undefined, path);
  }
  const client = await visitor.get('/activity/live/client.js').expect(200);
  assert.equal(client.headers['cache-control'], 'private, no-cache');
});
