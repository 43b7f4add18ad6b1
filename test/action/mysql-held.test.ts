import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import mysql from 'mysql2/promise';
import { changes, changesOf } from '../../lib/action/changes.ts';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import type { StoreNeeds } from '../../lib/action/store.ts';
import { createDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';
import { createOurs } from './tables.ts';

const needs: StoreNeeds = { rawobjStyle: 'json', rebuildsEvents: true };
const readLimitMs = 15_000;

describe('mysqlStore, where its callers hold every connection of the pool', () => {
  it('writes in their transactions while the table waits to be read anew', { timeout: 30_000 }, async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const pool = mysql.createPool({ uri: database.url, connectionLimit: 1 });
    t.after(() => pool.end());
    const store = mysqlStore({ database: pool });
    await store.open(needs);
    await database.query('ALTER TABLE actionlog MODIFY logmessage varchar(10)');
    const transaction = await store.begin();
    const { connection } = transaction;
    for (const _attempt of [1, 2]) {
      await assert.rejects(store.write(newEntry(), connection), { code: 'entry-not-written' });
    }
    await store.write(newEntry({ logmessage: 'short' }), connection);
    const alone = store.write(newEntry());
    await transaction.commit();
    assert.equal((await alone).logmessage, 'updated p…');
    const next = await store.begin();
    assert.equal((await store.write(newEntry(), next.connection)).logmessage, 'updated p…');
    await next.commit();
  });

  it('says so where the table cannot be read in time, and reads it later', { timeout: 30_000 }, async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const pool = mysql.createPool({ uri: database.url, connectionLimit: 1 });
    t.after(() => pool.end());
    const held = await pool.getConnection();
    const store = mysqlStore({ database: pool });
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const writing = store.write(newEntry(), held);
    t.mock.timers.tick(readLimitMs);
    await assert.rejects(writing, { code: 'database-unreachable', message: /asked for the columns/ });
    t.mock.timers.reset();
    held.release();
    await store.open(needs);
    await store.write(newEntry());
  });

  it('lets go who waits for a connection in vain, with the remedy, and writes nothing', async (t) => {
    await using database = await createDatabase();
    await createOurs(database);
    const pool = mysql.createPool({ uri: database.url, connectionLimit: 1 });
    t.after(() => pool.end());
    t.mock.timers.enable({ apis: ['setInterval'] });
    const store = mysqlStore({ database: pool });
    await store.open(needs);
    const transaction = await store.begin();
    const trace = changesOf(changes(null, { price: 12 }));
    for (const wait of [
      () => store.write(newEntry()),
      () => store.write(newEntry({ trace })),
      () => store.standing(['1']),
      () => store.markAnnounced(['1'], 1),
      () => store.begin(),
    ]) {
      const queued = once(pool, 'enqueue');
      const waiting = wait();
      waiting.catch(() => undefined);
      await queued;
      t.mock.timers.tick(16_000);
      await assert.rejects(waiting, {
        code: 'database-unreachable',
        message: /free within 15 s.*\{ connection: tx \}/,
      });
    }
    await store.write(newEntry({ logmessage: 'inside' }), transaction.connection);
    await transaction.commit();
    await store.write(newEntry({ logmessage: 'after' }));
    const rows = await database.query<{ logmessage: string }>('SELECT logmessage FROM actionlog ORDER BY alogid');
    assert.deepEqual(
      rows.map(({ logmessage }) => logmessage),
      ['inside', 'after'],
    );
  });
});
