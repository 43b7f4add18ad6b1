import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useChromium } from './support/pages.ts';
import { type Peer, startPeer } from './support/peer.ts';

const openPage = useChromium();
const query = '?WSSaf64cd4d6bb1d4bd7a3c6a2ee7d1a2a5-7-42=';

async function startGyroscope(): Promise<Peer> {
  const peer = await startPeer();
  peer.answer = () => ({ wire: 'gyroscope', url: `${peer.origin.replace('http', 'ws')}/wss/${query}` });
  peer.greets = false;
  return peer;
}

test("On Gyroscope's wire the key is in the address, there is no subprotocol, and numbers become text", async () => {
  await using peer = await startGyroscope();
  await using page = await openPage(peer);
  const socket = await peer.sockets.next();
  assert.equal(socket.url, `/wss/${query}`);
  assert.deepEqual(socket.protocols, ['']);
  socket.send({ type: 'getsid', sid: 5, gsid: 7, userid: 42 });
  await page.status('open');
  const [greeting] = await page.events('open');
  assert.deepEqual(greeting, { type: 'getsid', sid: 5, gsid: '7', userid: '42' });
  socket.send({ type: 'update', sid: '5', gsid: 7, userid: 42, rectype: 'product', recid: 12 });
  socket.send({ type: 'update', sid: 6, gsid: '7', userid: '43', rectype: 'product', recid: '12' });
  await page.until('log.filter(([type]) => type === "update").length === 2');
  assert.deepEqual(await page.events('update'), [
    { type: 'update', sid: 5, gsid: '7', userid: '42', rectype: 'product', recid: '12', own: true },
    { type: 'update', sid: 6, gsid: '7', userid: '43', rectype: 'product', recid: '12', own: false },
  ]);
  assert.deepEqual(socket.heard, []);
});

test("Silence is no fault on Gyroscope's wire, which has no heartbeat", async () => {
  await using peer = await startGyroscope();
  await using page = await openPage(peer, { clock: true });
  const socket = await peer.sockets.next();
  socket.send({ type: 'getsid', sid: 5, gsid: 7, userid: 42 });
  await page.status('open');
  await page.page.clock.runFor(3_600_000);
  socket.announce({ gsid: 7 });
  await page.until('log.some(([type]) => type === "update")');
  assert.deepEqual(await page.events('status'), [{ status: 'open' }]);
});

test("The connection id is forgotten with the connection, since Gyroscope's wire cannot give it back", async () => {
  await using peer = await startGyroscope();
  await using page = await openPage(peer, { options: { minDelayMs: 1 } });
  const first = await peer.sockets.next();
  first.send({ type: 'getsid', sid: 5, gsid: 7, userid: 42 });
  await page.status('open');
  first.terminate();
  const second = await peer.sockets.next();
  assert.equal(await page.get('client.sid'), 0);
  assert.deepEqual(second.protocols, ['']);
  second.send({ type: 'getsid', sid: 6, gsid: 7, userid: 42 });
  await page.status('open');
  assert.equal(await page.get('client.sid'), 6);
});
