/*
 * What one database carries on this machine: rows a second one by one, as `logaction` of 64 callers writes them, and as
 * statements of 100 rows, which is as fast as a writer that gathers rows can be; and how large a row is with its indexes.
 *
 *   npm run bench:one-database            20,000 rows
 *   npm run bench:one-database -- 5000    fewer
 */
import { createPool } from 'mysql2/promise';
import { createActionlog, migrate } from '../lib/index.ts';
import { createDatabase } from '../test/support/mariadb.ts';
import { startMariadb } from '../test/support/services.ts';

const [count = 20_000] = process.argv.slice(2).map(Number);
const service = await startMariadb(process.env);
Object.assign(process.env, service.env);
process.once('uncaughtException', async (error) => {
  console.error(error);
  await service.stop(); // it would outlive this process
  process.exit(1);
});
const database = await createDatabase();
await migrate({ database: database.url });
const pool = createPool({ uri: database.url, connectionLimit: 10 });
await using actionlog = createActionlog({ database: pool, session: () => undefined });
const { logaction } = actionlog.as({ userid: 42, gsid: 3, login: 'ann@example.com' });
await actionlog.ready();

async function rowsPerSecond(rows: number, callers: number, write: (number: number) => Promise<unknown>) {
  let next = 0;
  const some = async () => {
    for (let number = next++; number < rows; number = next++) await write(number);
  };
  const before = performance.now();
  await Promise.all(Array.from({ length: callers }, some));
  return (1000 * rows) / (performance.now() - before);
}

const one = (number: number) =>
  logaction(
    `updated product ${number}`,
    { productid: number, name: 'a product', price: [12, 13] },
    { rectype: 'product', recid: number },
  );
await rowsPerSecond(count / 10, 64, one);
const single = await rowsPerSecond(count, 64, one);

const [[model] = []] = (await pool.query('SELECT * FROM actionlog ORDER BY alogid DESC LIMIT 1')) as unknown as [
  Record<string, unknown>[],
];
const { alogid: _alogid, ...values } = model ?? {};
const names = Object.keys(values).join(', ');
const hundred = Array.from({ length: 100 }, () => Object.values(values));
const insert = () => pool.query(`INSERT INTO actionlog (${names}) VALUES ?`, [hundred]);
await rowsPerSecond(10, 2, insert);
const many = 100 * (await rowsPerSecond(count / 100, 2, insert));
const mark =
  100 *
  (await rowsPerSecond(count / 100, 2, (turn) =>
    pool.query(`UPDATE actionlog SET wssdone = 1, announcedat = ? WHERE alogid > ? AND alogid <= ?`, [
      Date.now(),
      turn * 100,
      turn * 100 + 100,
    ]),
  ));
await pool.query('ANALYZE TABLE actionlog');
const [size] = await database.query<{ total: number; data: number; indexes: number }>(
  `SELECT (SELECT COUNT(*) FROM actionlog) AS total, data_length AS data, index_length AS indexes
     FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'actionlog'`,
);
console.log(`Node ${process.version}; ${count} rows, a pool of 10, durable at each commit`);
console.log(`rows one by one, 64 callers      ${Math.round(single)} a second`);
console.log(`statements of 100 rows, 2 at once ${Math.round(many)} a second, ${(many / single).toFixed(1)} x`);
console.log(`marks of 100 rows, 2 at once      ${Math.round(mark)} a second, ${(mark / single).toFixed(1)} x`);
if (size) {
  const [data = 0, indexes = 0] = [size.data, size.indexes].map((bytes) => Number(bytes) / Number(size.total));
  console.log(`a row: ${Math.round(data)} bytes, and ${Math.round(indexes)} in its indexes`);
}
await pool.end();
await database[Symbol.asyncDispose]();
await service.stop();
