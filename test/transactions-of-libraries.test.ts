import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type AnnouncerBounds, changes, migrate } from '../lib/index.ts';
import { type Library, libraries } from './support/libraries.ts';
import { createDatabase } from './support/mariadb.ts';
import { openPage } from './support/pages.ts';
import { product, secret, stage } from './support/stage.ts';

async function shopWith(t: TestContext, open: (url: string) => Library, announcer?: AnnouncerBounds) {
  const database = await createDatabase();
  await migrate({ database: database.url });
  await database.query('CREATE TABLE products (id int PRIMARY KEY, price int)');
  const log = await stage({ database: database.url, announcer });
  const page = await openPage(log.url, secret, { gsid: '3', userid: '43' });
  const library = open(database.url);
  t.after(async () => {
    await library.end();
    await page[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });
  const { logaction } = log.actionlog.as({ userid: 42, gsid: 3, login: 'ann' }, { wssid: 9 });
  const count = async (table: string) => (await database.query(`SELECT * FROM ${table}`)).length;
  /** As if a minute had gone by since the entries were written. */
  const later = () => database.query('UPDATE actionlog SET logdate = logdate - 60');
  return { library, logaction, page, count, later, rows: database.query, errors: log.errors };
}

/** Nothing in it is plain: marks, quotes and letters of every kind come back as they were. */
const rawobj = { note: '?? ? \'" \\ é 😀 :name $1 {}', price: 12, none: null };

for (const [name, open] of Object.entries(libraries)) {
  test(`${name}: written in the library’s own transaction, announced after its commit`, async (t) => {
    const { library, logaction, page, count, errors } = await shopWith(t, open);
    const entry = await library.save(async (connection) => {
      const written = await logaction('done: why?', rawobj, product, { connection, extra: rawobj, ctxid: 1 });
      assert.equal(await Promise.race([written.announced, 'waits']), 'waits');
      assert.equal(await count('actionlog'), 0);
      return written;
    });
    assert.deepEqual(await entry.committed(), { status: 'sent' });
    const [event] = await page.until(1);
    assert.deepEqual([event?.alogid, event?.recid, event?.extra], [entry.alogid, '12', rawobj]);
    assert.deepEqual([await count('products'), await count('actionlog'), errors.length], [1, 1, 0]);
  });

  test(`${name}: a list goes by one statement, each entry with its own number and its changed columns`, async (t) => {
    const { library, logaction, page, rows, errors } = await shopWith(t, open);
    const list = [1, 2, 3].map((recid) => ({
      message: `why? ${recid}`,
      rawobj,
      record: { rectype: 'product', recid },
      trace: changes(null, { note: rawobj.note, recid }),
    }));
    const written = await library.save((connection) => logaction.many(list, { connection }));
    assert.deepEqual(
      (await written.committed()).map(({ status }) => status),
      ['sent', 'sent', 'sent'],
    );
    const events = await page.until(3);
    const byId = new Map(events.map((event) => [event.alogid, event.recid]));
    assert.deepEqual(
      written.alogids.map((alogid) => byId.get(alogid)),
      ['1', '2', '3'],
    );
    const traced = await rows('SELECT alogid, recid, newtext FROM actionlog_trace ORDER BY traceid');
    assert.deepEqual(
      traced,
      written.alogids.flatMap((alogid, n) => [
        { alogid, recid: `${n + 1}`, newtext: rawobj.note },
        { alogid, recid: `${n + 1}`, newtext: `${n + 1}` },
      ]),
    );
    assert.deepEqual(errors, []);
  });

  test(`${name}: a rollback leaves neither row nor event`, async (t) => {
    const { library, logaction, page, count, errors } = await shopWith(t, open);
    const boom = new Error('boom');
    const kept: Awaited<ReturnType<typeof logaction>>[] = [];
    const failing = library.save(async (connection) => {
      kept.push(await logaction('undone', rawobj, product, { connection }));
      throw boom;
    });
    await assert.rejects(failing, (error) => error === boom);
    assert.deepEqual([await count('products'), await count('actionlog')], [0, 0]);
    // also where the caller tells of a commit that never was
    for (const entry of kept) assert.deepEqual(await entry.committed(), { status: 'rolled-back' });
    const last = await logaction('the last', null, product);
    assert.deepEqual(
      (await page.until(1)).map(({ alogid }) => alogid),
      [last.alogid],
    );
    assert.deepEqual(errors, []);
  });

  test(`${name}: a commit that nobody told is announced by the sweep`, async (t) => {
    const { library, logaction, page, later } = await shopWith(t, open, {
      sweepAfterMs: 2002,
      sweepEveryMs: 20,
      retryWithinMs: 1,
    });
    const { alogid } = await library.save((connection) => logaction('forgotten', rawobj, product, { connection }));
    await later();
    assert.deepEqual(
      (await page.until(1)).map((event) => [event.alogid, event.sid]),
      [[alogid, 9]],
    );
  });
}

test('the guide gives these very recipes', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8').replaceAll(/\s+/g, ' ');
  const guide = read('../docs/transactions.md');
  const recipes =
    read('./support/libraries.ts').match(/async \(text, params\) => \{.*?return \{ insertId.*?\};? \}/g) ?? [];
  assert.equal(recipes.length, 3);
  for (const recipe of recipes) assert.ok(guide.includes(recipe), recipe);
});
