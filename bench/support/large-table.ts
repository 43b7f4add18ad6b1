/* A table of many entries, and what a write into it costs: for the large table's bench. */
import type { Connection, RowDataPacket } from 'mysql2/promise';

/** How the entries are spread. A third of them are the largest tenant's, so that tenants large and small are met. */
export const spread = { tenants: 500, users: 2000, records: 100_000, days: 400 };

/**
 * Entries as of the last 400 days. The indexes are built afterwards, as a migration builds them.
 *
 * @param byMonth whether the table has a partition for each 30 days
 * @returns Unix times in seconds
 */
export async function fill(db: Connection, rows: number, byMonth: boolean): Promise<{ first: number; newest: number }> {
  const { tenants, users, records, days } = spread;
  await db.query('CREATE TABLE filling LIKE actionlog');
  const keys = ['logdate', 'userid', 'wssdone', 'bulldozed', 'gsid', 'recid', 'recref', 'announced'];
  await db.query(`ALTER TABLE filling ${keys.map((key) => `DROP KEY ${key}`).join(', ')}`);
  const first = Math.floor(Date.now() / 1000) - days * 86_400;
  const newest = first + days * 86_400;
  const step = (days * 86_400) / rows;
  if (byMonth) {
    const months = Array.from({ length: Math.ceil(days / 30) }, (_, n) => first + (n + 1) * 30 * 86_400);
    const parts = [
      ...months.map((until, n) => `PARTITION p${n} VALUES LESS THAN (${until})`),
      'PARTITION later VALUES LESS THAN MAXVALUE',
    ];
    await db.query(`ALTER TABLE filling MODIFY logdate bigint NOT NULL, DROP PRIMARY KEY, ADD PRIMARY KEY (alogid, logdate)
      PARTITION BY RANGE (logdate) (${parts.join(', ')})`);
  }
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
  await db.query('CREATE TABLE reference LIKE actionlog');
  await db.query('DROP TABLE actionlog');
  await db.query('RENAME TABLE filling TO actionlog');
  await db.query('ANALYZE TABLE actionlog');
  return { first, newest };
}

/** Who writes of what, as a row's `gsid, userid, rectype, recid`. */
export type Draw = () => string;

const upTo = (most: number, power = 1) => 1 + Math.floor(Math.random() ** power * most);
const anyTenant = () => upTo(spread.tenants, 3);

/** Anyone of any tenant writes of any record: no page of an index is likelier than another. */
export const anything: Draw = () => `${anyTenant()}, ${upTo(spread.users)}, 'product', ${upTo(spread.records, 2)}`;

/** A working day: 5,000 users, each at work on four records. */
export function workingDay(): Draw {
  const signedIn = Array.from({ length: 5000 }, () => {
    const gsid = anyTenant();
    const records = Array.from({ length: 4 }, () => upTo(spread.records, 2));
    return { gsid, userid: upTo(spread.users), records };
  });
  return () => {
    const { gsid, userid, records } = signedIn[upTo(5000) - 1] ?? { gsid: 1, userid: 1, records: [] };
    return `${gsid}, ${userid}, 'product', ${records[upTo(4) - 1]}`;
  };
}

async function write(db: Connection, table: string, draw: Draw, size: number): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const row = () => `('ann', 'updated product', '{"productid":12}', ${now}, 1, ${draw()})`;
  const columns = 'logname, logmessage, rawobj, logdate, wssdone, gsid, userid, rectype, recid';
  await db.query(`INSERT INTO ${table} (${columns}) VALUES ${Array.from({ length: size }, row).join(', ')}`);
}

/** Writes until the pages that the draw meets are in memory, as far as they find room there, and have room for more. */
export async function warmUp(db: Connection, draw: Draw, rows: number): Promise<void> {
  for (let written = 0; written < rows; written += 500) await write(db, 'actionlog', draw, 500);
}

/** Reads every index into memory. */
export async function readIndexes(db: Connection): Promise<void> {
  const [indexes] = await db.query<RowDataPacket[]>('SHOW INDEX FROM actionlog WHERE Seq_in_index = 1');
  for (const { Key_name: name } of indexes) {
    if (name !== 'PRIMARY') await db.query(`SELECT COUNT(*) FROM actionlog FORCE INDEX (\`${name}\`)`);
  }
}

/** What a write into the large table takes, as a multiple of what it takes into a small one with the schema's indexes. */
export interface WriteCost {
  one: number;
  hundred: number;
}

/** Medians of 15 rounds; in each round the two tables take the same number of rows in turn. */
export async function writeCost(db: Connection, draw: Draw): Promise<WriteCost> {
  const ratio = async (size: number, times: number): Promise<number> => {
    const ratios: number[] = [];
    for (let round = 0; round < 15; round += 1) {
      const took = new Map<string, number>();
      for (const table of round % 2 === 0 ? ['reference', 'actionlog'] : ['actionlog', 'reference']) {
        const begun = performance.now();
        for (let n = 0; n < times; n += 1) await write(db, table, draw, size);
        took.set(table, performance.now() - begun);
      }
      ratios.push((took.get('actionlog') ?? 0) / (took.get('reference') ?? 1));
    }
    return ratios.sort((a, b) => a - b)[7] ?? 0;
  };
  return { one: await ratio(1, 200), hundred: await ratio(100, 20) };
}
