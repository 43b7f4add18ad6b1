/*
 * What the indexes of `migrate --indexes` do on a large table: rows that the database looks at for each question that the
 * action log asks, and what each set of indexes costs a write: with all indexes in memory, and where they do not fit.
 *
 *   npx tsx bench/large-table.ts                                             2,000,000 rows, a few minutes
 *   npx tsx bench/large-table.ts 50000000 --pool-mb 14336 --pool-mb 2048     half an hour, 30 GB of disk
 *   npx tsx bench/large-table.ts 50000000 --pool-mb 2048 --by-month          `large-only` in partitions by month
 *
 * Starts a private MariaDB, or takes TEST_MYSQL_URL, of which it then moves the buffer pool; leaves nothing behind.
 */
import { parseArgs } from 'node:util';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { migrate } from '../lib/action/migrate.ts';
import { mysqlStore } from '../lib/action/mysql-store.ts';
import { prune } from '../lib/action/prune/prune.ts';
import { rowsLookedAt } from '../test/action/rows-looked-at.ts';
import { startMariadb } from '../test/support/services.ts';
import {
  anything,
  fill,
  readIndexes,
  spread,
  type WriteCost,
  warmUp,
  workingDay,
  writeCost,
} from './support/large-table.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'pool-mb': { type: 'string', multiple: true, default: ['2048'] },
    'by-month': { type: 'boolean', default: false },
  },
});
const rows = Number(positionals[0] ?? 2_000_000);
const pools = flags['pool-mb'].map(Number);
const redoMb = 1024;
const service = await startMariadb(process.env);
const url = new URL(service.env['TEST_MYSQL_URL'] ?? process.env['TEST_MYSQL_URL'] ?? '');
const database = 'actionlog_bench_large_table';
const admin = await createConnection({ uri: url.href });
await admin.query(`DROP DATABASE IF EXISTS ${database}`);
await admin.query(`CREATE DATABASE ${database}`);
await admin.end();
url.pathname = `/${database}`;
const connection = await createConnection({ uri: url.href, supportBigNumbers: true, bigNumberStrings: true });
try {
  await connection.query(`SET GLOBAL innodb_log_file_size = ${redoMb * 1_048_576}`);
  await setPool(pools[0] ?? 0);
  await migrate({ database: url.href });
  const { first, newest } = await fill(connection, rows, flags['by-month']);
  const [[server]] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
  console.log(`MariaDB ${server?.['version']}, ${rows} rows, ${spread.tenants} tenants, ${spread.days} days`);
  console.log(`redo log ${redoMb} MB, buffer pools of ${pools.join(' and ')} MB\n`);
  const before = await lookedAt(connection, newest);
  await migrated(flags['by-month'] ? 'large-only' : 'large');
  await connection.query('ANALYZE TABLE actionlog');
  const after = await lookedAt(connection, newest);
  console.log('\n| question | rows before | rows after | ratio |\n|---|---|---|---|');
  for (const [name, looked] of before) {
    const now = after.get(name) ?? 0;
    console.log(`| ${name} | ${looked} | ${now} | ${(looked / Math.max(1, now)).toFixed(1)} |`);
  }
  const sets = flags['by-month'] ? [await costs('large-only, by month')] : await costsOfSets();
  console.log('\n| indexes | pool | written | one | a hundred |\n|---|---|---|---|---|');
  for (const { name, found } of sets) {
    for (const [where, { one, hundred }] of found)
      console.log(`| ${name} | ${where} | ${one.toFixed(2)} | ${hundred.toFixed(2)} |`);
  }
  const olderThanMs = (spread.days / 2) * 86_400_000;
  const counted = await prune({ database: url.href, olderThanMs, dryRun: true });
  console.log(
    `\nfirst entry ${new Date(first * 1000).toISOString()}; prune --older-than ${spread.days / 2}d would delete ${counted.found}`,
  );
} finally {
  await connection.query(`DROP DATABASE ${database}`);
  await connection.end();
  await service.stop();
}

async function setPool(mb: number): Promise<void> {
  await connection.query(`SET GLOBAL innodb_buffer_pool_size = ${mb * 1_048_576}`);
}

