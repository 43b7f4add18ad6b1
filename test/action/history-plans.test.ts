import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { migrate } from '../../lib/action/migrate.ts';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import type { ActionStore } from '../../lib/action/store.ts';
import { createDatabase } from '../support/mariadb.ts';

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
    await connection.query('FLUSH STATUS');
    const given = (await question(store)).length;
    const [rows] = await connection.query<never[]>("SHOW SESSION STATUS LIKE 'Handler_read%'");
    const sum = (rows as { Value: string }[]).reduce((total, { Value }) => total + Number(Value), 0);
    assert.ok(given > 0, String(question));
    assert.ok(sum <= 10 * given + 100, `${question}: ${sum} looked at for ${given}`);
  }
});
