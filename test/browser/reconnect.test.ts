import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeCodes } from '../../lib/stream/protocol.ts';
import { useChromium } from './support/pages.ts';
import { startPeer } from './support/peer.ts';

const openPage = useChromium();
const quick = { minDelayMs: 1, maxDelayMs: 20 };

test('A page whose server vanished comes back with a fresh token and its connection id', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer, { options: quick });
  const first = await peer.sockets.next();
  await page.status('open');
  first.terminate();
  const second = await peer.sockets.next();
  assert.deepEqual(second.protocols, ['actionlog', 'bearer.token-2', `resume.sid-${first.sid}`]);
  await page.until('log.filter(([type]) => type === "open").length === 2');
  assert.equal(await page.get('client.sid'), first.sid);
  assert.deepEqual(await page.events('close'), [{ code: 1006, mayReturn: 'again' }]);
  assert.deepEqual(
    (await page.events('status')).map(({ status }) => status),
    ['open', 'waiting', 'connecting', 'open'],
  );
});

test('Its own change is still its own after the reconnect', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer, { options: quick });
  const first = await peer.sockets.next();
  await page.status('open');
  first.close(1001);
  const second = await peer.sockets.next();
  second.announce({ sid: first.sid });
  await page.until('log.some(([type]) => type === "update")');
  assert.equal((await page.events('update'))[0]?.['own'], true);
});

test('The connection id stays while the page waits for its way back, and changes where the server gives another', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer, { options: quick });
  const first = await peer.sockets.next();
  await page.status('open');
  peer.greets = false;
  first.terminate();
  const second = await peer.sockets.next();
  assert.equal(await page.get('client.sid'), first.sid);
  second.greet({ sid: 77 });
  await page.status('open');
  assert.equal(await page.get('client.sid'), 77);
});

for (const [name, { code, reason, mayReturn }] of Object.entries(closeCodes)) {
  test(`After close code ${code} (${name}) the page ${mayReturn === 'again' ? 'comes back' : 'stays away'}`, async () => {
    await using peer = await startPeer();
    await using page = await openPage(peer, { options: quick });
    const first = await peer.sockets.next();
    await page.status('open');
    first.close(code, reason);
    await page.until('log.some(([type]) => type === "close")');
    assert.deepEqual(await page.events('close'), [{ code, mayReturn }]);
    if (mayReturn !== 'again') {
      await page.status(mayReturn === 'no' ? 'closed' : 'signed-out');
      await page.get('client.connect()');
    }
    const second = await peer.sockets.next();
    // the id of a page that must not return may be another page's by now
    assert.equal(second.sid === first.sid, mayReturn !== 'no');
    assert.equal(peer.asked, 2);
  });
}

test('A page that nobody is signed in at asks no more until it is told to', async () => {
  await using peer = await startPeer();
  peer.answer = () => 401;
  await using page = await openPage(peer, { options: quick });
  await page.status('signed-out');
  peer.answer = () => ({ wire: 'default', url: '/stream', token: 'new' });
  await page.get('client.connect()');
  await page.status('open');
  assert.equal(peer.asked, 2);
});

test('A page of an application that does not stream asks no more', async () => {
  await using peer = await startPeer();
  peer.answer = () => ({ wire: 'off' });
  await using page = await openPage(peer, { clock: true });
  await page.status('off');
  await page.page.clock.runFor(600_000);
  assert.equal(await page.get('client.status'), 'off');
  assert.equal(peer.asked, 1);
});

test('A page whose application server fails tries again, and says why it waits', async () => {
  await using peer = await startPeer();
  peer.answer = (turn) => [503, 404, { wire: 'default' as const, url: 'http://:none', token: 't' }][turn - 1] ?? 500;
  await using page = await openPage(peer, { options: quick });
  await page.until('log.filter(([, { status }]) => status === "waiting").length >= 4');
  peer.answer = () => ({ wire: 'default', url: '/stream', token: 't' });
  await page.status('open');
  const causes = await page.get<string[]>('log.filter(([, e]) => e.cause).map(([, e]) => String(e.cause))');
  assert.match(causes[0] ?? '', /\/actionlog\/connect: 503/);
  assert.match(causes[2] ?? '', /URL/);
});

test('A token that no subprotocol can hold does not end the attempts', async () => {
  await using peer = await startPeer();
  peer.answer = (turn) => ({ wire: 'default', url: '/stream', token: turn < 3 ? 'not a token' : 'token' });
  await using page = await openPage(peer, { options: quick });
  await page.status('open');
  assert.equal(peer.asked, 3);
});

test('A statement that no subprotocol can hold is not offered', async () => {
  await using peer = await startPeer();
  peer.greets = false;
  await using page = await openPage(peer, { options: quick });
  const first = await peer.sockets.next();
  first.greet({ resume: 'with space' });
  await page.status('open');
  first.terminate();
  assert.deepEqual((await peer.sockets.next()).protocols, ['actionlog', 'bearer.token-2']);
});

test('close() ends it for good, connect() begins anew', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer, { options: quick });
  const first = await peer.sockets.next();
  await page.status('open');
  await page.get('client.connect()'); // connected already
  await page.get('client.close()');
  assert.equal(await first.closed, 1005);
  assert.equal(await page.get('client.status'), 'closed');
  await page.get('dispatchEvent(new Event("online"))');
  assert.equal(peer.asked, 1);
  await page.get('client.connect()');
  assert.equal((await peer.sockets.next()).sid, first.sid);
  await page.status('open');
});

test('A listener may close the client in the middle of a change of its status', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer, { options: quick });
  const first = await peer.sockets.next();
  await page.status('open');
  await page.get(`client.on('status', ({ status }) => { if (status === 'connecting') client.close(); }); undefined`);
  first.terminate();
  await page.status('closed');
  assert.equal(peer.asked, 1);
});
