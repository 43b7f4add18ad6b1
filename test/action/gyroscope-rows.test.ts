import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import { createDatabase } from '../support/mariadb.ts';
import { vectors } from '../support/vectors.ts';
import { newEntry } from './entries.ts';
import { gyroscopeColumns, gyroscopeTable } from './tables.ts';

describe("mysqlStore on Gyroscope's table", () => {
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
