import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import { createDatabase } from '../support/mariadb.ts';
import { vectors } from '../support/vectors.ts';
import { newEntry } from './entries.ts';
import { gyroscopeColumns, gyroscopeTable } from './tables.ts';

describe("mysqlStore on Gyroscope's table", () => {
  it('reads the rows that PHP wrote: those that wait are announced, those with a message are history', async (t) => {
    await using database = await createDatabase();
    await database.query(gyroscopeTable());
    const recorded = vectors.logaction.flatMap(({ rows }) => rows);
    for (const row of recorded) {
      const names = gyroscopeColumns.split(', ');
      await database.query(
        `INSERT INTO actionlog (${names}) VALUES (${names.map(() => '?')})`,
        names.map((name) => row[name]),
      );
    }
    const store = mysqlStore({ database: database.url });
    t.after(() => store.close());
    await store.open({ rawobjStyle: 'php', rebuildsEvents: false });
    const waiting = await store.waiting({ after: '0', writtenBefore: Date.now() + 1e12, limit: 100 });
    const announced = recorded.filter((row) => Number(row['wssdone']) === 0 && row['rectype'] !== '');
    assert.ok(announced.length > 0);
    assert.deepEqual(
      waiting.map(({ gsid, userid, sid, rectype, recid }) => [gsid, userid, sid, rectype, recid]),
      announced.map((row) => [
        `${row['gsid']}`,
        `${row['userid']}`,
        Number(row['sid']),
        row['rectype'],
        `${row['recid']}`,
      ]),
    );
    const told = recorded.filter((row) => row['logmessage'] !== null).toReversed();
    const history = await store.history({ gsid: 3, limit: 100 });
    assert.deepEqual(
      history.map(({ logmessage, logname, rawobj, logdate, recid }) => [logmessage, logname, rawobj, logdate, recid]),
      told.map((row) => [row['logmessage'], row['logname'], row['rawobj'], Number(row['logdate']), `${row['recid']}`]),
    );
  });

  for (const { title, utc, mode, user, query, call, rows } of vectors.logaction) {
    for (const recorded of rows) {
      it(`writes the row that PHP wrote: ${title}`, async (t) => {
        await using database = await createDatabase();
        await database.query(gyroscopeTable());
        const store = mysqlStore({ database: database.url });
        t.after(() => store.close());
        await store.open({ rawobjStyle: 'php', rebuildsEvents: false });
        await store.write(
          newEntry({
            gsid: user.gsid,
            userid: user.userid,
            logname: user.login,
            logmessage: call.message,
            rawobj: call.rawobj,
            logdate: Date.parse(utc) / 1000,
            sid: mode === 'legacy' ? Number(query['wssid_'] ?? 0) : 0,
            rectype: call.syncobj?.rectype ?? '',
            recid: String(call.syncobj?.recid ?? 0),
            wssdone: mode === 'streaming' && call.syncobj ? 1 : 0,
            bulldozed: query['__tabconflicted'] === '1' ? 1 : 0,
          }),
        );
        const stored = await database.query(`SELECT ${gyroscopeColumns} FROM actionlog`);
        assert.deepEqual(
          stored.map((row) =>
            Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)]),
          ),
          [Object.entries(recorded).map(([name, value]) => [name, value === null ? null : String(value)])],
        );
      });
    }
  }
});
