import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createActionlog, migrate } from '../../lib/index.ts';
import { redisActions, redisEngine, redisRelay } from '../../lib/redis/index.ts';
import { closeCodes } from '../../lib/stream/protocol.ts';
import { openPage, secret, startServer } from '../server/clients.ts';
import { until } from '../server/engine-contract.ts';
import { createDatabase } from '../support/mariadb.ts';
import { ownRedis } from '../support/own-redis.ts';
import { newPrefix, openClient, redisUrl } from '../support/redis.ts';

test('what is announced before Redis is connected is sent, and fails nobody', async () => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  const prefix = newPrefix();
  await using actionlog = createActionlog({
    database: database.url,
    session: () => undefined,
    stream: {
      relay: redisRelay({ redis: redisUrl, prefix }),
      publicUrl: '/stream/',
      secrets: [secret],
      timeoutMs: 60_000,
    },
    announcer: { sweepAfterMs: 120_000 },
  });
  const record = { gsid: 3, userid: 7, rectype: 'product', recid: 12 };
  assert.deepEqual(await actionlog.streamaction({ ...record, wssid: 5 }), { status: 'sent' });
  await using client = await openClient();
  const [item = ''] = await client.lRange(`${prefix}actions`, 0, -1);
  assert.deepEqual(JSON.parse(item), {
    ...{ wssid: 5, rectype: 'product', recid: '12', gsid: '3', from_userid: '7', extra: null },
  });
});

test('an application relays through Redis: announced, deferred while Redis is away, swept up later, revoked', async () => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  await using redis = await ownRedis();
  const prefix = 'app_';
  const settings = { redis: redis.url, prefix };
  await using running = await startServer({
    ...{ secrets: [secret], engine: redisEngine(settings), actions: redisActions(settings) },
  });
  await until(() => running.server.ready);
  const codes: unknown[] = [];
  await using actionlog = createActionlog({
    database: database.url,
    session: () => undefined,
    stream: { relay: redisRelay(settings), publicUrl: '/stream/', secrets: [secret] },
    announcer: { sweepAfterMs: 2_100, sweepEveryMs: 200, leaseMs: 2_000, retryWithinMs: 50 },
    onError: (error) => codes.push((error as { code?: string }).code),
  });
  await actionlog.ready();
  const page = await openPage(running.port);
  const { logaction } = actionlog.as({ userid: 7, gsid: 1, login: 'ann' });
  const log = (recid: number) => logaction('changed', {}, { rectype: 'product', recid }, { extra: { note: recid } });

  const sent = await log(1);
  assert.equal((await sent.announced).status, 'sent');
  const event = await page.next();
  assert.deepEqual([event.recid, event.alogid, event.login, event.extra], ['1', sent.alogid, 'ann', { note: 1 }]);
  assert.ok(Math.abs(event.time - Date.now()) < 60_000);

  await redis.kill();
  const away = await log(2);
  const none = Promise.resolve('the request waits for no announcement');
  assert.equal(await Promise.race([away.announced, none]), await none);
  assert.equal((await away.announced).status, 'deferred');
  await redis.start();
  let message = await page.next();
  // what was in hand as Redis died may come once more: pages drop it by its alogid
  while (message.type !== 'update' || message.alogid === sent.alogid) message = await page.next();
  assert.deepEqual([message.recid, message.alogid], ['2', away.alogid]);
  await until(async () => {
    const rows = await database.query('SELECT COUNT(*) AS n FROM actionlog WHERE wssdone = 0');
    return Number(rows[0]?.['n']) === 0;
  });

  const revoked = await actionlog.revoke({ userid: 7, gsid: 1 });
  assert.equal((await revoked.announced).status, 'sent');
  assert.equal((await page.closed).code, closeCodes.revoked.code);
  assert.ok(
    codes.every((code) => code === 'redis-unreachable' || code === 'relay-paused' || code === 'relay-resumed'),
    `${codes}`,
  );
});
