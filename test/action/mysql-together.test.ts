import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import mysql from 'mysql2';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import type { CallerConnection } from '../../lib/action/store.ts';
import { createDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';
import { assertRightIds, insertAsleep, openStore, poolOf, times, withoutReturning } from './mysql-pools.ts';
import { migratedSubject } from './mysql-subject.ts';
import { createOurs } from './tables.ts';
import { togetherContract, traceOf } from './together-contract.ts';

togetherContract('mysqlStore', async () => {
  const database = await createDatabase();
  return await migratedSubject(database, database.url);
});

const list = (count: number, trace?: (n: number) => object) =>
  times(count).map((n) => newEntry({ logmessage: `m${n}`, trace: trace && traceOf(null, trace(n)) }));

describe('mysqlStore, entries that are written together', () => {
  it('gives the right ids where the server counts in steps of five, as MySQL without RETURNING as well', async (t) => {
    const database = await createDatabase();
    await using subject = await migratedSubject(database, poolOf(t, database.url, 'SET auto_increment_increment = 5'));
    await subject.store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    const written = await subject.store.writeMany(list(12, (n) => ({ n })));
    const connection = mysql.createConnection(database.url).promise();
    t.after(() => connection.end());
    await connection.query('SET auto_increment_increment = 7');
    await connection.beginTransaction();
    const on = async (caller: CallerConnection) =>
      await subject.store.writeMany(
        list(9, (n) => ({ n })),
        caller,
      );
    written.push(...(await on(connection)));
    // a function of the caller's gives no more than the id of a new row
    const run: CallerConnection = async (sql, params) => {
      const [header] = await connection.execute(sql, params);
      return { insertId: (header as mysql.ResultSetHeader).insertId };
    };
    written.push(...(await on(run)));
    const silent: CallerConnection = async (sql, params) => {
      await run(sql, params);
      return {} as { insertId: number };
    };
    await assert.rejects(on(silent), { code: 'entry-not-written' });
    await connection.query('DELETE FROM actionlog WHERE alogid > ?', [written.at(-1)?.alogid]);
    await connection.commit();
    const ids = written.map(({ alogid }) => Number(alogid));
    assert.deepEqual([(ids[1] ?? 0) - (ids[0] ?? 0), (ids[20] ?? 0) - (ids[19] ?? 0)], [5, 7]);
    await assertRightIds(database.query, written);
    const traces = await subject.traces();
    assert.deepEqual(
      traces.map((row) => [row['alogid'], row['newtext']]),
      written.map(({ alogid, logmessage }) => [alogid, logmessage?.slice(1)]),
    );
  });

  it('leaves nothing on a connection that gives the first number alone, and says so where it gives none', async (t) => {
    const database = await createDatabase();
    await using subject = await migratedSubject(database, poolOf(t, database.url));
    await subject.store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    const connection = mysql.createConnection(database.url).promise();
    await using _ended = { [Symbol.asyncDispose]: () => connection.end() }; // before the tables it has locked are dropped
    await connection.query('SET auto_increment_increment = 7');
    /** As a library's function whose author thought of INSERT alone, or of nothing. */
    const giving =
      (what: RegExp): CallerConnection =>
      async (sql, params) => {
        const [header] = await connection.execute(sql, params);
        return (what.test(sql) ? { insertId: (header as mysql.ResultSetHeader).insertId } : {}) as { insertId: number };
      };
    const messages = async () => {
      const [rows] = await connection.query<mysql.RowDataPacket[]>('SELECT logmessage FROM actionlog ORDER BY alogid');
      return rows.map((row) => row['logmessage']);
    };
    await connection.beginTransaction();
    await subject.store.write(newEntry({ logmessage: 'before' }), connection);
    await assert.rejects(subject.store.writeMany(list(5), giving(/^INSERT/)), {
      code: 'entry-not-written',
      message: /no insertId.*nothing is left/,
    });
    assert.deepEqual(await messages(), ['before']);
    await subject.store.write(newEntry({ logmessage: 'between' }), giving(/^INSERT/));
    for (const count of [1, 2]) {
      await assert.rejects(subject.store.writeMany(list(count), giving(/^nothing/)), {
        code: 'entry-not-written',
        message: /no insertId.*stays in your transaction/,
      });
    }
    assert.deepEqual(await messages(), ['before', 'between', 'm0', 'm0', 'm1']);
    await connection.rollback();
    assert.deepEqual(await subject.rows(), []);
  });

  it('gives the right ids by the first one and the increment, on a server that has no RETURNING', async (t) => {
    const database = await createDatabase();
    const pool = withoutReturning(poolOf(t, database.url, 'SET auto_increment_increment = 10'));
    await using subject = await migratedSubject(database, pool);
    await subject.store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    const written = [
      ...(await subject.store.writeMany(list(12, (n) => ({ n })))),
      ...(await subject.store.writeMany(list(8))),
    ];
    await assertRightIds(database.query, written);
    const beside = await Promise.all(list(20, (n) => ({ n })).map((entry) => subject.store.write(entry)));
    const traced = [...written.slice(0, 12), ...beside];
    const values = new Map(traced.map(({ alogid, logmessage }) => [alogid, logmessage?.slice(1)]));
    const traces = await subject.traces();
    assert.equal(traces.length, 32);
    for (const { alogid, newtext } of traces) assert.equal(newtext, values.get(alogid ?? ''));
  });

  it('loses no sign on a connection in another character set, of either form', async (t) => {
    const database = await createDatabase();
    await using subject = await migratedSubject(database, database.url);
    await subject.store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    const connection = mysql.createConnection({ uri: database.url, charset: 'latin1' });
    t.after(() => connection.promise().end());
    const run: CallerConnection = async (sql, params) => {
      const [header] = await connection.promise().execute(sql, params);
      return { insertId: (header as mysql.ResultSetHeader).insertId };
    };
    const odd = [`é 漢 😀 '\\"`, 'plain', `\\'); DROP TABLE actionlog; -- `];
    const entries = odd.map((text) =>
      newEntry({ logmessage: text, recid: text, trace: traceOf(null, { [text]: text }) }),
    );
    const written = [
      ...(await subject.store.writeMany(entries, connection)),
      ...(await subject.store.writeMany(entries, run)),
    ];
    assert.deepEqual(await subject.store.history({ gsid: 3 }), written.toReversed());
    const traces = (await subject.traces()).map(({ recid, field, newtext }) => [recid, field, newtext]);
    assert.deepEqual(
      traces,
      [...odd, ...odd].map((text) => [text, text, text]),
    );
  });

  it('takes several statements in one transaction for what is too large for one', async (t) => {
    const database = await createDatabase();
    await using subject = await migratedSubject(database, database.url);
    await subject.store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    const [session] = await database.query<{ packet: string }>('SELECT @@max_allowed_packet AS packet');
    const count = Math.ceil(Number(session?.packet) / 120_000) + 5;
    const large = times(count).map((n) => newEntry({ logmessage: `m${n}`, rawobj: { text: 'é'.repeat(32_000) } }));
    assert.ok(count < 1000);
    await assertRightIds(database.query, await subject.store.writeMany(large));
    assert.equal((await subject.rows()).length, count);
    await subject.refuses('bad');
    const bad = large.map((entry, n) => (n === count - 1 ? { ...entry, logmessage: 'bad' } : entry));
    await assert.rejects(subject.store.writeMany(bad), { code: 'entry-not-written' });
    assert.equal((await subject.rows()).length, count);
    const single = mysql.createConnection(database.url);
    t.after(() => single.promise().end());
    const onOne = await openStore(t, single);
    await assert.rejects(onOne.writeMany(large), { code: 'entry-not-written' });
    assert.equal((await onOne.writeMany(list(30))).length, 30);
  });

  it('tells nobody the rows of others where the side table is missing, at any depth of its error', async () => {
    const database = await createDatabase();
    await using subject = await migratedSubject(database, database.url);
    await subject.store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    await subject.dropTrace();
    const secrets = ['of the first', 'of the second'];
    const outcomes = await Promise.allSettled(
      secrets.map((text, n) => {
        const trace = traceOf(null, { name: text });
        return subject.store.write(newEntry({ gsid: String(n + 1), logmessage: text, trace }));
      }),
    );
    for (const outcome of outcomes) {
      assert.ok(outcome.status === 'rejected');
      assert.equal(outcome.reason.code, 'table-missing');
      assert.equal(outcome.reason.cause.code, 'ER_NO_SUCH_TABLE');
      assert.doesNotMatch(inspect(outcome.reason, { depth: 9 }), /of the (first|second)/);
    }
  });

  it('leaves nothing behind where its connection is killed, and works again', async () => {
    const database = await createDatabase();
    await using subject = await migratedSubject(database, database.url);
    await subject.store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    await database.query(`CREATE TRIGGER slow BEFORE INSERT ON actionlog_trace FOR EACH ROW
      IF NEW.newtext = '7' THEN SET @waited = SLEEP(30); END IF`);
    const outcome = Promise.allSettled([subject.store.writeMany(list(9, (n) => ({ n })))]);
    await database.query(`KILL ${await insertAsleep(database)}`);
    const [failed] = await outcome;
    assert.equal(failed.status === 'rejected' && failed.reason.code, 'entry-not-written');
    assert.deepEqual([await subject.rows(), await subject.traces()], [[], []]);
    await database.query('DROP TRIGGER slow');
    assert.equal((await subject.store.writeMany(list(9, (n) => ({ n })))).length, 9);
  });

  it('writes it again after a deadlock took it back', async () => {
    const database = await createDatabase();
    await using subject = await migratedSubject(database, database.url);
    await subject.store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    // a deadlock at the first attempt: a table without transactions remembers it
    await database.query('CREATE TABLE seen (n int) ENGINE=MyISAM');
    await database.query(`CREATE TRIGGER once BEFORE INSERT ON actionlog_trace FOR EACH ROW
      BEGIN IF (SELECT COUNT(*) FROM seen) = 0 THEN INSERT INTO seen VALUES (1);
        SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END IF; END`);
    assert.equal((await subject.store.writeMany(list(5, (n) => ({ n })))).length, 5);
    assert.deepEqual([(await subject.rows()).length, (await subject.traces()).length], [5, 5]);
  });

  it('says what it cannot do: without transactions, and on a single connection without any of its own', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const single = mysql.createConnection(database.url);
    t.after(() => single.promise().end());
    const onOne = await openStore(t, single);
    await assert.rejects(onOne.write(list(1, (n) => ({ n }))[0] ?? newEntry()), (error: Error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, /pass \{ connection \}/);
      return true;
    });
    const written = await onOne.writeMany(list(4));
    await assertRightIds(database.query, written);
    await database.query('ALTER TABLE actionlog ENGINE = MyISAM');
    const store = mysqlStore({ database: database.url });
    t.after(() => store.close());
    await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    await assert.rejects(store.writeMany(list(2)), { code: 'table-unfit' });
    await store.write(newEntry());
  });
});
