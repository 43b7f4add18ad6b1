import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Connection } from 'mysql2';
import { createPool } from 'mysql2/promise';
import { createActionlog, migrate, type TransactionConnection, type TransactionWork } from '../lib/index.ts';
import { createDatabase } from './support/mariadb.ts';

/** Two logs, each with its table. */
async function twoLogs(t: TestContext) {
  const database = await createDatabase();
  const made = ['actionlog', 'audit'].map(async (table) => {
    await migrate({ database: database.url, table });
    return createActionlog({ database: database.url, table, session: () => undefined });
  });
  const [erp, audit] = (await Promise.all(made)) as [Awaited<(typeof made)[0]>, Awaited<(typeof made)[0]>];
  t.after(async () => {
    await Promise.all([erp.close(), audit.close()]);
    await database[Symbol.asyncDispose]();
  });
  const messages = async (table: string) =>
    (await database.query<{ m: string }>(`SELECT logmessage AS m FROM ${table} ORDER BY alogid`)).map(({ m }) => m);
  return { database, erp, audit, messages };
}

const ann = { userid: 42, gsid: 3, login: 'ann' };

test('more transactions than a pool has connections write and read outside of themselves', {
  timeout: 60_000,
}, async (t) => {
  const { erp, messages } = await twoLogs(t);
  const { logaction } = erp.as(ann);
  let begun = 0;
  let all: () => void = () => undefined;
  const allBegun = new Promise<void>((resolve) => {
    all = resolve;
  });
  await Promise.all(
    Array.from({ length: 25 }, () =>
      erp.transaction(async (_tx, log) => {
        begun += 1;
        if (begun === 10) all();
        await allBegun; // each connection for transactions is taken
        await logaction('outside');
        await erp.history({ gsid: 3 });
        await log({ logaction }, 'inside');
      }),
    ),
  );
  const written = await messages('actionlog');
  assert.deepEqual([written.filter((m) => m === 'outside').length, written.length], [25, 50]);
});

test('the end of the function ends its `tx`, which may be another’s by then', async (t) => {
  const { erp, messages } = await twoLogs(t);
  const { logaction } = erp.as(ann);
  const late = { name: 'TypeError', message: /after the end of the transaction/ };
  let given: (TransactionConnection & { connection?: Connection }) | undefined;
  const works: TransactionWork<unknown>[] = [
    (_tx, log) => log({ logaction }, 'committed'),
    () => Promise.reject(new Error('rolled back')),
  ];
  for (const work of works) {
    const ended = erp.transaction(async (tx, log) => {
      given = tx;
      return await work(tx, log);
    });
    await ended.catch((error) => assert.match(error.message, /rolled back/));
    const tx = given;
    assert.ok(tx?.connection);
    await erp.transaction(async (other) => {
      await other.query('SELECT 1');
      await assert.rejects(tx.execute("UPDATE actionlog SET logmessage = ''"), late);
      await assert.rejects(tx.query("UPDATE actionlog SET logmessage = ''"), late);
      assert.throws(() => tx.connection?.query("UPDATE actionlog SET logmessage = ''"), late);
      const options = { connection: tx };
      const over = { code: 'entry-not-written', message: /the transaction of this connection is over/ };
      await assert.rejects(logaction('late', {}, null, options), over);
      await assert.rejects(logaction.many([{ message: 'late' }, { message: 'late' }], options), over);
    });
  }
  assert.deepEqual(await messages('actionlog'), ['committed']);
});

test('until then `tx` is mysql2’s connection', async (t) => {
  const { database, erp } = await twoLogs(t);
  const pool = createPool(database.url);
  t.after(() => pool.end());
  await using log = createActionlog({ database: pool, session: () => undefined });
  for (const { transaction } of [log, erp].map((one) => ({ transaction: one.transaction.bind(one) }))) {
    await transaction(async (given) => {
      const tx = given as unknown as Awaited<ReturnType<typeof pool.getConnection>>;
      assert.equal(tx.escape("it's"), "'it\\'s'");
      const [rows] = await tx.query({ sql: 'SELECT ? AS n', rowsAsArray: true }, [7]);
      assert.deepEqual(rows, [[7]]);
      const statement = await tx.prepare('SELECT 8 AS n');
      assert.deepEqual((await statement.execute([]))[0], [{ n: 8 }]);
      await statement.close();
      const answer = await new Promise((resolve, reject) => {
        const callbacks = tx.connection as unknown as Connection;
        callbacks.query('SELECT 9 AS n', (error, found) => (error ? reject(error) : resolve(found)));
      });
      assert.deepEqual(answer, [{ n: 9 }]);
    });
  }
});

test('in SQLite too', async () => {
  await using log = createActionlog({ database: 'sqlite::memory:', session: () => undefined });
  const { logaction } = log.as(ann);
  const tx = await log.transaction(async (given) => given);
  await assert.rejects(tx.execute('DELETE FROM actionlog'), { name: 'TypeError', message: /after the end/ });
  await assert.rejects(logaction('late', {}, null, { connection: tx }), { code: 'entry-not-written', message: /over/ });
  assert.deepEqual(await log.history({ gsid: 3 }), []);
});

test('what is logged while the transaction waits for its entries belongs to it', async (t) => {
  const { database, erp, messages } = await twoLogs(t);
  await database.query(`CREATE TRIGGER slow BEFORE INSERT ON actionlog FOR EACH ROW
    IF NEW.logmessage = 'slow' THEN SET @waited = SLEEP(0.2); END IF`);
  const slow = (late: string) =>
    erp.transaction(async (_tx, log) => {
      void log(erp.as(ann), 'slow');
      setImmediate(() => void log(erp.as({ ...ann, userid: late }), 'late'));
    });
  await assert.rejects(slow('no-number'), { code: 'id-unfit' });
  assert.deepEqual(await messages('actionlog'), []);
  await slow('42');
  assert.deepEqual(await messages('actionlog'), ['slow', 'late']);
});

test('a transaction of one log stands inside of another log’s, and none inside of its own', async (t) => {
  const { erp, audit, messages } = await twoLogs(t);
  const nested = erp.transaction(async (_tx, log) => {
    await log(erp.as(ann), 'outer');
    await audit.transaction(async (_inner, write) => {
      await write(audit.as(ann), 'inner');
      await assert.rejects(
        erp.transaction(async () => 1),
        { name: 'TypeError', message: /inside of a transaction/ },
      );
    });
    throw new Error('undo the outer one');
  });
  await assert.rejects(nested, { message: 'undo the outer one' });
  assert.deepEqual([await messages('actionlog'), await messages('audit')], [[], ['inner']]);
});
