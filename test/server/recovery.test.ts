import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keys, openPage, relay, secret, startServer, updateOf } from './clients.ts';

type Greeting = { epoch: string; offset: number; offset0: number; resume: string; recovered?: boolean };
const at = ({ epoch, offset, offset0 }: Greeting) => `at.${epoch}.${offset}.${offset0}`;
const send = (port: number, ...recids: string[]) =>
  relay(
    port,
    recids.map((recid) => updateOf({ recid })),
  );

describe('a page that comes back with its place', () => {
  test('gets exactly what it missed, then what comes, and is told so', async () => {
    await using running = await startServer();
    const { port } = running;
    const before = await openPage(port);
    assert.equal('recovered' in before.greeting, false, 'it named no place');
    await send(port, '1');
    const { epoch, offset } = await before.next();
    before.socket.close();
    await before.closed;
    await send(port, '2', '3');
    await relay(port, [updateOf({ gsid: '0', recid: 'all' }), updateOf({ gsid: '2', recid: 'foreign' })]);
    await send(port, '4');
    const back = await openPage(port, '1', '7', { protocols: [`at.${epoch}.${offset}.0`] });
    assert.deepEqual(
      [back.greeting.recovered, back.greeting.offset, back.greeting.offset0, back.greeting.epoch],
      [true, 1, 0, epoch],
    );
    await send(port, '5');
    const got = [];
    for (let n = 0; n < 5; n += 1) got.push((await back.next()).recid);
    assert.deepEqual(got, ['2', '3', 'all', '4', '5']);
  });

  test('of two parts gets all of tenant 0’s events that came, as far as they are remembered', async () => {
    await using running = await startServer({ secrets: [secret], history: { maxEvents: 2 } });
    const { port } = running;
    const everybody = (recid: string) => relay(port, [updateOf({ gsid: '0', recid })]);
    await everybody('before');
    const { greeting } = await openPage(port);
    assert.equal(greeting.offset0, 1);
    await send(port, '1', '2');
    await everybody('all');
    const back = () => openPage(port, '1', '7', { protocols: [`at.${greeting.epoch}.1`] });
    const page = await back();
    const { recovered, offset, offset0 } = page.greeting;
    assert.deepEqual([recovered, offset, offset0], [true, 1, 0]);
    const got = [];
    for (let n = 0; n < 3; n += 1) got.push((await page.next()).recid);
    assert.deepEqual(got, ['before', '2', 'all']);
    await everybody('more');
    assert.equal((await back()).greeting.recovered, false, 'one of tenant 0’s is forgotten');
  });

  test('misses and doubles nothing of what comes while it is greeted', async () => {
    await using running = await startServer();
    const { greeting } = await openPage(running.port);
    const sending = Array.from({ length: 40 }, (_, index) => send(running.port, `${index}`));
    const pages = await Promise.all(
      Array.from({ length: 8 }, () => openPage(running.port, '1', '7', { protocols: [at(greeting)] })),
    );
    await Promise.all(sending);
    for (const page of pages) {
      for (let offset = 1; offset <= 40; offset += 1) assert.equal((await page.next()).offset, offset);
    }
  });

  test('works before the first event', async () => {
    await using running = await startServer();
    const { greeting } = await openPage(running.port);
    assert.deepEqual([greeting.offset, greeting.offset0], [0, 0]);
    await send(running.port, '1');
    const back = await openPage(running.port, '1', '7', { protocols: [at(greeting)] });
    assert.equal(back.greeting.recovered, true);
    assert.equal((await back.next()).recid, '1');
  });

  test('is told that it was not caught up, and gets nothing of the past, where the place is not known any more', async () => {
    await using running = await startServer({ secrets: [secret], history: { maxEvents: 2 } });
    await using other = await startServer();
    const { port } = running;
    const { greeting } = await openPage(port);
    await send(port, '1', '2', '3');
    const places = [
      ...[at(greeting), at((await openPage(other.port)).greeting), at({ ...greeting, offset: 4 })],
      ...['at.', 'at.x', `at.${greeting.epoch}.`, `at.${greeting.epoch}.0`, `at.${greeting.epoch}.1.`],
      ...[`at.${greeting.epoch}.-1.0`, `at.${greeting.epoch}.1e0.0`],
    ];
    const pages = [];
    for (const place of places) pages.push(await openPage(port, '1', '7', { protocols: [place] }));
    await send(port, 'live');
    for (const page of pages) {
      assert.deepEqual([page.greeting.recovered, page.greeting.offset], [false, 3]);
      assert.equal((await page.next()).recid, 'live');
    }
  });

  test('that names another tenant’s place gets nothing of that tenant', async () => {
    await using running = await startServer();
    const { greeting } = await openPage(running.port, '2', '7');
    await relay(running.port, [updateOf({ gsid: '2' }), updateOf({ gsid: '1' })]);
    const page = await openPage(running.port, '1', '7', { protocols: [at(greeting)] });
    assert.equal(page.greeting.recovered, false);
  });
});

describe('a connection id in what is caught up with', () => {
  test('is the own page’s where it has come back, and 0 for a colleague’s page that was named', async () => {
    await using running = await startServer();
    const own = await openPage(running.port, '1', '7');
    const colleague = await openPage(running.port, '1', '8');
    for (const page of [own, colleague]) {
      page.socket.close();
      await page.closed;
    }
    await relay(running.port, [updateOf({ sid: own.sid }), updateOf({ sid: colleague.sid })]);
    const sids = async (userid: string, { greeting }: typeof own) => {
      const protocols = [`resume.${greeting.resume}`, at(greeting)];
      const back = await openPage(running.port, '1', userid, { protocols });
      assert.equal(back.sid, greeting.sid);
      return [(await back.next()).sid, (await back.next()).sid];
    };
    assert.deepEqual(await sids('7', own), [own.sid, colleague.sid]);
    assert.deepEqual(await sids('8', colleague), [own.sid, 0]);
  });

  test('is still the page’s own after a restart of the server', async () => {
    const first = await startServer();
    const page = await openPage(first.port);
    await first.server.close({ timeoutMs: 200 });
    await using second = await startServer();
    const protocols = [`resume.${page.greeting.resume}`, at(page.greeting)];
    const back = await openPage(second.port, '1', '7', { protocols });
    assert.deepEqual([back.sid, back.greeting.recovered], [page.sid, false]);
    await relay(second.port, [updateOf({ sid: page.sid })]);
    assert.equal((await back.next()).sid, page.sid);
    assert.deepEqual(await keys.verifyResume(back.greeting.resume), { sid: page.sid, gsid: '1', userid: '7' });
  });
});

describe('a page’s first connection', () => {
  const since = (ms: number) => ({ protocols: [`since.${ms}`] });

  test('that tells when it began to be rendered gets what came since', async (t) => {
    await using running = await startServer();
    await send(running.port, 'earlier');
    const now = Date.now();
    t.mock.timers.enable({ apis: ['Date'], now: now + 5_000 });
    await relay(running.port, [updateOf({ recid: 'later' })]);
    t.mock.timers.setTime(now + 6_000);
    const page = await openPage(running.port, '1', '7', since(now + 4_000));
    assert.deepEqual([page.greeting.recovered, page.greeting.offset], [true, 1]);
    assert.equal((await page.next()).recid, 'later');
  });

  test('is told where the server has not known that time, or the clocks are apart', async () => {
    await using running = await startServer();
    for (const protocols of [since(Date.now() - 60_000), since(Date.now() + 60_000), { protocols: ['since.soon'] }]) {
      assert.equal((await openPage(running.port, '1', '7', protocols)).greeting.recovered, false);
    }
  });
});
