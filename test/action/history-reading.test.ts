import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createPool } from 'mysql2/promise';
import { migrate } from '../../lib/action/migrate.ts';
import type { MysqlDatabase } from '../../lib/action/mysql-store.ts';
import { createDatabase, type TestDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';
import { openStore, openTheirs, times, withQuery } from './mysql-pools.ts';
import { gyroscopeTable } from './tables.ts';

/** A pool of four connections, of which each reading statement takes one, with what is to be done before it runs. */
function watched(t: TestContext, { url }: TestDatabase, before: () => unknown): MysqlDatabase {
  const pool = createPool({ uri: url, connectionLimit: 4, charset: 'utf8mb4' });
  t.after(() => pool.end());
  const take = () => pool.getConnection();
  return withQuery(pool, take, async (connection, sql) => {
    if (/`actionlog` e\b/.test(sql)) await before();
    return await connection.query(sql);
  });
}

/** A promise that is kept from outside. */
function promised<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('reading history', () => {
  it('goes no further once it is cancelled', async (t) => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    const cancel = new AbortController();
    let read = 0;
    const pool = watched(t, database, () => {
      read += 1;
      if (read === 2) cancel.abort();
    });
    const store = await openStore(t, pool);
    await store.writeMany(times(600).map((n) => newEntry({ logmessage: `sold a clamp ${n}` })));
    // the database cannot tell that no word begins so: entries are looked through
    const rare = { gsid: 3, text: 'lamp', limit: 50 } as const;
    await assert.rejects(store.history(rare, cancel.signal), { name: 'AbortError' });
    assert.equal(read, 2);
    await assert.rejects(store.history({ gsid: 3 }, cancel.signal), { name: 'AbortError' });
    assert.equal(read, 2);
    assert.deepEqual(await store.history(rare), []);
  });

  it('takes three connections at most, so that entries can be written meanwhile', async (t) => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    const gate = promised<void>();
    let [now, most] = [0, 0];
    const pool = watched(t, database, async () => {
      now += 1;
      most = Math.max(most, now);
      await gate.promise;
      now -= 1;
    });
    const store = await openStore(t, pool);
    const missed = { gsid: '3', since: 0, announceWithinMs: 0, limit: 10, whole: false } as const;
    const reading = times(5).flatMap(() => [store.history({ gsid: 3 }), store.missed(missed)]);
    while (now < 3) await turn();
    const written = await store.write(newEntry());
    const queued = assert.rejects(store.history({ gsid: 3 }, AbortSignal.abort()), { name: 'AbortError' });
    gate.resolve();
    assert.equal((await Promise.all(reading)).length, 10);
    assert.equal(most, 3);
    await queued;
    assert.deepEqual(await store.history({ gsid: 3 }), [written]);
  });

  it('keeps records apart in a column that does not know case', async (t) => {
    await using database = await createDatabase();
    const number = 'recid bigint unsigned NOT NULL DEFAULT 0';
    await database.query(gyroscopeTable().replace(number, "recid varchar(64) NOT NULL DEFAULT '0'"));
    const store = await openTheirs(t, database.url);
    const upper = await store.write(newEntry({ recid: 'AbC' }));
    const lower = await store.write(newEntry({ recid: 'abc' }));
    assert.deepEqual(await store.history({ gsid: 3, recid: 'AbC' }), [upper]);
    assert.deepEqual(await store.history({ gsid: 3, recid: 'abc' }), [lower]);
    const none = await store.write(newEntry({ recid: '0' }));
    assert.deepEqual(await store.history({ gsid: 3, recid: 0 }), [none]);
  });

  it('finds a record by any form of its number, as the column has it', async (t) => {
    await using database = await createDatabase();
    await database.query(gyroscopeTable());
    const store = await openTheirs(t, database.url);
    const written = await store.write(newEntry({ recid: '0012' }));
    assert.equal(written.recid, '12');
    assert.deepEqual(await store.history({ gsid: 3, recid: '0012' }), [written]);
  });
});
