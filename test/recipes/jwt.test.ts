import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { closeCodes } from '../../lib/stream/protocol.ts';
import { browserOf } from './browser-of.ts';
import { atEndOf, secret, startRecipe, startStream } from './recipe.ts';

test('JSON web tokens: by header and by cookie; a page ends with its token', async (t) => {
  const atEnd = atEndOf(t);
  const { env } = await startStream(atEnd, { heartbeatMs: 2_000 });
  const load = () => import('./jwt/app.ts');
  const { url, actionlog } = await startRecipe(
    atEnd,
    { ...env, JWT_SECRET: secret, DATABASE_URL: 'sqlite::memory:' },
    load,
  );
  const [ann, program] = [browserOf(url), browserOf(url)];

  const { token } = (await ann.ask('/sign-in', {})).body as { token: string };
  const page = await ann.page();
  const bearer = { authorization: `Bearer ${token}` };
  assert.equal((await program.ask('/products/7', {})).status, 401);
  assert.equal((await program.ask('/products/7', {}, bearer)).status, 200);
  assert.equal((await ann.ask('/products/8', {})).status, 200);
  assert.deepEqual((await page.until(2)).map(({ recid, userid, gsid, login }) => [recid, userid, gsid, login]).sort(), [
    ['7', '42', '3', 'ann'],
    ['8', '42', '3', 'ann'],
  ]);

  const by = (key: string, audience: string) =>
    new SignJWT({ tenant: '3', login: 'eve', auth_time: Date.now() / 1000 })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('https://shop.example.com')
      .setAudience(audience)
      .setSubject('42')
      .setExpirationTime('15m')
      .sign(new TextEncoder().encode(key));
  for (const forged of [await by(secret.replace(/./, 'x'), 'shop'), await by(secret, 'another'), 'nonsense']) {
    assert.equal((await program.ask('/products/7', {}, { authorization: `Bearer ${forged}` })).status, 401);
  }

  // a quarter of an hour later
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 15 * 60_000 + 1_000 });
  assert.equal(await page.closed, closeCodes.renew.code, 'the page asks for the way in anew');
  assert.equal((await ann.ask('/actionlog/connect')).status, 401, 'and finds that it has signed out');
  assert.equal((await program.ask('/products/7', {}, bearer)).status, 401);

  t.mock.timers.reset();
  await ann.ask('/sign-in', {});
  const again = await ann.page();
  await actionlog.revoke({ userid: 42, gsid: 3 });
  assert.equal(await again.closed, closeCodes.revoked.code);
  assert.equal((await ann.ask('/products/8', {})).status, 401);
  await ann.ask('/sign-in', {});
  assert.equal((await ann.ask('/products/8', {})).status, 200, 'a token of a later sign-in is good');
});
