import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { migrate } from 'express-actionlog';
import { createDatabase } from '../support/mariadb.ts';
import { openPage } from '../support/pages.ts';
import { browserOf } from './browser-of.ts';
import { atEndOf, type RecipeApp, secret, startRecipe, startStream } from './recipe.ts';

/** Each recipe's app, and how the connections of its library are closed. */
const recipes: Record<string, () => Promise<RecipeApp>> = {
  kysely: async () => {
    const app = await import('./kysely/app.ts');
    return { ...app, end: () => app.db.destroy() };
  },
  knex: async () => {
    const app = await import('./knex/app.ts');
    return { ...app, end: () => app.knex.destroy() };
  },
  drizzle: async () => {
    const app = await import('./drizzle/app.ts');
    return { ...app, end: () => app.pool.end() };
  },
  prisma: async () => {
    const app = await import('./prisma/app.ts');
    return { ...app, end: () => app.prisma.$disconnect() };
  },
};

async function shopOf(t: TestContext, load: () => Promise<RecipeApp>) {
  const atEnd = atEndOf(t);
  const database = await createDatabase();
  atEnd(() => database[Symbol.asyncDispose]());
  await migrate({ database: database.url });
  await database.query(
    'CREATE TABLE product (productid int AUTO_INCREMENT PRIMARY KEY, name varchar(255) NOT NULL UNIQUE)',
  );
  const stream = await startStream(atEnd);
  const app = await startRecipe(atEnd, { ...stream.env, DATABASE_URL: database.url }, load);
  const page = await openPage(stream.url, secret, { gsid: '3', userid: '43' });
  atEnd(() => page[Symbol.asyncDispose]());
  const count = async (table: string) => (await database.query(`SELECT * FROM ${table}`)).length;
  return { ...app, database, page, count };
}

for (const [name, load] of Object.entries(recipes)) {
  test(`${name}: a commit announces, a rollback leaves neither row nor event`, async (t) => {
    const { url, page, count, database } = await shopOf(t, load);
    const ann = browserOf(url);
    assert.equal((await ann.ask('/products', { names: ['lamp'] })).status, 401);
    await ann.ask('/sign-in', {});

    assert.deepEqual((await ann.ask('/products', { names: ['lamp', 'a chair? of "wood"'] })).body, { added: 2 });
    const events = await page.until(2);
    const rows = await database.query('SELECT alogid, recid, logmessage, rawobj, wssdone FROM actionlog');
    assert.deepEqual(
      rows.map(({ recid, logmessage, rawobj }) => [Number(recid), logmessage, rawobj]),
      [
        [1, 'added lamp', '{"name":"lamp"}'],
        [2, 'added a chair? of "wood"', '{"name":"a chair? of \\"wood\\""}'],
      ],
    );
    assert.deepEqual(
      events.map(({ recid, alogid, login }) => [recid, alogid, login]).sort(),
      rows.map(({ recid, alogid }) => [String(recid), String(alogid), 'ann']),
    );

    assert.equal((await ann.ask('/products', { names: ['table', 'lamp'] })).status, 500); // there is a lamp already
    assert.deepEqual([await count('product'), await count('actionlog')], [2, 2]);

    await ann.ask('/products', { names: ['table'] });
    assert.deepEqual(
      (await page.until(3)).slice(2).map(({ rectype }) => rectype),
      ['product'],
    );
    assert.deepEqual([await count('product'), await count('actionlog')], [3, 3]);
    const [last] = await database.query('SELECT max(alogid) AS alogid FROM actionlog');
    assert.equal(page.events[2]?.alogid, String(last?.['alogid']));
  });
}
