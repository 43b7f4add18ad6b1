import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeCodes } from '../../lib/stream/protocol.ts';
import { useChromium } from './support/pages.ts';
import { startPeer } from './support/peer.ts';

const openPage = useChromium();
/** Waits that no test sits through: whoever comes back does so because he was told when. */
const patient = { minDelayMs: 1e9, maxDelayMs: 1e9 };

test('A page that is to prove its session anew comes back at once, with a fresh token', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer, { options: patient });
  const first = await peer.sockets.next();
  await page.status('open');
  first.close(closeCodes.renew.code, closeCodes.renew.reason);
  const second = await peer.sockets.next();
  assert.ok(second.protocols.includes('bearer.token-2'));
  await page.status('open');
});

test('A page that is to prove its session anew, and cannot, is signed out', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer, { options: patient });
  const first = await peer.sockets.next();
  await page.status('open');
  peer.answer = () => 401;
  first.close(closeCodes.renew.code, closeCodes.renew.reason);
  await page.status('signed-out');
});

test('A page comes back when a server that is about to go has told it to, and not before', async () => {
  await using peer = await startPeer();
  await using page = await openPage(peer, { options: patient });
  const first = await peer.sockets.next();
  await page.status('open');
  const told = performance.now();
  first.send({ type: 'leave', afterMs: 300 });
  first.close(closeCodes.shutdown.code, closeCodes.shutdown.reason);
  await peer.sockets.next();
  assert.ok(performance.now() - told >= 290);
  await page.status('open');
});
