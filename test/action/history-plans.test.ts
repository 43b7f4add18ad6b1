import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { migrate } from '../../lib/action/migrate.ts';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import type { ActionStore } from '../../lib/action/store.ts';
import { createDatabase } from '../support/mariadb.ts';
import { rowsLookedAt } from './rows-looked-at.ts';

it('looks at little more than it gives, in a table of many tenants and its changed columns', async (t) => {
  await using database = await createDatabase();
  await migrate({ database: database.url });
  await migrate({ database: database.url, indexes: 'large' });
  const start = 1_700_000_000;
  await database.query(`INSERT INTO actionlog (gsid, userid, logname, logmessage, rawobj, logdate, rectype, recid, wssdone)
    SELECT 1 + seq % 20, seq % 500, 'ann', 'm', '{}', ${start} + seq, ELT(1 + seq % 3, 'a', 'b', 'c'), seq % 700, 1 FROM seq_1_to_40000`);
  await database.query(`INSERT INTO actionlog_trace (alogid, gsid, rectype, recid, field, logdate, newnum, newtext)
    SELECT seq, 1 + seq % 20, ELT(1 + seq % 3, 'a', 'b', 'c'), seq % 700, IF(seq % 2, 'price', 'cost'), ${start} + seq, seq % 1000, seq % 1000 FROM seq_1_to_40000`);
  await database.query('ANALYZE TABLE actionlog, actionlog_trace');
  const connection = await createConnection(database.url);
  t.after(() => connection.end());
  const store = mysqlStore({ database: connection });
  await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
  const record = { gsid: 1, rectype: 'c', recid: 20 };
  const at = (second: number) => (start + second) * 1000;
  const questions: ((store: ActionStore) => Promise<unknown[]>)[] = [
    (asked) => asked.history({ gsid: 1, userid: 40 }),
    (asked) => asked.history({ ...record, from: at(10_000), to: at(40_000) }),
    (asked) => asked.history({ ...record, text: 'm' }),
    (asked) => asked.history({ gsid: 1, from: at(39_000), to: at(39_500) }),
    (asked) => asked.history({ tenants: 'all' }),
    (asked) => asked.history({ tenants: 'all', before: 20_000 }),
    (asked) => asked.history({ gsid: 2, trace: { field: 'price', below: 10 } }),
    (asked) => asked.traced(record),
    (asked) => asked.traced({ ...record, at: at(30_000) }),
    (asked) => asked.traced({ gsid: 1, alogids: [20, 40, 60] }),
  ];
  for (const question of questions) {
    let given = 0;
    const looked = await rowsLookedAt(connection, async () => {
      given = (await question(store)).length;
    });
    assert.ok(given > 0, String(question));
    assert.ok(looked <= 10 * given + 100, `${question}: ${looked} looked at for ${given}`);
  }
});

for (const indexes of [undefined, 'large-only'] as const) {
  it(`begins a later page where it begins, also of a tenant that has nearly all entries, with ${indexes ?? 'the schema’s indexes'}`, async (t) => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    if (indexes) await migrate({ database: database.url, indexes });
    await database.query(`INSERT INTO actionlog (gsid, userid, logname, logmessage, rawobj, logdate, rectype, recid, wssdone)
      SELECT IF(seq % 50, 1, seq % 20), seq % 500, 'ann', 'm', '{}', seq, ELT(1 + seq % 3, 'a', 'b', 'c'), seq % 700, 1 FROM seq_1_to_40000`);
    await database.query('ANALYZE TABLE actionlog');
    const connection = await createConnection(database.url);
    t.after(() => connection.end());
    const store = mysqlStore({ database: connection });
    await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    for (const query of [{}, { rectype: 'a' }, { text: 'm' }]) {
      for (const before of [undefined, 38_000, 20_000, 2_000]) {
        let pages: string[] = [];
        const looked = await rowsLookedAt(connection, async () => {
          pages = (await store.history({ gsid: 1, ...query, before })).map(({ alogid }) => alogid);
        });
        assert.ok(looked <= 600, `${JSON.stringify(query)} before ${before}: ${looked} looked at`);
        assert.equal(pages.length, 50);
        assert.ok(Number(pages[0]) < (before ?? 40_001) && Number(pages[0]) > (before ?? 40_001) - 10, pages[0]);
        assert.deepEqual(
          pages,
          [...pages].sort((a, b) => Number(b) - Number(a)),
        );
      }
    }
  });
}
