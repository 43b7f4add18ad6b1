import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import mysql from 'mysql2';
import { createConnection, type Pool, type PoolConnection } from 'mysql2/promise';
import type { MysqlDatabase } from '../../lib/action/mysql-store.ts';
import { schemaSql } from '../../lib/action/schema.ts';
import { createDatabase } from '../support/mariadb.ts';
import { startMariadb } from '../support/services.ts';
import { newEntry } from './entries.ts';
import { assertRightIds, openStore, poolOf, times, withoutReturning, writeMany } from './mysql-pools.ts';
import { createOurs } from './tables.ts';

const step = 'SET SESSION auto_increment_increment = 10, auto_increment_offset = 3';

describe('mysqlStore and the ids of several rows in one statement', () => {
  const servers: Record<string, (pool: Pool) => MysqlDatabase> = {
    'by RETURNING': (pool) => pool,
    'by the first id and the increment': (pool) => withoutReturning(pool),
  };
  for (const [name, databaseOf] of Object.entries(servers)) {
    for (const session of [[], [step]]) {
      it(`knows each id ${name}, ${session.length ? 'with an increment of 10' : 'one by one'}, beside other writers`, async (t) => {
        await using database = await createDatabase();
        await createOurs(database);
        const store = await openStore(t, databaseOf(poolOf(t, database.url, ...session)));
        const foreign = await openStore(t, poolOf(t, database.url));
        const [ours, theirs] = await Promise.all([writeMany(store, 150), writeMany(foreign, 150, 1000)]);
        await assertRightIds(database.query, [...ours, ...theirs]);
        if (session.length) for (const { alogid } of ours) assert.equal(BigInt(alogid) % 10n, 3n);
      });
    }
  }

  it('knows each id where connections of one pool differ in their increment', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    let made = 0;
    const pool = mysql.createPool({ uri: database.url, connectionLimit: 4 });
    t.after(() => pool.promise().end());
    pool.on('connection', (connection) => {
      made += 1;
      if (made % 2 === 0) connection.query(step);
    });
    const store = await openStore(t, withoutReturning(pool.promise()));
    for (const round of times(4)) await assertRightIds(database.query, await writeMany(store, 60, 100 * round));
  });

  it('says that ids are not known where the increment changes meanwhile, and writes nothing twice', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const pool = poolOf(t, database.url);
    const changing = async () => {
      const connection = await pool.getConnection();
      const query = async (sql: string) => {
        const result = await connection.query(sql);
        if (sql.startsWith('INSERT')) await connection.query('SET SESSION auto_increment_increment = 5');
        return result;
      };
      return { query, release: () => connection.release() } as unknown as PoolConnection;
    };
    const store = await openStore(t, withoutReturning(pool, changing));
    const outcomes = await Promise.allSettled(times(10).map(() => store.write(newEntry())));
    for (const outcome of outcomes) {
      assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'entry-not-written');
    }
    assert.equal((await database.query('SELECT alogid FROM actionlog')).length, 10);
  });

  it("knows each id where the server's own increment is 10", async (t) => {
    const server = await startMariadb({});
    t.after(() => server.stop());
    const root = await createConnection(server.env['TEST_MYSQL_URL'] ?? '');
    t.after(() => root.end());
    await root.query('SET GLOBAL auto_increment_increment = 10');
    await root.query('SET GLOBAL auto_increment_offset = 3');
    await root.query('CREATE DATABASE erp');
    await root.query('USE erp');
    await root.query(schemaSql('mysql', '`actionlog`', 'gsid'));
    const uri = `${server.env['TEST_MYSQL_URL']}/erp`;
    const own = await openStore(t, uri);
    const plain = await openStore(t, withoutReturning(poolOf(t, uri)));
    const written = (await Promise.all([writeMany(own, 80), writeMany(plain, 80, 1000)])).flat();
    const query = async <T>(sql: string) => (await root.query(sql))[0] as T[];
    await assertRightIds(query, written);
    for (const { alogid } of written) assert.equal(BigInt(alogid) % 10n, 3n);
  });
});
