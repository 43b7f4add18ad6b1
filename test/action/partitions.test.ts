import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { migrate } from '../../lib/action/migrate.ts';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import { prune } from '../../lib/action/prune/prune.ts';
import { createDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';
import { rowsLookedAt } from './rows-looked-at.ts';

const second = (text: string) => Date.parse(`${text}T00:00:00Z`) / 1000;

/** The statement of docs/large-tables.md, for these months. */
const partitioned = (months: string[]) => `ALTER TABLE actionlog
  MODIFY logdate bigint NOT NULL, DROP PRIMARY KEY, ADD PRIMARY KEY (alogid, logdate)
  PARTITION BY RANGE (logdate) (
    ${months.map((month) => `PARTITION p${month.replace('-', '')} VALUES LESS THAN (${nextMonth(month)})`).join(',\n    ')},
    PARTITION later VALUES LESS THAN MAXVALUE)`;

function nextMonth(month: string): number {
  const date = new Date(`${month}-01T00:00:00Z`);
  return date.setUTCMonth(date.getUTCMonth() + 1) / 1000;
}

describe('a table in partitions by month', () => {
  it('takes writes and reads through the store, loses an old month at once, and migrate and prune know it', async (t) => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    const needs = { rawobjStyle: 'json', rebuildsEvents: true } as const;
    const store = mysqlStore({ database: database.url });
    t.after(() => store.close());
    await store.open(needs);
    const first = await store.write(newEntry({ logdate: second('2026-01-15'), wssdone: 1 }));
    await database.query(partitioned(['2026-01', '2026-02', '2026-03']));

    const again = mysqlStore({ database: database.url });
    t.after(() => again.close());
    await again.open(needs);
    const dates = ['2026-02-01', '2026-01-31', '2026-03-31', '2026-07-01'];
    const written = [];
    for (const date of dates) written.push(await again.write(newEntry({ logdate: second(date), wssdone: 0 })));
    assert.deepEqual(
      written.map(({ alogid }) => alogid),
      ['2', '3', '4', '5'],
    );
    const together = await Promise.all(
      dates.map((date) => again.write(newEntry({ logdate: second(date), wssdone: 0 }))),
    );
    assert.deepEqual(together.map(({ alogid }) => alogid).sort(), ['6', '7', '8', '9']);
    assert.equal((await again.write(newEntry({ logdate: second('2026-07-02') }))).alogid, '10');
    const where = await database.query<{ name: string; n: string }>(
      "SELECT partition_name AS name, CAST(table_rows AS CHAR) AS n FROM information_schema.partitions WHERE table_schema = DATABASE() AND table_name = 'actionlog' ORDER BY name",
    );
    assert.deepEqual(
      where.map(({ name }) => name),
      ['later', 'p202601', 'p202602', 'p202603'],
    );
    assert.equal((await database.query('SELECT alogid FROM actionlog PARTITION (p202601)')).length, 3);

    assert.deepEqual(await again.history({ gsid: first.gsid, before: 6 }), [...written.toReversed(), first]);
    const waiting = await again.waiting({ after: '0', writtenBefore: Date.now() + 1e12, limit: 100 });
    assert.deepEqual(
      waiting.map(({ alogid }) => alogid),
      ['2', '3', '4', '5', '6', '7', '8', '9', '10'],
    );
    await again.markAnnounced(['2', '3', '4'], Date.now());
    assert.equal((await again.waiting({ after: '0', writtenBefore: Date.now() + 1e12, limit: 100 })).length, 6);
    assert.equal(
      await again.lastBefore({ from: second('2026-02-15') * 1000, until: Date.now() + 1e12 }),
      written[1]?.alogid, // the last of before it that stands before all of the span
    );
    const missed = await again.missed({
      gsid: first.gsid,
      since: second('2026-03-01') * 1000,
      limit: 10,
      whole: false,
      announceWithinMs: 3_600_000,
    });
    assert.deepEqual(missed.map(({ alogid }) => alogid).slice(0, 3), ['2', '3', '4']);

    assert.deepEqual(await migrate({ database: database.url }), []);
    assert.equal((await migrate({ database: database.url, indexes: 'large' })).length, 1);
    await database.query('ALTER TABLE actionlog DROP PARTITION p202601');
    assert.deepEqual(await again.standing(['1', '2', '3']), ['2']);
    const left = (await again.history({ gsid: first.gsid })).map(({ logdate }) => logdate);
    assert.ok(left.length === 7 && left.every((logdate) => logdate >= second('2026-02-01')));
    await database.query(`ALTER TABLE actionlog REORGANIZE PARTITION later INTO (
      PARTITION p202604 VALUES LESS THAN (${nextMonth('2026-04')}), PARTITION later VALUES LESS THAN MAXVALUE)`);
    assert.equal((await again.write(newEntry({ logdate: second('2026-04-10') }))).alogid, '11');
    const { deleted } = await prune({ database: database.url, olderThanMs: 30 * 86_400_000 });
    assert.equal(deleted + (await again.history({ gsid: first.gsid })).length, 8);
  });

  it('has each page of history read off the indexes of a large table, whether they are older than the partitions or not', async (t) => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    await migrate({ database: database.url, indexes: 'large-only' });
    const months = ['2026-01', '2026-02', '2026-03'];
    await database.query(partitioned(months));
    await database.query(`INSERT INTO actionlog (gsid, userid, logname, logmessage, rawobj, logdate, rectype, recid, wssdone, correlation)
      SELECT 1 + seq % 20, seq % 500, 'ann', 'm', '{}', ${second('2026-01-01')} + seq * 240, ELT(1 + seq % 3, 'a', 'b', 'c'), seq % 700, 1, seq % 900 FROM seq_1_to_40000`);
    const [step, drops] = await migrate({ database: database.url, indexes: 'large-only' });
    assert.match(step?.sql ?? '', /DROP INDEX `tenant_user`.*ADD INDEX tenant_user \(`gsid`, `userid`, `alogid`\)/);
    assert.match(step?.sql ?? '', /ADD INDEX tenant_order \(`gsid`, `alogid`\)/);
    assert.match(drops?.sql ?? '', /DROP INDEX `gsid`, ALGORITHM/);
    assert.deepEqual(await migrate({ database: database.url, indexes: 'large-only' }), []);
    await database.query('ANALYZE TABLE actionlog');
    const connection = await createConnection({ uri: database.url, supportBigNumbers: true, bigNumberStrings: true });
    t.after(() => connection.end());
    const store = mysqlStore({ database: connection });
    await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    const questions = [
      { gsid: 1 },
      { gsid: 1, before: 38_000 },
      { gsid: 1, before: 2_000 },
      { gsid: 1, userid: 40 },
      { gsid: 1, rectype: 'c', recid: 20 },
      { gsid: 1, correlation: '20' },
    ];
    for (const query of questions) {
      let given = 0;
      const looked = await rowsLookedAt(connection, async () => {
        given = (await store.history(query)).length;
      });
      assert.ok(given > 0, JSON.stringify(query));
      assert.ok(looked <= 10 * given + 100, `${JSON.stringify(query)}: ${looked} looked at for ${given}`);
    }
  });
});
