import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { migrate } from '../../../lib/action/migrate.ts';
import { prune } from '../../../lib/action/prune/prune.ts';
import { createDatabase } from '../../support/mariadb.ts';
import { dayMs, oldEntries, standing } from './old-entries.ts';

describe('prune in MySQL', () => {
  it("deletes what is older by the database's clock, in batches, and nothing else", async () => {
    await using database = await oldEntries(1000);
    const young = await standing(database, 'logdate >= UNIX_TIMESTAMP() - 86400');
    const told: number[] = [];
    const options = { database: database.url, olderThanMs: 400 * dayMs, batch: 150 };
    const result = await prune({ ...options, onProgress: ({ deleted }) => told.push(deleted) });
    assert.deepEqual({ ...result, before: 0 }, { ...nothing, found: 1000, deleted: 1000 });
    assert.deepEqual(await standing(database), young);
    // by pages of 500, each in batches of 150
    assert.deepEqual(told, [0, 150, 300, 450, 500, 650, 800, 950, 1000]);
    assert.deepEqual({ ...(await prune(options)), before: 0 }, nothing);
  });

  it('goes by logdate to the second, wherever in the table an entry stands', async () => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    const ages = [399 * 86_400, 401 * 86_400, 0, 400 * 86_400 - 60, 400 * 86_400 + 60, 500 * 86_400];
    for (const age of ages) {
      await database.query(`INSERT INTO actionlog (gsid, userid, logdate) VALUES (1, 1, UNIX_TIMESTAMP() - ${age})`);
    }
    await database.query('INSERT INTO actionlog (gsid, userid, logdate) VALUES (1, 1, NULL)');
    await prune({ database: database.url, olderThanMs: 400 * dayMs });
    assert.deepEqual(await standing(database), ['1', '3', '4', '7']);
  });

  it("deletes one tenant's entries alone, with ids of numbers and of text", async () => {
    await using database = await oldEntries(300);
    const before = await standing(database, 'gsid <> 2 OR logdate >= UNIX_TIMESTAMP() - 86400');
    const options = { database: database.url, olderThanMs: 400 * dayMs };
    assert.equal((await prune({ ...options, gsid: 2 })).deleted, 100);
    assert.deepEqual(await standing(database), before);
    await assert.rejects(prune({ ...options, gsid: 'acme' }), TypeError);
    await migrate({ database: database.url, ids: 'text' });
    await database.query("UPDATE actionlog SET gsid = 'acme' WHERE gsid = '3'");
    assert.equal((await prune({ ...options, gsid: 'ACME' })).deleted, 0);
    assert.equal((await prune({ ...options, gsid: 'acme' })).deleted, 100);
  });

  it('takes the rows of the side table along, and no others of it', async () => {
    await using database = await oldEntries(30);
    await database.query('CREATE OR REPLACE TABLE actionlog_trace (alogid bigint unsigned, trace text)');
    await database.query("INSERT INTO actionlog_trace SELECT alogid, 'one' FROM actionlog");
    const options = { database: database.url, olderThanMs: 400 * dayMs };
    await assert.rejects(prune(options), { code: 'table-unfit' });
    assert.equal((await standing(database)).length, 33);
    await database.query('ALTER TABLE actionlog_trace ADD INDEX alogid (alogid)');
    await prune(options);
    const left = await database.query<{ id: string }>(
      'SELECT CAST(alogid AS CHAR) AS id FROM actionlog_trace ORDER BY 1',
    );
    assert.deepEqual(left.map(({ id }) => id).sort(), (await standing(database)).sort());
  });

  it('only counts where it is asked to', async () => {
    await using database = await oldEntries(100);
    const result = await prune({ database: database.url, olderThanMs: 400 * dayMs, dryRun: true });
    assert.deepEqual({ ...result, before: 0 }, { ...nothing, found: 100 });
    assert.ok(Math.abs(result.before - (Date.now() - 400 * dayMs)) < 60_000);
    assert.equal((await standing(database)).length, 110);
  });

  it('ends after the batch under way when it is told to, and a second run goes on', async () => {
    await using database = await oldEntries(1000);
    const ending = new AbortController();
    const options = { database: database.url, olderThanMs: 400 * dayMs, batch: 100 };
    const onProgress = ({ deleted }: { deleted: number }) => deleted === 300 && ending.abort();
    const result = await prune({ ...options, signal: ending.signal, onProgress });
    assert.equal(result.stopped, true);
    assert.equal(result.deleted, 300);
    assert.equal((await standing(database)).length, 800);
    assert.equal((await prune(options)).deleted, 700);
  });

  it('goes on after a deadlock and after a lock that it waited for too long', async () => {
    await using database = await oldEntries(100);
    let refusals = ['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT'];
    const query = async (sql: string) => {
      const code = sql.startsWith('DELETE') ? refusals.shift() : undefined;
      if (code !== undefined) throw Object.assign(new Error(code), { code });
      return [await database.query(sql), []];
    };
    const through = { query, execute: query };
    assert.equal((await prune({ database: through, olderThanMs: 400 * dayMs })).deleted, 100);
    assert.equal((await standing(database)).length, 10);
    refusals = ['ER_NO_SUCH_TABLE'];
    await database.query('UPDATE actionlog SET logdate = 1');
    await assert.rejects(prune({ database: through, olderThanMs: 400 * dayMs }), { code: 'database-unreachable' });
  });

  it('lets one process at a time do it', async () => {
    await using database = await oldEntries(10);
    const holder = 'UPDATE actionlog_lease SET holder = ?, expires = UNIX_TIMESTAMP() + 3600 WHERE name = ?';
    const options = { database: database.url, olderThanMs: 400 * dayMs, leaseMs: 1000 };
    await prune({ ...options, gsid: 7 });
    await database.query(holder, ['somebody', 'prune']);
    await assert.rejects(prune(options), { code: 'prune-running' });
    assert.equal((await standing(database)).length, 11);
    await database.query('DROP TABLE actionlog_lease');
    await assert.rejects(prune(options), { code: 'lease-missing' });
  });

  it('refuses wrong options, and what may still wait to be announced', async () => {
    const database = 'mysql://app@127.0.0.1/erp';
    const wrong = [{ olderThanMs: dayMs - 1 }, { olderThanMs: Number.NaN }, {}, { olderThanMs: dayMs, batch: 0 }];
    for (const options of wrong) await assert.rejects(prune({ database, ...options } as never), TypeError);
    await assert.rejects(prune({ database, olderThanMs: 3_600_000 }), /may still wait to be announced/);
    await assert.rejects(prune({ database, olderThanMs: dayMs, gsid: 1.5 }), TypeError);
    await using made = await createDatabase();
    await assert.rejects(prune({ database: made.url, olderThanMs: dayMs }), { code: 'table-missing' });
  });
});

const nothing = { table: 'actionlog', before: 0, found: 0, deleted: 0, archived: 0, files: [], stopped: false };
