import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import mysqlPromise from 'mysql2/promise';
import { type MysqlDatabase, mysqlStore } from '../../lib/action/mysql-store.ts';
import type { StoreNeeds } from '../../lib/action/store.ts';
import { ActionlogError } from '../../lib/errors.ts';
import { createDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';
import { createOurs, gyroscopeTable } from './tables.ts';

const needs: StoreNeeds = { rawobjStyle: 'json', rebuildsEvents: true };

describe('mysqlStore.open', () => {
  it('says that the database cannot be reached, keeps the cause, and never shows the password', async (t) => {
    const store = mysqlStore({ database: 'mysql://app:topsecret@127.0.0.1:1/erp' });
    t.after(() => store.close());
    await assert.rejects(store.open(needs), (error: ActionlogError) => {
      assert.equal(error.code, 'database-unreachable');
      assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
      assert.ok(!JSON.stringify([error.message, error.fields]).includes('topsecret'));
      return true;
    });
  });

  it('says that the table is missing with the remedy, and finds it once it is there', async (t) => {
    await using database = await createDatabase();
    const store = mysqlStore({ database: database.url });
    t.after(() => store.close());
    await assert.rejects(
      store.open(needs),
      hasCode('table-missing', /npx express-actionlog migrate <address of the database>$/),
    );
    await assert.rejects(store.write(newEntry()), { code: 'table-missing' });
    await createOurs(database);
    await Promise.all([store.open(needs), store.open(needs), store.open(needs)]);
    await store.write(newEntry());
  });

  it('asks for the columns once, however many open it at the same time', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const pool = mysqlPromise.createPool(database.url);
    t.after(() => pool.end());
    let asked = 0;
    const counting: MysqlDatabase = {
      query: (sql) => {
        if (sql.includes('information_schema.columns')) asked += 1;
        return pool.query(sql);
      },
      execute: (sql, params) => pool.execute(sql, params),
    };
    const store = mysqlStore({ database: counting });
    await Promise.all([store.open(needs), store.open(needs), store.open(needs)]);
    await store.open(needs);
    assert.equal(asked, 1);
  });

  const unfit: [string, string, RegExp][] = [
    ["Gyroscope's use_doc_search", 'MODIFY rawobj tinyint', /rawobj is tinyint.*needed is text.*use_doc_search/],
    ['no auto_increment', 'MODIFY alogid bigint unsigned NOT NULL', /alogid is bigint.*auto_increment/],
    ['a message that is a number', 'MODIFY logmessage int', /logmessage is int.*needed is text/],
    ['a missing column', 'DROP COLUMN wssdone', /wssdone is missing, needed is whole numbers/],
    ['a missing record reference', 'DROP COLUMN recref', /recref is missing.*npx express-actionlog migrate/],
    ['a message that must not be null', "MODIFY logmessage varchar(255) NOT NULL DEFAULT ''", /may be null/],
    ['a decimal tenant', 'MODIFY gsid decimal(20,0) NOT NULL', /gsid is decimal.*needed is whole numbers or text/],
    [
      'a tenant that knows no case',
      'MODIFY gsid varchar(64) COLLATE utf8mb4_general_ci NOT NULL',
      /takes A for a.*migrate --ids text/,
    ],
    ['a blob', 'MODIFY rawobj blob', /rawobj is blob/],
    ['a column of the application that must be given', 'ADD COLUMN branch int NOT NULL', /branch is not null without/],
  ];
  for (const [name, change, message] of unfit) {
    it(`refuses a table with ${name}, naming the column, what it is and what is needed`, async (t) => {
      await using database = await createDatabase();
      await createOurs(database);
      await database.query(`ALTER TABLE actionlog ${change}`);
      const store = mysqlStore({ database: database.url });
      t.after(() => store.close());
      await assert.rejects(store.open(needs), hasCode('table-unfit', message));
    });
  }

  it('takes a Gyroscope table without the added columns where nothing is announced from its rows', async (t) => {
    await using database = await createDatabase();
    await database.query(gyroscopeTable());
    await database.query('ALTER TABLE actionlog DROP COLUMN bulldozed');
    const store = mysqlStore({ database: database.url });
    t.after(() => store.close());
    await store.open({ rawobjStyle: 'php', rebuildsEvents: false });
    assert.equal((await store.write(newEntry({ bulldozed: 1, recid: 'abc' }))).bulldozed, 0);
  });
});

function hasCode(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ActionlogError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}
