import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useChromium } from './support/pages.ts';
import { startPeer } from './support/peer.ts';

const openPage = useChromium();

/** Shows what has come in over any web socket of the page, as `received`. */
const spy = `
  window.received = [];
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => received.push(data));
    }
  };`;

test('A page that heard nothing for a minute gives the connection up, and waits for no close to come back', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer, { clock: true });
  const first = await peer.sockets.next();
  await page.status('open');
  first.stall();
  await page.page.clock.runFor(59_900);
  assert.equal(await page.get('client.status'), 'open');
  await page.page.clock.runFor(100);
  assert.equal(await page.get('client.status'), 'waiting');
  await page.page.clock.runFor(500);
  const second = await peer.sockets.next();
  await page.status('open');
  first.terminate(); // the abandoned web socket ends much later
  second.announce({ sid: first.sid });
  await page.until('log.some(([type]) => type === "update")');
  assert.equal((await page.events('update'))[0]?.['own'], true);
  assert.equal(await page.get('client.status'), 'open');
  assert.deepEqual(await page.events('close'), []);
  assert.equal(peer.asked, 2);
});

test('Heartbeats keep a connection for which nothing is announced', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer, { clock: true, script: spy });
  const socket = await peer.sockets.next();
  await page.status('open');
  for (let beat = 1; beat <= 4; beat += 1) {
    await page.page.clock.runFor(59_900);
    socket.send({ type: 'heartbeat', time: beat });
    await page.until(`received.length === ${beat + 1}`);
  }
  assert.deepEqual(await page.events('status'), [{ status: 'open' }]);
});

test('A web socket that is never greeted is given up after 10 seconds, whatever else it brings', async () => {
  await using peer = await startPeer();
  peer.greets = false;
  await using page = await openPage(peer, { clock: true, script: spy });
  const first = await peer.sockets.next();
  await page.page.clock.runFor(9_900);
  first.send({ type: 'heartbeat', time: 1 });
  await page.until('received.length === 1');
  assert.equal(await page.get('client.status'), 'connecting');
  await page.page.clock.runFor(100);
  assert.equal(await page.get('client.status'), 'waiting');
  assert.equal(await first.closed, 1005);
  await page.page.clock.runFor(500);
  (await peer.sockets.next()).greet();
  await page.status('open');
});

test('A connect route that does not answer is given up after 10 seconds', async () => {
  await using peer = await startPeer();
  peer.answer = (turn) => (turn === 1 ? new Promise(() => {}) : { wire: 'default', url: '/stream', token: 'token' });
  await using page = await openPage(peer, { clock: true });
  await page.until('client.status === "connecting"');
  await page.page.clock.runFor(10_500);
  await page.status('open');
  assert.equal(peer.asked, 2);
});

test('The waits double up to their bound, and begin anew only after a connection that held', async () => {
  await using peer = await startPeer();
  peer.answer = () => 503;
  const script = 'Math.random = () => 1 - 2 ** -53;'; // the longest wait that there is
  await using page = await openPage(peer, { clock: true, script, options: { maxDelayMs: 3_000 } });
  const waits = async (ms: number): Promise<void> => {
    await page.status('waiting');
    const { asked } = peer;
    await page.page.clock.runFor(ms - 10);
    assert.equal(await page.get('client.status'), 'waiting');
    assert.equal(peer.asked, asked);
    await page.page.clock.runFor(10); // no further: an answer that came during it would begin its wait before its end
    await page.until('client.status !== "connecting"');
    assert.equal(peer.asked, asked + 1);
  };
  for (const ms of [500, 1_000, 2_000, 3_000]) await waits(ms);
  peer.answer = () => ({ wire: 'default', url: '/stream', token: 'token' });
  await waits(3_000);
  (await peer.sockets.next()).terminate(); // as soon as it was there
  await waits(3_000);
  await page.page.clock.runFor(10_000);
  (await peer.sockets.next()).terminate();
  await waits(500);
  await page.status('open');
});
