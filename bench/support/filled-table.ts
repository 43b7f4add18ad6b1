import { migrate } from 'express-actionlog';
import type { Database } from './database.ts';

/** How a table is filled. */
export interface Filling {
  table: string;
  /** Announced entries, spread over the three months that ended two hours ago. */
  rows: number;
  /** Entries of a minute ago that wait to be announced, on top. */
  pending?: number;
}

const seedRows = 1_000;
const monthsSeconds = 90 * 86_400;
const columns =
  'alogid, gsid, userid, logname, logmessage, rawobj, logdate, rectype, recid, wssdone, announcedat' as const;

/** The values of an entry, all made of its number: 100 tenants, 1,000 users, 50,000 records. */
function valuesOf(id: string, logdate: string, wssdone: 0 | 1): string {
  return [
    ...[id, `1 + ${id} % 100`, `1 + ${id} % 1000`, `CONCAT('user', 1 + ${id} % 1000)`],
    ...[`CONCAT('updated product ', ${id})`, `CONCAT('{"productid":', 1 + ${id} % 50000, ',"name":"Lamp"}')`],
    ...[logdate, `'product'`, `1 + ${id} % 50000`, String(wssdone), wssdone === 1 ? `${logdate} * 1000 + 20` : 'NULL'],
  ].join(', ');
}

/**
 * Creates a table and fills it: INSERT … SELECT that doubles it, with its keys made afterwards, since that takes a fraction
 * of the time.
 */
export async function fillTable(database: Database, { table, rows, pending = 0 }: Filling): Promise<void> {
  await migrate({ database: database.url, table });
  const [created] = await database.query<{ 'Create Table': string }>(`SHOW CREATE TABLE ${table}`);
  const keys = (created?.['Create Table'] ?? '')
    .split('\n')
    .flatMap((line) => /^\s+KEY (`\w+`) (.*?),?$/.exec(line) ?? []);
  const alter = async (changes: string[]) => {
    if (changes.length > 0) await database.query(`ALTER TABLE ${table} ${changes.join(', ')}`);
  };
  const named: [string, string][] = [];
  for (let at = 0; at < keys.length; at += 3) named.push([keys[at + 1] ?? '', keys[at + 2] ?? '']);
  await alter(named.map(([name]) => `DROP KEY ${name}`));

  const ended = Math.floor(Date.now() / 1000) - 7_200;
  const dated = (id: string) => `${ended} - FLOOR((${rows} - ${id}) * ${monthsSeconds / rows})`;
  const insert = (select: string) => database.query(`INSERT INTO ${table} (${columns}) ${select}`);
  const seed = Math.min(seedRows, rows + pending);
  const numbers = Array.from({ length: seed }, (_, index) => `SELECT ${index + 1} AS id`).join(' UNION ALL ');
  await insert(`SELECT ${valuesOf('id', dated('id'), 1)} FROM (${numbers}) numbers WHERE id <= ${rows}`);
  for (let filled = Math.min(seed, rows); filled < rows; filled *= 2) {
    const id = `(alogid + ${filled})`;
    await insert(`SELECT ${valuesOf(id, dated(id), 1)} FROM ${table} WHERE alogid <= ${rows - filled}`);
  }
  const aMinuteAgo = String(Math.floor(Date.now() / 1000) - 60);
  for (let added = 0; added < pending; ) {
    const more = Math.min(pending - added, rows);
    const id = `(alogid + ${rows + added})`;
    await insert(`SELECT ${valuesOf(id, aMinuteAgo, 0)} FROM ${table} WHERE alogid <= ${more}`);
    added += more;
  }
  await alter(named.map(([name, definition]) => `ADD KEY ${name} ${definition}`));
  await database.query(`ANALYZE TABLE ${table}`);
  const [counted] = await database.query<{ n: string }>(`SELECT COUNT(*) AS n FROM ${table}`);
  if (Number(counted?.n) !== rows + pending) throw new Error(`${table} has ${counted?.n} rows, not ${rows + pending}`);
}
