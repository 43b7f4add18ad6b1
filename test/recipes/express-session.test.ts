import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeCodes } from '../../lib/stream/protocol.ts';
import { browserOf } from './browser-of.ts';
import { atEndOf, startRecipe, startStream } from './recipe.ts';

const credentials = { login: 'ann', password: "ann's password" };

test('express-session with passport: signs in and out, and sessions are revoked', async (t) => {
  const atEnd = atEndOf(t);
  const { env } = await startStream(atEnd);
  const load = () => import('./express-session/app.ts');
  const { url, actionlog } = await startRecipe(atEnd, { ...env, DATABASE_URL: 'sqlite::memory:' }, load);
  const [here, there] = [browserOf(url), browserOf(url)];

  assert.equal((await here.ask('/products/12', {})).status, 401);
  assert.equal((await here.ask('/sign-in', { ...credentials, password: 'a guess' })).status, 401);
  for (const browser of [here, there]) assert.equal((await browser.ask('/sign-in', credentials)).status, 200);
  const [leaves, stays] = [await here.page(), await there.page()];
  atEnd(() => stays[Symbol.asyncDispose]());
  await here.ask('/products/12', { price: 12 });
  const [event] = await stays.until(1);
  assert.deepEqual([event?.recid, event?.userid, event?.gsid, event?.login], ['12', '42', '3', 'ann']);

  assert.equal((await here.ask('/sign-out', {})).status, 204);
  assert.equal(await leaves.closed, closeCodes.revoked.code, 'the pages of the session that ended');
  assert.equal((await here.ask('/products/12', {})).status, 401);
  await there.ask('/products/13', {});
  await stays.until(2);

  await there.ask('/end-my-sessions', {});
  assert.equal(await stays.closed, closeCodes.revoked.code);
  const refused = await there.ask('/products/13', {});
  assert.deepEqual(
    [refused.status, (refused.body as { error: { code: string } }).error.code],
    [401, 'session-revoked'],
  );
  await there.ask('/sign-in', credentials);
  assert.equal((await there.ask('/products/13', {})).status, 200, 'who signs in anew is let in');

  const entries = await actionlog.history({ gsid: 3 });
  assert.deepEqual(entries.map(({ logmessage }) => logmessage).reverse(), [
    'signed in',
    'signed in',
    'updated product 12',
    'signed out',
    'updated product 13',
    'signed in',
    'updated product 13',
  ]);
});
