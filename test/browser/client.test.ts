import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useChromium } from './support/pages.ts';
import { startPeer } from './support/peer.ts';

const openPage = useChromium();

test('A page connects by itself, with its token as a subprotocol, and is given its connection id', async () => {
  await using peer = await startPeer();
  peer.greets = false;
  await using page = await openPage(peer);
  const socket = await peer.sockets.next();
  assert.deepEqual(socket.protocols, ['actionlog', 'bearer.token-1']);
  assert.equal(socket.url, '/stream');
  assert.deepEqual(await page.get('[client.sid, client.status]'), [0, 'connecting']);
  socket.greet();
  await page.status('open');
  assert.equal(await page.get('client.sid'), socket.sid);
  const [greeting] = await page.events('open');
  assert.deepEqual(greeting, { type: 'getsid', sid: socket.sid, gsid: '1', userid: '42', resume: `sid-${socket.sid}` });
});

test('An http(s) address of the streaming server becomes a web socket one', async () => {
  await using stream = await startPeer();
  await using peer = await startPeer();
  peer.answer = () => ({ wire: 'default', url: `${stream.origin}/elsewhere?a=b`, token: 't' });
  await using page = await openPage(peer);
  assert.equal((await stream.sockets.next()).url, '/elsewhere?a=b');
  await page.status('open');
});

test('A change tells whether this page made it, and keeps all that the server said of it', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer);
  const socket = await peer.sockets.next();
  await page.status('open');
  socket.announce({ sid: socket.sid });
  socket.announce({ sid: socket.sid + 1, alogid: '5', time: 99, login: 'ann', ctxid: 3, extra: { a: [1] } });
  socket.announce({ sid: 0 });
  await page.until('log.filter(([type]) => type === "update").length === 3');
  const [own, foreign, unknown] = await page.events('update');
  assert.equal(own?.['own'], true);
  assert.deepEqual(foreign, {
    ...{ type: 'update', sid: socket.sid + 1, gsid: '1', userid: '42', rectype: 'product', recid: '7' },
    ...{ alogid: '5', time: 99, login: 'ann', ctxid: 3, extra: { a: [1] }, own: false },
  });
  assert.equal(unknown?.['own'], false);
});

test('An entry that the server repeats comes once, whatever the order; changes without a number all come', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer);
  const socket = await peer.sockets.next();
  for (const alogid of ['9', '3', '9', '3', '4']) socket.announce({ alogid, recid: alogid });
  socket.announce({ recid: 'a' });
  socket.announce({ recid: 'a' });
  socket.announce({ recid: 'end' });
  await page.until('log.some(([, event]) => event.recid === "end")');
  const updates = await page.events<{ recid: string }>('update');
  assert.deepEqual(
    updates.map(({ recid }) => recid),
    ['9', '3', '4', 'a', 'a', 'end'],
  );
});

test('A change of another tenant is not taken, one of tenant 0 is', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer);
  const socket = await peer.sockets.next();
  socket.announce({ gsid: '2', recid: 'foreign' });
  socket.announce({ gsid: '0', recid: 'all' });
  await page.until('log.some(([, event]) => event.recid === "all")');
  assert.equal((await page.events('update')).length, 1);
});

test('Messages that the page does not know are left alone, and it never sends one', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer);
  const socket = await peer.sockets.next();
  socket.send({ type: 'news', sid: 1 });
  socket.send({ type: 'heartbeat', time: 1 });
  socket.send(['update']);
  socket.send({ type: 'update', gsid: '1' });
  socket.announce();
  await page.until('log.some(([type]) => type === "update")');
  assert.equal((await page.events('update')).length, 1);
  assert.equal(await page.get('client.status'), 'open');
  assert.deepEqual(socket.heard, []);
});

test('A listener that throws keeps the event from nobody, and its error reaches the page', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer);
  const socket = await peer.sockets.next();
  await page.get(`
    window.errors = [];
    window.addEventListener('error', (event) => { errors.push(event.error.message); event.preventDefault(); });
    client.on('update', () => { throw new Error('mine'); });
    client.on('update', () => log.push(['after', {}]));
    undefined`);
  socket.announce();
  await page.until('log.some(([type]) => type === "after")');
  assert.deepEqual(await page.get('errors'), ['mine']);
});

test('A listener that was taken off hears no more, also when another one takes it off meanwhile', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer);
  const socket = await peer.sockets.next();
  await page.get(`
    const listener = () => log.push(['twice', {}]);
    const off = client.on('update', listener);
    client.on('update', listener);
    off();
    client.on('update', () => { takeOff(); });
    window.takeOff = client.on('update', () => log.push(['gone', {}]));
    client.on('update', () => log.push(['last', {}]));
    undefined`);
  socket.announce();
  await page.until('log.some(([type]) => type === "last")');
  assert.equal((await page.events('twice')).length, 1);
  assert.equal((await page.events('gone')).length, 0);
});
