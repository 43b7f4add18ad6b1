import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useChromium } from './support/pages.ts';
import { startPeer } from './support/peer.ts';

const openPage = useChromium({ backForwardCache: true });

/** Has the page tell the server that it was brought back: the test cannot look into it. */
const script = `addEventListener('pageshow', ({ persisted }) => {
  if (persisted) client.on('open', () => fetch('/back?left=' + sessionStorage.length));
});`;

test('A page that is left holds no connection, and has its connection id again when the user goes back', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer, { script });
  const first = await peer.sockets.next();
  await page.status('open');
  await page.page.goto(`${peer.origin}/?second`);
  assert.equal(await first.closed, 1005, 'closed by the page, not by the end of it');
  const second = await peer.sockets.next();
  assert.equal(second.sid, first.sid);
  await page.status('open');
  await page.get('history.back()');
  const third = await peer.sockets.next();
  assert.equal(third.sid, first.sid);
  assert.deepEqual(third.protocols, ['actionlog', 'bearer.token-3', `resume.sid-${first.sid}`]);
  const { path } = await peer.requests.next(({ path }) => path.startsWith('/back'));
  assert.equal(path, '/back?left=0', 'a tab duplicated from now on has nothing to find');
});
