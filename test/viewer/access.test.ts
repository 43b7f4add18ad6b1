import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import type { ViewerOptions } from '../../lib/index.ts';
import { startViewed } from './support/viewed.ts';

const paths = ['', '/export.csv', '/export.jsonl', '/live/connect', '/live/entries?since=1', '/live/client.js'];

test('who is not signed in is sent to the sign-in page; a script is told so', async () => {
  await using viewed = await startViewed();
  for (const path of paths) {
    const page = request(viewed.origin).get(`/activity${path}`).set('Accept', 'text/html');
    await page.expect(303).expect('Location', `/sign-in?next=${encodeURIComponent(`/activity${path}`)}`);
    const { body } = await request(viewed.origin).get(`/activity${path}`).set('Accept', 'application/json').expect(401);
    assert.equal(body.error.code, 'not-signed-in');
  }
});

test('whom authorize does not let in gets 403, on every path', async () => {
  await using viewed = await startViewed({ viewer: { homeUrl: '/home', homeName: 'The shop' } });
  await viewed.log('words', null);
  const visitor = await viewed.visitor('13/1');
  for (const path of paths) {
    const { text } = await visitor.get(`/activity${path}`).set('Accept', 'text/html').expect(403);
    assert.match(text, /Not for your account/);
    assert.match(text, /<a class="home" href="\/home">/);
    assert.doesNotMatch(text, /words/);
    const { body } = await visitor.get(`/activity${path}`).set('Accept', 'application/json').expect(403);
    assert.equal(body.error.code, 'not-allowed');
  }
});

test('authorize is asked with the actor, may take its time, and lets in by true alone', async () => {
  const asked: string[] = [];
  const decide = async ({ actor, path }: Parameters<ViewerOptions['authorize']>[0]) => {
    asked.push(`${actor.login} ${path}`);
    if (actor.userid === '5') throw new Error('no answer');
    return (actor.userid === '1' ? true : 'yes') as boolean;
  };
  await using viewed = await startViewed({ viewer: { authorize: decide } });
  await (await viewed.visitor('1/1')).get('/activity').expect(200);
  await (await viewed.visitor('2/1')).get('/activity').expect(403);
  const { text } = await (await viewed.visitor('5/1')).get('/activity').expect(500);
  assert.doesNotMatch(text, /data-entries/);
  assert.deepEqual(asked, ['login1 /', 'login2 /', 'login5 /']);
});

test('no page has inline script or style, and the policy allows none', async () => {
  await using viewed = await startViewed({
    prepare: (app) =>
      app.use((_req, res, next) => {
        res.set('Content-Security-Policy', "default-src *; script-src 'unsafe-inline'");
        next();
      }),
  });
  await viewed.log('words', { price: '1 -> 2' }, { rectype: 'product', recid: 1 });
  const [visitor, stranger] = [await viewed.visitor(), await viewed.visitor('13/1')];
  for (const answer of [
    await visitor.get('/activity').expect(200),
    await visitor.get('/activity?rectype=product&recid=1').expect(200),
    await visitor.get('/activity?from=x').expect(400),
    await stranger.get('/activity').set('Accept', 'text/html').expect(403),
  ]) {
    const policy = String(answer.headers['content-security-policy']);
    assert.match(
      policy,
      /^default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'/,
    );
    assert.match(policy, /; form-action 'self'; base-uri 'none'; frame-ancestors 'self'$/);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.doesNotMatch(answer.text, /<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=|https?:\/\//);
  }
});

test('the policy names the streaming server, and nothing that a client claims to be one', async () => {
  await using viewed = await startViewed();
  const { host } = new URL(viewed.origin);
  const visitor = await viewed.visitor();
  const policy = async (claimed: string) =>
    String((await visitor.get('/activity').set('Host', claimed)).headers['content-security-policy']);
  assert.match(await policy(host), new RegExp(`connect-src 'self' ws://${host};`));
  assert.doesNotMatch(await policy("evil; script-src 'unsafe-inline'"), /evil/);
  const stream = {
    url: 'http://10.0.0.9:9999',
    publicUrl: 'wss://push.example.com/stream/',
    secrets: ['s'.repeat(32)],
  };
  await using elsewhere = await startViewed({ actionlog: { stream, onError: () => undefined } });
  const answer = await (await elsewhere.visitor()).get('/activity').expect(200);
  assert.match(String(answer.headers['content-security-policy']), /connect-src 'self' wss:\/\/push\.example\.com;/);
});

test('its files are kept for good, under an address that changes with them', async () => {
  await using viewed = await startViewed();
  const { text } = await (await viewed.visitor()).get('/activity').expect(200);
  const types = { css: /^text\/css/, js: /^text\/javascript/, svg: /^image\/svg/ };
  for (const [extension, type] of Object.entries(types)) {
    const [, path = ''] = new RegExp(`"\\.(/activity/assets/\\w+/viewer\\.${extension})"`).exec(text) ?? [];
    const file = await request(viewed.origin).get(path).expect(200).expect('Content-Type', type);
    assert.equal(file.headers['cache-control'], 'public, max-age=31536000, immutable');
    await request(viewed.origin).get(path).set('If-None-Match', String(file.headers['etag'])).expect(304);
    const other = await request(viewed.origin)
      .get(path.replace(/assets\/\w+/, 'assets/older'))
      .expect(200);
    assert.equal(other.headers['cache-control'], 'no-cache');
  }
  await request(viewed.origin).get('/activity/assets/x/viewer.html').expect(404);
  await request(viewed.origin).get('/activity/assets/x/..%2Fviewer.ts').expect(404);
});
