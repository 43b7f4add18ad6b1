/*
 * What the indexes of `migrate --indexes` do on a large table: rows that the database looks at for each question that the
 * action log asks, and what the indexes cost a write, as ratios between tables that take the same rows in turn.
 *
 *   npx tsx bench/large-table.ts [rows, default 2000000] [--one-table]
 *
 * `--one-table` is for tables that there is room for only once (50 million rows take 25 GB): the writes are timed on that
 * table, with the indexes of each set in turn, instead of on three tables side by side.
 *
 * Starts a private MariaDB, or takes TEST_MYSQL_URL; about four minutes, and a quarter of an hour for 50 million rows; leaves
 * nothing behind. The buffer pool has 768 MB, or BUFFER_POOL_MB.
 */
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { migrate } from '../lib/action/migrate.ts';
import { mysqlStore } from '../lib/action/mysql-store.ts';
import { prune } from '../lib/action/prune/prune.ts';
import { startMariadb } from '../test/support/services.ts';

const rows = Number(process.argv[2] ?? 2_000_000);
const oneTable = process.argv.includes('--one-table');
const poolBytes = Number(process.env['BUFFER_POOL_MB'] ?? 768) * 1_048_576;
const [tenants, users, records, days] = [500, 2000, 100_000, 400];
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
  if (!process.env['TEST_MYSQL_URL']) await connection.query(`SET GLOBAL innodb_buffer_pool_size = ${poolBytes}`);
  await migrate({ database: url.href });
  const { first, newest } = await fill(connection);
  console.log(`MariaDB ${await version(connection)}, ${rows} rows, ${tenants} tenants, ${days} days\n`);
  const before = await lookedAt(connection, newest);
  const stages = oneTable ? [await writesInto(connection, 'compatible'), await writesInto(connection, 'the same')] : [];
  if (!oneTable) await copy(connection, 'compatible');
  const begun = performance.now();
  await migrate({ database: url.href, indexes: 'large' });
  console.log(`migrate --indexes large took ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  await connection.query('ANALYZE TABLE actionlog');
  const after = await lookedAt(connection, newest);
  console.log('\n| question | rows before | rows after | ratio |\n|---|---|---|---|');
  for (const [name, looked] of before) {
    const now = after.get(name) ?? 0;
    console.log(`| ${name} | ${looked} | ${now} | ${(looked / Math.max(1, now)).toFixed(1)} |`);
  }
  if (oneTable) {
    stages.push(await writesInto(connection, 'large'));
    await migrate({ database: url.href, indexes: 'large-only' });
    stages.push(await writesInto(connection, 'large-only'));
    const [first] = stages;
    for (const { name, one, hundred } of stages)
      console.log(
        `writes, ${name}: one row ${(one / (first?.one ?? 1)).toFixed(2)}, a hundred ${(hundred / (first?.hundred ?? 1)).toFixed(2)} times the compatible indexes`,
      );
  } else await writes(connection);
  const counted = await prune({ database: url.href, olderThanMs: (days / 2) * 86_400_000, dryRun: true });
  console.log(
    `\nfirst entry ${new Date(first * 1000).toISOString()}; prune --older-than ${days / 2}d would delete ${counted.found}`,
  );
} finally {
  await connection.query(`DROP DATABASE ${database}`);
  await connection.end();
  await service.stop();
}

/** Rows as of the last 400 days; a third of them of the largest of the tenants, so that tenants large and small are met. */
async function fill(db: Connection): Promise<{ first: number; newest: number }> {
  await db.query('CREATE TABLE filling LIKE actionlog');
  const keys = ['logdate', 'userid', 'wssdone', 'bulldozed', 'gsid', 'recid', 'recref', 'announced'];
  await db.query(`ALTER TABLE filling ${keys.map((key) => `DROP KEY ${key}`).join(', ')}`);
  const first = Math.floor(Date.now() / 1000) - days * 86_400;
  const step = (days * 86_400) / rows;
  const into =
    'INSERT INTO filling (alogid, gsid, userid, logname, logmessage, rawobj, logdate, rectype, recid, wssdone, announcedat)';
  for (let made = 0; made < rows; made += 500_000) {
    await db.query(`${into} SELECT seq, 1 + FLOOR(POW(RAND(), 3) * ${tenants}), 1 + FLOOR(RAND() * ${users}), 'ann',
      'updated product', '{"productid":12,"name":"a product of some name","price":"12.50"}', ${first} + FLOOR(seq * ${step}),
      ELT(1 + FLOOR(RAND() * 5), 'product', 'order', 'invoice', 'customer', 'ticket'), 1 + FLOOR(POW(RAND(), 2) * ${records}), 1,
      (${first} + FLOOR(seq * ${step})) * 1000 FROM seq_${made + 1}_to_${Math.min(rows, made + 500_000)}`);
  }
  await db.query(`ALTER TABLE filling ADD KEY logdate (logdate), ADD KEY userid (userid), ADD KEY wssdone (wssdone),
    ADD KEY bulldozed (bulldozed), ADD KEY gsid (gsid), ADD KEY recid (recid), ADD KEY recref (recref(64)), ADD KEY announced (gsid, announcedat)`);
  await db.query('DROP TABLE actionlog');
  await db.query('RENAME TABLE filling TO actionlog');
  await db.query('ANALYZE TABLE actionlog');
  return { first, newest: first + days * 86_400 };
}

/** Rows and index entries that the database has looked at for each question. */
async function lookedAt(db: Connection, newest: number): Promise<Map<string, number>> {
  const store = mysqlStore({ database: db });
  await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
  const found = new Map<string, number>();
  const ask = async (name: string, question: () => Promise<unknown>) => {
    await db.query('FLUSH STATUS');
    await question();
    const [status] = await db.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Handler_read%'");
    const counted = status.filter((row) => /key|next|prev|rnd/.test(String(row['Variable_name'])));
    found.set(
      name,
      counted.reduce((sum, row) => sum + Number(row['Value']), 0),
    );
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

/** How long INSERTs of one row and of a hundred take into the table as it is: medians, in milliseconds. */
async function writesInto(db: Connection, name: string): Promise<{ name: string; one: number; hundred: number }> {
  const timed = async (size: number, times: number) => {
    const took: number[] = [];
    for (let n = 0; n < times; n += 1) {
      const values = Array.from({ length: size }, tuple).join(',');
      const begun = performance.now();
      await db.query(
        `INSERT INTO actionlog (gsid, userid, logname, logmessage, rawobj, logdate, rectype, recid, wssdone) VALUES ${values}`,
      );
      took.push(performance.now() - begun);
    }
    return took.sort((a, b) => a - b)[Math.floor(times / 2)] ?? 0;
  };
  await timed(100, 100); // the indexes' pages come into memory
  return { name, one: await timed(1, 1000), hundred: await timed(100, 200) };
}

async function copy(db: Connection, name: string): Promise<void> {
  await db.query(`CREATE TABLE ${name} LIKE actionlog`);
  await db.query(`INSERT INTO ${name} SELECT * FROM actionlog ORDER BY alogid`);
}

/** The same rows into each table in turn, by statements of one row and of a hundred. */
async function writes(db: Connection): Promise<void> {
  await copy(db, 'only');
  await migrate({ database: url.href, table: 'only', indexes: 'large-only' });
  const tables = ['compatible', 'actionlog', 'only'];
  for (const [size, times] of [
    [100, 30],
    [1, 300],
  ] as const) {
    const ratios = new Map<string, number[]>();
    for (let round = 0; round < 7; round += 1) {
      const statements = Array.from({ length: times }, () => Array.from({ length: size }, tuple).join(','));
      const took = new Map<string, number>();
      for (const table of round % 2 === 0 ? tables : tables.toReversed()) {
        const begun = performance.now();
        for (const values of statements) {
          await db.query(
            `INSERT INTO ${table} (gsid, userid, logname, logmessage, rawobj, logdate, rectype, recid, wssdone) VALUES ${values}`,
          );
        }
        took.set(table, performance.now() - begun);
      }
      for (const [table, ms] of took)
        ratios.set(table, [...(ratios.get(table) ?? []), ms / (took.get('compatible') ?? 1)]);
    }
    const median = (table: string) =>
      ratios
        .get(table)
        ?.sort((a, b) => a - b)[3]
        ?.toFixed(2);
    console.log(
      `\ntime of an INSERT of ${size}: large ${median('actionlog')}, large-only ${median('only')} times that of the compatible indexes`,
    );
  }
}

function tuple(): string {
  const upTo = (most: number, power = 1) => 1 + Math.floor(Math.random() ** power * most);
  const now = Math.floor(Date.now() / 1000);
  return `(${upTo(tenants, 3)}, ${upTo(users)}, 'ann', 'updated product', '{"productid":12}', ${now}, 'product', ${upTo(records, 2)}, 1)`;
}

async function version(db: Connection): Promise<string> {
  const [[row]] = await db.query<RowDataPacket[]>('SELECT VERSION() AS version');
  return String(row?.['version']);
}
