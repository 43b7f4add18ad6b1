import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import express from 'express';
import { createActionlog, migrate, signedSession } from '../../lib/index.ts';
import { createDatabase, type TestDatabase } from '../support/mariadb.ts';
import { serve } from './serve.ts';
import { answerOf, consoleOf, symptomsOf } from './symptoms.ts';

const seen = symptomsOf('At the start');
const session = () => ({ userid: 1 });

/** What the constructor says. */
function thrown(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    return String(error);
  }
  return assert.fail('it did not throw');
}

/** What is printed where an action log is opened on that address. */
async function printed(t: TestContext, database: string): Promise<string> {
  const lines = consoleOf(t);
  await using actionlog = createActionlog({ database, session });
  await assert.rejects(actionlog.ready());
  assert.equal(lines.length, 1, lines.join('\n'));
  return lines[0] ?? '';
}

/** A new user of the server, who may do what is granted to him; dropped on dispose. */
async function userOf(database: TestDatabase, grant?: string) {
  const name = `u${randomBytes(4).toString('hex')}`;
  await database.query(`CREATE USER ${name}@'%' IDENTIFIED BY 'right'`);
  if (grant) await database.query(`GRANT ${grant} ON ${database.name}.* TO ${name}@'%'`);
  const url = new URL(database.url);
  url.username = name;
  url.password = 'right';
  return {
    url,
    async [Symbol.asyncDispose]() {
      await database.query(`DROP USER ${name}@'%'`);
    },
  };
}

test('a secret from a variable that is not set', () => {
  seen(thrown(() => signedSession({ secrets: [process.env['NOT_SET'] as string] })));
});

test('a secret that is too short', () => {
  seen(thrown(() => signedSession({ secrets: ['hello'] })));
});

test('a database address without a scheme', () => {
  seen(thrown(() => createActionlog({ database: 'localhost/erp', session })));
});

test('no database server at that address', async (t) => {
  seen(await printed(t, 'mysql://app@127.0.0.1:1/erp'));
});

test('the database refuses the password, and nobody shows it', async (t) => {
  await using database = await createDatabase();
  await using user = await userOf(database);
  user.url.password = 'not-this-one';
  const line = await printed(t, user.url.href);
  seen(line);
  assert.doesNotMatch(line, /not-this-one/);
});

test('no database of that name', async (t) => {
  await using database = await createDatabase();
  seen(await printed(t, database.url.replace(database.name, 'no_such_database')));
});

test('a database that this user may not use', async (t) => {
  await using database = await createDatabase();
  await using user = await userOf(database);
  seen(await printed(t, user.url.href));
});

test('the table was not made', async (t) => {
  await using database = await createDatabase();
  seen(await printed(t, database.url));
});

test('the table lacks a column', async (t) => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  await database.query('ALTER TABLE actionlog DROP COLUMN extra');
  seen(await printed(t, database.url));
});

test('a user who may read the table, and not write it', async (t) => {
  consoleOf(t);
  await using database = await createDatabase();
  await migrate({ database: database.url });
  await using user = await userOf(database, 'SELECT');
  await using actionlog = createActionlog({ database: user.url.href, session });
  const app = express().use(actionlog.middleware());
  app.post('/', async (req, res) => {
    await req.logaction('updated');
    res.end();
  });
  await using at = await serve(app);
  const response = await fetch(at.origin, { method: 'POST' });
  assert.equal(response.status, 500);
  seen(await answerOf(response));
});
