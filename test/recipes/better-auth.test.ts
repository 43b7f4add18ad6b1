import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getMigrations } from 'better-auth/db/migration';
import { migrate } from 'express-actionlog';
import { closeCodes } from '../../lib/stream/protocol.ts';
import { createDatabase } from '../support/mariadb.ts';
import { browserOf } from './browser-of.ts';
import { atEndOf, startRecipe, startStream } from './recipe.ts';

test('better-auth: its users and records have ids that are text', async (t) => {
  const atEnd = atEndOf(t);
  const database = await createDatabase();
  atEnd(() => database[Symbol.asyncDispose]());
  await migrate({ database: database.url, ids: 'text' });
  const { env } = await startStream(atEnd);
  const load = () => import('./better-auth/app.ts');
  const app = await startRecipe(atEnd, { ...env, DATABASE_URL: database.url }, load);
  const { auth } = await import('./better-auth/auth.ts');
  const { runMigrations } = await getMigrations(auth.options);
  await runMigrations();

  const ann = browserOf(app.url);
  const user = { email: 'ann@example.com', password: 'a long password', name: 'Ann' };
  assert.equal((await ann.ask('/products/lamp', {})).status, 401);
  const origin = { origin: 'http://localhost:3000' };
  const signedUp = await ann.ask('/api/auth/sign-up/email', user, origin);
  assert.equal(signedUp.status, 200, JSON.stringify(signedUp.body));
  const { id } = (signedUp.body as { user: { id: string } }).user;
  assert.match(id, /[a-z]/i);

  const page = await ann.page();
  await ann.ask('/products/lamp-7', { price: 12 });
  const [event] = await page.until(1);
  assert.deepEqual([event?.userid, event?.recid, event?.login], [id, 'lamp-7', user.email]);
  const rows = await database.query('SELECT userid, recid, logname FROM actionlog');
  assert.deepEqual(rows, [{ userid: id, recid: 'lamp-7', logname: user.email }]);

  assert.equal((await ann.ask('/sign-out', {})).status, 204);
  assert.equal(await page.closed, closeCodes.revoked.code);
  assert.equal((await ann.ask('/products/lamp-7', {})).status, 401);

  const { email, password } = user;
  await ann.ask('/api/auth/sign-in/email', { email, password }, origin);
  assert.equal((await ann.ask('/products/lamp-7', {})).status, 200);
  await app.actionlog.revoke({ userid: id });
  assert.equal((await ann.ask('/products/lamp-7', {})).status, 401);
});
