import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Roster } from '../../lib/server/roster.ts';
import { TokenBuckets } from '../../lib/server/token-buckets.ts';
import { userKey } from '../../lib/stream/gyroscope-keys.ts';
import { closeCodes } from '../../lib/stream/protocol.ts';
import { openPage, openSocket, relay, secret, startServer, updateOf } from './clients.ts';
import { clock, openBrowser, startGyroscope, wssecret } from './gyroscope-clients.ts';

const code = (text: string) => JSON.parse(text).error.code as string;

/** Opens a page that must be refused; gives the status and code. */
async function refused(open: Promise<unknown>): Promise<[number, string]> {
  const error = await open.then(
    () => assert.fail('it was let in'),
    (reason: { status: number; text: string }) => reason,
  );
  return [error.status, code(error.text)];
}

describe('a page that reads too slowly', () => {
  test('is closed once too much waits for it, may return, and keeps nothing from the others', async () => {
    const maxBufferedBytes = 100_000;
    await using running = await startServer({ secrets: [secret], maxBufferedBytes });
    const slow = await openPage(running.port, '1', '7');
    const well = await openPage(running.port, '1', '8');
    slow.socket.pause();
    let sent = 0;
    const extra = 'x'.repeat(60_000);
    while (running.server.connections === 2) {
      await relay(
        running.port,
        Array.from({ length: 15 }, () => updateOf({ recid: `${sent++}`, extra })),
      );
      assert.ok(sent < 2_000, 'it would wait for ever');
    }
    for (let recid = 0; recid < sent; recid += 1) assert.equal((await well.next()).recid, `${recid}`);
    slow.socket.resume();
    const { tooSlow } = closeCodes;
    assert.deepEqual(await slow.closed, { code: tooSlow.code, reason: tooSlow.reason });
    assert.deepEqual(running.logged.error, []);
    await openPage(running.port, '1', '7', { protocols: [`resume.${slow.greeting.resume}`] });
  });

  test('is ended where it does not read even that', async () => {
    await using running = await startServer({ secrets: [secret], maxBufferedBytes: 1_000 });
    const slow = await openPage(running.port);
    slow.socket.pause();
    const extra = 'x'.repeat(60_000);
    while (running.server.connections > 0)
      await relay(
        running.port,
        Array.from({ length: 15 }, () => updateOf({ extra })),
      );
    await running.server.close({ timeoutMs: 3_000 });
    slow.socket.terminate();
  });
});

describe('the pages of one user, and of one tenant', () => {
  test('are as many as they may be; who comes back for his place is not one more', async () => {
    await using running = await startServer({ secrets: [secret], maxConnectionsPerUser: 2 });
    const first = await openPage(running.port);
    const second = await openPage(running.port);
    assert.deepEqual(await refused(openPage(running.port)), [429, 'too-many-of-user']);
    await openPage(running.port, '1', '8');
    await openPage(running.port, '2', '7');
    await openPage(running.port, '1', '7', { protocols: [`resume.${first.greeting.resume}`] });
    assert.equal((await first.closed).code, closeCodes.replaced.code);
    second.socket.close();
    await second.closed;
    await openPage(running.port);
  });

  test('of a tenant, where its number is bounded', async () => {
    await using running = await startGyroscope({ secrets: [secret], maxConnectionsPerTenant: 2 });
    await openPage(running.port, '1', '7');
    await openBrowser(running.port, userKey(wssecret, '1', '8', clock));
    assert.deepEqual(await refused(openPage(running.port, '1', '9')), [503, 'too-many-of-tenant']);
    const key = userKey(wssecret, '1', '9', clock);
    assert.deepEqual(await refused(openSocket(`ws://127.0.0.1:${running.port}/?WSS${key}=`, [])), [
      503,
      'too-many-of-tenant',
    ]);
    await openPage(running.port, '2', '7');
  });
});

describe('what comes too often', () => {
  test('of one user’s connections is refused before the upgrade, and others go on', async () => {
    await using running = await startServer({ secrets: [secret], maxConnectsPerMinute: 3 });
    for (let n = 0; n < 3; n += 1) (await openPage(running.port)).socket.close();
    assert.deepEqual(await refused(openPage(running.port)), [429, 'too-many-attempts']);
    await openPage(running.port, '1', '8');
  });

  test('of one secret’s relays is refused with the time to wait, and no other secret’s', async () => {
    const other = 'another secret that these tests share with their server';
    const { StreamKeys } = await import('../../lib/stream/keys.ts');
    await using running = await startServer({ secrets: [secret, other], maxRelaysPerSecond: 1 });
    assert.equal((await relay(running.port, [updateOf()])).status, 202);
    const answers = await Promise.all(Array.from({ length: 5 }, () => relay(running.port, [updateOf()])));
    const tooMany = answers.find(({ status }) => status === 429);
    assert.equal(tooMany?.json.error.code, 'too-many-relays');
    assert.equal(tooMany?.headers['retry-after'], '1');
    assert.equal((await relay(running.port, [updateOf()], { signer: new StreamKeys([other]) })).status, 202);
  });
});

test('a token bucket fills evenly up to its size, and is forgotten once it is full', (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const buckets = new TokenBuckets({ max: 10, perMs: 1_000 });
  for (let n = 0; n < 10; n += 1) assert.equal(buckets.take('a'), 0);
  assert.equal(buckets.take('a'), 100);
  assert.equal(buckets.take('b'), 0);
  now = 250;
  assert.deepEqual([buckets.take('a'), buckets.take('a'), buckets.take('a')], [0, 0, 50]);
  now = 5_000;
  assert.equal(buckets.take('c'), 0);
  assert.equal(buckets.size, 1);
});

test('the roster counts and finds pages by tenant and user, and forgets what has left', () => {
  const roster = new Roster<{ gsid: string; userid: string }>();
  const pages = [
    { gsid: '1', userid: '7' },
    { gsid: '1', userid: '7' },
    { gsid: '1', userid: '8' },
    { gsid: '2', userid: '7' },
  ];
  for (const page of pages) roster.add(page);
  assert.deepEqual(roster.pagesOf('1', '7'), pages.slice(0, 2));
  assert.equal(roster.pagesOf('0', '7').length, 3);
  assert.equal(roster.sizeOfTenant('1'), 3);
  for (const page of pages) roster.remove(page);
  for (const page of pages) roster.remove(page);
  assert.deepEqual([roster.sizeOfTenant('1'), roster.pagesOf('0', '7')], [0, []]);
});
