import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPage } from '../support/pages.ts';
import { newPrefix, openClient, redisUrl } from '../support/redis.ts';
import { cli, secret, serve } from './support/run.ts';

const send = ['send', '--gsid', '3', '--rectype', 'product', '--recid', '12'];

async function listed(prefix: string): Promise<unknown[]> {
  await using client = await openClient();
  return (await client.lRange(`${prefix}actions`, 0, -1)).map((text) => JSON.parse(text));
}

test('send --redis-prefix pushes the event to the list of actions', async () => {
  const prefix = newPrefix();
  const flags = ['--redis-prefix', prefix, '--extra', '{"price":9}', '--timeout', '60000', '--json'];
  const sent = await cli([...send, ...flags], { REDIS_URL: redisUrl });
  assert.equal(sent.code, 0, sent.err);
  assert.equal(JSON.parse(sent.out).status, 'sent');
  const ids = { wssid: 0, rectype: 'product', recid: '12', gsid: '3', from_userid: '0' };
  assert.deepEqual(await listed(prefix), [{ ...ids, extra: { price: 9 } }]);
});

test('send --redis-prefix fails where Redis is not there, and says what it met', async () => {
  const flags = ['--redis-prefix', 'x', '--timeout', '60000'];
  const { code, err } = await cli([...send, ...flags], { REDIS_URL: 'redis://127.0.0.1:1' });
  assert.equal(code, 1);
  assert.match(err, /Redis cannot be reached[\s\S]*because: .*ECONNREFUSED/);
  const none = await cli([...send, ...flags]);
  assert.deepEqual([none.code, /REDIS_URL/.test(none.err)], [2, true]);
});

test('send goes the way that its flags name: neither the engine’s prefix nor a config file stands in the way of --url', async (t) => {
  await using server = await serve();
  await using page = await openPage(server.url, secret, { gsid: '3', userid: '42' });
  const prefix = newPrefix();
  const folder = await mkdtemp(join(tmpdir(), 'actionlog-send-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'express-actionlog.json'), JSON.stringify({ redisPrefix: prefix }));
  const env = { STREAM_SECRET: secret, REDIS_URL: redisUrl, REDIS_PREFIX: prefix };
  for (const cwd of [undefined, folder]) {
    const sent = await cli([...send, '--url', server.url], env, cwd);
    assert.equal(sent.code, 0, sent.err);
  }
  assert.equal((await page.until(2)).length, 2);
  assert.deepEqual(await listed(prefix), []);
  const pushed = await cli([...send, '--redis-prefix', prefix], { ...env, STREAM_URL: server.url });
  assert.equal(pushed.code, 0, pushed.err);
  assert.equal((await listed(prefix)).length, 1);
});

test('send by both ways at once is wrong use', async () => {
  const { code, err } = await cli([...send, '--url', 'http://127.0.0.1:1', '--redis-prefix', 'x'], {
    ...{ STREAM_SECRET: secret, REDIS_URL: redisUrl },
  });
  assert.equal(code, 2);
  assert.match(err, /choose one: --url .* --redis-prefix/);
});