async function migrated(indexes: 'large' | 'large-only'): Promise<void> {
  await setPool(pools[0] ?? 0);
  const begun = performance.now();
  await migrate({ database: url.href, indexes });
  console.log(`migrate --indexes ${indexes} took ${((performance.now() - begun) / 1000).toFixed(1)} s`);
}

/** The schema's last, where its indexes have been written to the longest. */
async function costsOfSets() {
  const large = await costs('large');
  await migrated('large-only');
  const largeOnly = await costs('large-only');
  await setPool(pools[0] ?? 0);
  await connection.query(`ALTER TABLE actionlog DROP KEY tenant_user, DROP KEY tenant_record, DROP KEY tenant_time,
    DROP KEY tenant_correlation, ADD KEY userid (userid), ADD KEY recid (recid), ADD KEY bulldozed (bulldozed)`);
  return [await costs('the schema’s'), large, largeOnly];
}

/** What a write costs with the indexes of now, by buffer pool and by what is written. */
async function costs(name: string): Promise<{ name: string; found: Map<string, WriteCost> }> {
  const found = new Map<string, WriteCost>();
  const day = workingDay();
  for (const [at, mb] of pools.entries()) {
    await setPool(mb);
    if (at === 0) {
      await readIndexes(connection);
      await warmUp(connection, anything, Math.min(rows / 10, 300_000)); // pages of an index just built have no room
    }
    for (const [written, draw] of [
      ['a working day', day],
      ['anything', anything],
    ] as const) {
      await warmUp(connection, draw, 20_000);
      const cost = await writeCost(connection, draw);
      found.set(`${mb} MB | ${written}`, cost);
      console.log(`${name}, ${mb} MB, ${written}: one ${cost.one.toFixed(2)}, a hundred ${cost.hundred.toFixed(2)}`);
    }
  }
  const [[table]] = await connection.query<RowDataPacket[]>(
    `SELECT ROUND(data_length / 1048576) AS data, ROUND(index_length / 1048576) AS indexes FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_name = 'actionlog'`,
  );
  console.log(`${name}: rows take ${table?.['data']} MB, other indexes ${table?.['indexes']} MB`);
  return { name, found };
}

/** Rows and index entries that the database has looked at for each question. */
async function lookedAt(db: Connection, newest: number): Promise<Map<string, number>> {
  const { tenants, days } = spread;
  const store = mysqlStore({ database: db });
  await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
  const found = new Map<string, number>();
  const ask = async (name: string, question: () => Promise<unknown>) => {
    found.set(name, await rowsLookedAt(db, question));
  };
  const dayAgo = (newest - 86_400) * 1000;
  for (const [gsid, size] of [
    [1, 'large'],
    [tenants / 2, 'small'],
  ] as const) {
    await ask(`history of a ${size} tenant`, () => store.history({ gsid }));
    await ask(`history of a ${size} tenant, a page of the middle`, () =>
      store.history({ gsid, before: Math.floor(rows / 2) }),
    );
    await ask(`history of a record, ${size} tenant`, () => store.history({ gsid, rectype: 'product', recid: 5 }));
    await ask(`history of a record that is not there, ${size} tenant`, () =>
      store.history({ gsid, rectype: 'gone', recid: 5 }),
    );
    await ask(`history of a user, ${size} tenant`, () => store.history({ gsid, userid: 77 }));
    await ask(`missed of a day, ${size} tenant`, () =>
      store.missed({ gsid, since: dayAgo, limit: 501, whole: false, announceWithinMs: 3_600_000 }),
    );
    const count = `SELECT COUNT(*), MAX(alogid) FROM actionlog WHERE gsid = ${gsid} AND logdate < ${newest - (days / 2) * 86_400}`;
    await ask(`prune --gsid, its count, ${size} tenant`, () => db.query(count));
  }
  await ask('waiting (the sweep)', () => store.waiting({ after: '0', writtenBefore: newest * 1000, limit: 200 }));
  const until = newest * 1000;
  await ask('lastBefore (its watermark)', () => store.lastBefore({ from: until - 3_660_000, until }));
  return found;
}
