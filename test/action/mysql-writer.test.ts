import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import mysql from 'mysql2';
import type { Pool } from 'mysql2/promise';
import type { MysqlDatabase } from '../../lib/action/mysql-store.ts';
import type { ActionlogError } from '../../lib/errors.ts';
import { createDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';
import { assertRightIds, insertAsleep, openStore, poolOf, times, writeMany } from './mysql-pools.ts';
import { createOurs } from './tables.ts';

describe('mysqlStore, several rows in one statement', () => {
  it('sends a lone entry at once, and what comes meanwhile in a few statements', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const { database: counting, inserts } = countingInserts(poolOf(t, database.url));
    const store = await openStore(t, counting);
    await store.write(newEntry());
    assert.equal(inserts(), 1);
    await writeMany(store, 64);
    assert.ok(inserts() <= 6, String(inserts()));
  });

  const connections: Record<string, (uri: string) => mysql.Pool | mysql.Connection> = {
    'a pool in latin1': (uri) => mysql.createPool({ uri, charset: 'latin1' }),
    'a pool in gbk': (uri) => mysql.createPool({ uri, charset: 'gbk' }),
    'a single connection': (uri) => mysql.createConnection(uri),
    'a single connection in utf8mb3 that gives rows as lists': (uri) =>
      mysql.createConnection({ uri, charset: 'UTF8_GENERAL_CI', rowsAsArray: true }),
  };
  for (const [name, make] of Object.entries(connections)) {
    for (const mode of ['', 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT']) {
      it(`loses nothing and mixes nothing up on ${name}${mode && ' in another SQL mode'}`, async (t) => {
        await using database = await createDatabase();
        await createOurs(database);
        const theirs = make(database.url);
        t.after(() => theirs.promise().end());
        const sql = `SET SESSION sql_mode = '${mode}'`;
        if (mode && 'getConnection' in theirs) theirs.on('connection', (connection) => connection.query(sql));
        else if (mode) theirs.query(sql);
        const store = await openStore(t, theirs as MysqlDatabase);
        const nasty = [`\\'); DROP TABLE actionlog; -- `, `"' OR '1'='1`, 'é 漢 😀', `\\'`, '縗\\', 'a\nb', '%s ? :x'];
        const written = await Promise.all(
          times(42).map((n) => store.write(newEntry({ gsid: String(1 + (n % 2)), logmessage: `${n}${nasty[n % 7]}` }))),
        );
        written.forEach(({ logmessage }, n) => {
          assert.equal(logmessage, `${n}${nasty[n % 7]}`);
        });
        await assertRightIds(database.query, written);
      });
    }
  }
});

describe('mysqlStore, a statement of several rows that fails', () => {
  it('tells every caller of it where its connection is killed, writes none twice, and works again', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const store = await openStore(t, database.url);
    await database.query(`CREATE TRIGGER slow BEFORE INSERT ON actionlog FOR EACH ROW
      IF NEW.logmessage = 'm7' THEN SET @waited = SLEEP(30); END IF`);
    const outcomes = Promise.allSettled(times(12).map((n) => store.write(newEntry({ logmessage: `m${n}` }))));
    await database.query(`KILL ${await insertAsleep(database)}`);
    for (const outcome of await outcomes) {
      assert.equal(outcome.status, 'rejected');
      const error = outcome.reason as ActionlogError;
      assert.equal(error.code, 'entry-not-written');
      assert.equal((error.cause as { sql?: string }).sql, undefined, 'no row of another caller');
    }
    assert.deepEqual(await database.query('SELECT alogid FROM actionlog'), []);
    await database.query('DROP TRIGGER slow');
    await assertRightIds(database.query, await writeMany(store, 5));
    assert.equal((await database.query('SELECT alogid FROM actionlog')).length, 5);
  });

  it('writes all of it again after a deadlock, and gives up only for the row that meets one each time', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const store = await openStore(t, database.url);
    await database.query(`CREATE TRIGGER deadlock BEFORE INSERT ON actionlog FOR EACH ROW
      IF NEW.logmessage = 'm7' THEN SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END IF`);
    const outcomes = await Promise.allSettled(times(12).map((n) => store.write(newEntry({ logmessage: `m${n}` }))));
    assert.deepEqual(
      outcomes.flatMap(({ status }, n) => (status === 'rejected' ? [n] : [])),
      [7],
    );
    assert.equal((await database.query('SELECT alogid FROM actionlog')).length, 11);
  });

  it('writes nothing again after a deadlock on a single connection, whose transaction is gone with it', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const connection = mysql.createConnection(database.url).promise();
    t.after(() => connection.end());
    const store = await openStore(t, connection);
    await database.query(`CREATE TRIGGER deadlock BEFORE INSERT ON actionlog FOR EACH ROW
      IF NEW.logmessage = 'm7' THEN SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END IF`);
    const outcomes = await Promise.allSettled(times(12).map((n) => store.write(newEntry({ logmessage: `m${n}` }))));
    assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['rejected']));
    assert.deepEqual(await database.query('SELECT alogid FROM actionlog'), []);
  });

  it('waits for a lock once for all of it, not once for each row', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const { database: counting, inserts } = countingInserts(poolOf(t, database.url));
    const store = await openStore(t, counting);
    await database.query(`CREATE TRIGGER late BEFORE INSERT ON actionlog FOR EACH ROW
      SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1205, MESSAGE_TEXT = 'Lock wait timeout exceeded'`);
    const outcomes = await Promise.allSettled(times(12).map(() => store.write(newEntry())));
    for (const outcome of outcomes) {
      assert.equal(outcome.status === 'rejected' && outcome.reason.cause.errno, 1205);
    }
    assert.equal(inserts(), 1);
  });

  it('leaves no row behind in a table without transactions', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    await database.query('ALTER TABLE actionlog ENGINE = MyISAM');
    await database.query(`CREATE TRIGGER refuses BEFORE INSERT ON actionlog FOR EACH ROW
      IF NEW.logmessage = 'm7' THEN SIGNAL SQLSTATE '45000'; END IF`);
    const store = await openStore(t, database.url);
    const outcomes = await Promise.allSettled(times(30).map((n) => store.write(newEntry({ logmessage: `m${n}` }))));
    const written = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
    assert.equal(written.length, 29);
    assert.equal((await database.query('SELECT alogid FROM actionlog')).length, 29);
    await assertRightIds(database.query, written);
  });
});

function countingInserts(pool: Pool): { database: MysqlDatabase; inserts(): number } {
  let inserts = 0;
  const counted = (sql: string) => {
    if (sql.startsWith('INSERT')) inserts += 1;
    return sql;
  };
  const database: MysqlDatabase = {
    query: (sql) => pool.query(counted(sql)),
    execute: (sql, params) => pool.execute(counted(sql), params),
  };
  return { database, inserts: () => inserts };
}
