import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage, openPageWith } from '../support/pages.ts';
import { newPrefix, redisUrl } from '../support/redis.ts';
import { cli, secret, serve } from './support/run.ts';

const env = { STREAM_SECRET: secret };
const wrong = { STREAM_SECRET: 'another-secret-of-more-than-thirty-two-bytes' };

test('every command says in --help what it does, with an example', async () => {
  for (const command of ['serve', 'migrate', 'status', 'check', 'send', 'tail', 'dump', 'token']) {
    const { code, out } = await cli([command, '--help']);
    assert.equal(code, 0);
    assert.match(out, /Examples?:\n {2}\S/, command);
    assert.match(out, /--config <file>/, command);
  }
});

test('send relays one event to the pages of the tenant, and says so; what is no JSON is wrong use', async () => {
  await using server = await serve();
  await using page = await openPage(server.url, secret, { gsid: '3', userid: '42' });
  const argv = ['send', '--url', server.url, '--gsid', '3', '--rectype', 'product', '--recid', '12'];
  const sent = await cli([...argv, '--extra', '{"price":9}', '--json'], env);
  assert.equal(sent.code, 0, sent.err);
  assert.equal(JSON.parse(sent.out).status, 'sent');
  const [event] = await page.until(1);
  assert.deepEqual([event?.recid, event?.extra], ['12', { price: 9 }]);
  assert.equal((await cli([...argv, '--extra', '{price'], env)).code, 2);
  assert.equal((await cli([...argv], {})).code, 2);
  const refused = await cli(argv, wrong);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /same secret/);
});

test('dump prints who is connected, by tenant or by connection', async () => {
  await using server = await serve();
  await using page = await openPage(server.url, secret, { gsid: '3', userid: '42' });
  const { sid } = page.greeting;
  const map = await cli(['dump', 'gsidmap', '--url', server.url, '--json'], env);
  assert.deepEqual(JSON.parse(map.out), { gsidmap: { 3: [sid] } });
  const readable = await cli(['dump', 'wsclientmap', '--url', server.url], env);
  assert.equal(readable.out, `${sid}: user 42 of tenant 3\n`);
  assert.equal((await cli(['dump', 'everything', '--url', server.url], env)).code, 2);
});

test('token prints a token that opens a page', async () => {
  await using server = await serve();
  const { out } = await cli(['token', '--gsid', '3', '--userid', '42'], env);
  await using page = await openPageWith(server.url, ['actionlog', `bearer.${out.trim()}`]);
  assert.deepEqual([page.greeting.gsid, page.greeting.userid], ['3', '42']);
  const { protocols } = JSON.parse((await cli(['token', '--userid', '7', '--json'], env)).out);
  await using second = await openPageWith(server.url, protocols);
  assert.equal(second.greeting.userid, '7');
  assert.equal((await cli(['token', '--userid', '7'])).code, 2);
});

test('check goes through every step, and ends with 1 at the one that fails, with what to do', async () => {
  await using server = await serve();
  const well = await cli(['check', '--url', server.url, '--json'], env);
  assert.equal(well.code, 0, well.out);
  const { ok, steps } = JSON.parse(well.out);
  assert.equal(ok, true);
  assert.deepEqual(
    steps.map(({ step }: { step: string }) => step),
    ['reach', 'ready', 'page', 'relay', 'arrive'],
  );
  const forged = await cli(['check', '--url', server.url], wrong);
  assert.equal(forged.code, 1);
  assert.match(forged.out, /ok {4} ready[\s\S]*FAILED page[\s\S]*STREAM_SECRET/);
  const nobody = await cli(['check', '--url', 'http://127.0.0.1:1', '--timeout', '500'], env);
  assert.equal(nobody.code, 1);
  assert.match(nobody.out, /FAILED reach .*ECONNREFUSED.*\n.*running/);
});

test('serve over Redis: an event that one node takes arrives at a page of the other', async () => {
  const redis = ['--redis-prefix', newPrefix()];
  await using first = await serve(redis, { REDIS_URL: redisUrl });
  await using second = await serve(redis, { REDIS_URL: redisUrl });
  for (const { url } of [first, second]) {
    while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await using page = await openPage(second.url, secret, { gsid: '3', userid: '42' });
  const sent = await cli(['send', '--url', first.url, '--gsid', '3', '--rectype', 'product', '--recid', '12'], env);
  assert.equal(sent.code, 0, sent.err);
  assert.equal((await page.until(1))[0]?.recid, '12');
  const none = await cli(['serve', '--redis-prefix', 'x'], env);
  assert.equal(none.code, 2);
  assert.match(none.err, /REDIS_URL/);
});
