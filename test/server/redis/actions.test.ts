import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { redisActions, redisEngine } from '../../../lib/redis/index.ts';
import type { StreamServerOptions } from '../../../lib/server/index.ts';
import { closeCodes } from '../../../lib/stream/protocol.ts';
import { ownRedis } from '../../support/own-redis.ts';
import { newPrefix, openClient, redisUrl } from '../../support/redis.ts';
import { vectors } from '../../support/vectors.ts';
import { openPage, secret, startServer } from '../clients.ts';
import { until } from '../engine-contract.ts';

const action = (fields: Record<string, unknown> = {}) =>
  JSON.stringify({ ...{ wssid: 0, rectype: 'user', recid: '1', gsid: '1', from_userid: '9', extra: null }, ...fields });
const startTaker = (prefix: string, options: Partial<StreamServerOptions> = {}, redis = redisUrl) =>
  startServer({ secrets: [secret], actions: redisActions({ redis, prefix, leaseMs: 1_000 }), ...options });

describe('the list of actions', () => {
  test('is taken in order, as PHP pushes it, with the default engine', async () => {
    const prefix = newPrefix();
    await using running = await startTaker(prefix);
    const pages = new Map<string, Awaited<ReturnType<typeof openPage>>>();
    for (const { input } of vectors.redis) {
      const gsid = String(input.gsid);
      pages.set(gsid, pages.get(gsid) ?? (await openPage(running.port, gsid)));
    }
    await using client = await openClient();
    for (const { payload } of vectors.redis) await client.lPush(`${prefix}actions`, payload);
    for (const { input } of vectors.redis) {
      const event = await pages.get(String(input.gsid))?.next();
      const { userid, recid, rectype, extra } = input;
      assert.deepEqual([event.userid, event.recid, event.rectype], [String(userid), String(recid), rectype]);
      assert.deepEqual(event.extra, extra ?? undefined);
    }
    await until(async () => (await client.keys(`*${prefix}*taken*`)).length === 0);
  });

  test('with garbage in it goes on: that is dropped, counted and told', async () => {
    const prefix = newPrefix();
    const codes: unknown[] = [];
    await using running = await startTaker(prefix, {
      onError: (error) => codes.push((error as { code?: string }).code),
    });
    const page = await openPage(running.port);
    await using client = await openClient();
    const garbage = [
      '',
      '{',
      'null',
      '7',
      '[]',
      action({ gsid: '' }),
      action({ rectype: 7 }),
      '{"type":"revoke"}',
      'x'.repeat(300_000),
    ];
    await client.lPush(`${prefix}actions`, [
      ...garbage,
      Buffer.from([0xff, 0xfe]),
      action({ recid: 'after' }),
    ] as string[]);
    assert.equal((await page.next()).recid, 'after');
    assert.deepEqual(
      codes,
      Array.from({ length: garbage.length + 1 }, () => 'action-dropped'),
    );
    assert.equal(running.logged.warn.length, 1);
  });

  test('takes a revocation, and logs who is connected', async () => {
    const prefix = newPrefix();
    await using running = await startTaker(prefix);
    const page = await openPage(running.port, '1', '7');
    await using client = await openClient();
    await client.lPush(`${prefix}actions`, action({ rectype: 'gsidmap', gsid: '0' }));
    await until(() => running.logged.info.some((line) => line.includes(String(page.sid))));
    await client.lPush(`${prefix}actions`, JSON.stringify({ type: 'revoke', gsid: '1', userid: '7', at: Date.now() }));
    assert.equal((await page.closed).code, closeCodes.revoked.code);
  });

  test('several servers take from it: each action comes once', async () => {
    const prefix = newPrefix();
    const node = () => startTaker(prefix, { engine: redisEngine({ redis: redisUrl, prefix }) });
    await using one = await node();
    await using two = await node();
    await until(() => one.server.ready && two.server.ready);
    const pages = [await openPage(one.port), await openPage(two.port)];
    await using client = await openClient();
    for (let n = 0; n < 200; n += 1) await client.lPush(`${prefix}actions`, action({ recid: String(n) }));
    for (const page of pages) {
      const got = [];
      for (let n = 0; n < 200; n += 1) got.push(Number((await page.next()).recid));
      assert.deepEqual(
        got.sort((a, b) => a - b),
        Array.from({ length: 200 }, (_, n) => n),
      );
    }
  });

  test('what a server had in hand when it died is given back by another one, first of all', async () => {
    const prefix = newPrefix();
    await using client = await openClient();
    const key = `${prefix}actions`;
    await client.sAdd(`{${key}}:servers`, 'dead');
    await client.lPush(`{${key}}:taken:dead`, [action({ recid: '1' }), action({ recid: '2' })]);
    await client.lPush(key, action({ recid: '3' }));
    await using running = await startServer({ secrets: [secret] });
    assert.ok(running.port > 0);
    await using taker = await startTaker(prefix, { history: { maxEvents: 10 } });
    const page = await openPage(taker.port, '1', '7', { protocols: [`since.${Date.now() - 100}`] });
    const got = [];
    for (let n = 0; n < 3; n += 1) got.push((await page.next()).recid);
    assert.deepEqual(got, ['1', '2', '3']);
    assert.equal(await client.sIsMember(`{${key}}:servers`, 'dead'), 0);
  });

  test('of a server that lives is not touched, and it gives back what is left as it closes', async () => {
    const prefix = newPrefix();
    const key = `${prefix}actions`;
    await using client = await openClient();
    await client.sAdd(`{${key}}:servers`, 'lives');
    await client.set(`{${key}}:lease:lives`, '1');
    await client.lPush(`{${key}}:taken:lives`, action());
    const running = await startTaker(prefix);
    await until(async () => (await client.sCard(`{${key}}:servers`)) === 2);
    await running.server.close({ timeoutMs: 200 });
    assert.deepEqual(
      [await client.lLen(`{${key}}:taken:lives`), await client.sMembers(`{${key}}:servers`)],
      [1, ['lives']],
    );
  });

  test('waits in Redis while the engine is away, and is taken when it is back', async () => {
    await using redis = await ownRedis();
    const prefix = newPrefix();
    const engine = redisEngine({ redis: redis.url, prefix });
    await using running = await startTaker(prefix, { engine });
    await until(() => running.server.ready);
    const page = await openPage(running.port);
    await redis.kill();
    await until(() => !running.server.ready);
    await using client = await openClient();
    await client.lPush(`${prefix}actions`, action({ recid: 'waits' }));
    await redis.start();
    let message = await page.next();
    while (message.type !== 'update') message = await page.next();
    assert.equal(message.recid, 'waits');
    await until(async () => (await client.keys(`*${prefix}*taken*`)).length === 0);
  });
});
