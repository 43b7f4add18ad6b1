import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { migrate } from '../../lib/action/migrate.ts';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import { main } from '../../lib/cli/main.ts';
import { createDatabase, type TestDatabase } from '../support/mariadb.ts';
import { rowsLookedAt } from './rows-looked-at.ts';
import { gyroscopeTable } from './tables.ts';

const indexesOf = async (database: TestDatabase) => {
  const rows = await database.query<{ name: string; columns: string }>(
    `SELECT index_name AS name, GROUP_CONCAT(column_name ORDER BY seq_in_index) AS columns FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = 'actionlog' GROUP BY index_name`,
  );
  return new Map(rows.map(({ name, columns }) => [name, columns]));
};

describe('migrate with indexes for a large table', () => {
  it('adds them online by one statement, and finds nothing to do after that', async () => {
    await using database = await createDatabase();
    await assert.rejects(migrate({ database: database.url, indexes: 'large' }), { code: 'table-missing' });
    await migrate({ database: database.url });
    const before = await indexesOf(database);
    const planned = await migrate({ database: database.url, indexes: 'large', dryRun: true });
    assert.deepEqual(await indexesOf(database), before);
    assert.equal(planned.length, 1);
    assert.match(planned[0]?.what ?? '', /while others write$/);
    assert.match(planned[0]?.sql ?? '', /ALGORITHM=INPLACE, LOCK=NONE$/);
    assert.deepEqual(await migrate({ database: database.url, indexes: 'large' }), planned);
    const after = new Map([
      ...before,
      ...([
        ['tenant_user', 'gsid,userid'],
        ['tenant_record', 'gsid,recid,rectype'],
        ['tenant_time', 'gsid,logdate'],
        ['tenant_correlation', 'gsid,correlation'],
      ] as const),
    ]);
    assert.deepEqual(await indexesOf(database), after);
    assert.deepEqual(await migrate({ database: database.url, indexes: 'large' }), []);
    assert.deepEqual(await migrate({ database: database.url }), []);
  });

  it('drops those that they stand in for where it is asked to, and no others', async () => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    await database.query(
      'ALTER TABLE actionlog ADD INDEX own (userid, logdate), ADD UNIQUE INDEX mine (recid, alogid)',
    );
    await migrate({ database: database.url, indexes: 'large-only' });
    const names = [...(await indexesOf(database)).keys()].sort();
    const ours = [
      'PRIMARY',
      'announced',
      'gsid',
      'logdate',
      'recref',
      'tenant_correlation',
      'tenant_record',
      'tenant_time',
      'tenant_user',
      'wssdone',
    ];
    assert.deepEqual(names, [...ours, 'mine', 'own'].sort());
    assert.deepEqual(await migrate({ database: database.url, indexes: 'large-only' }), []);
    assert.deepEqual(await migrate({ database: database.url }), [], 'the schema does not ask for them back');
  });

  it('takes an index that is there already under another name, and leaves a name that is taken', async () => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    await database.query(
      'ALTER TABLE actionlog ADD INDEX u (gsid, userid, alogid), ADD INDEX tenant_time (logdate, gsid)',
    );
    const [step, ...others] = await migrate({ database: database.url, indexes: 'large' });
    assert.deepEqual(others, []);
    assert.doesNotMatch(step?.sql ?? '', /userid/);
    assert.equal((await indexesOf(database)).get('tenant_time_2'), 'gsid,logdate');
    assert.deepEqual(await migrate({ database: database.url, indexes: 'large' }), []);
  });

  it("works on text ids, on a tenant column of another name, and on Gyroscope's table with an engine that locks", async () => {
    await using database = await createDatabase();
    await migrate({ database: database.url, table: 'texts', tenantColumn: 'customer', ids: 'text' });
    const options = { database: database.url, indexes: 'large-only' } as const;
    await migrate({ ...options, table: 'texts', tenantColumn: 'customer' });
    assert.deepEqual(await migrate({ ...options, table: 'texts', tenantColumn: 'customer' }), []);
    await database.query(gyroscopeTable('latin1').replace('InnoDB', 'Aria'));
    const [step] = await migrate(options);
    assert.match(step?.what ?? '', /engine aria locks out writers meanwhile/);
    assert.doesNotMatch(step?.sql ?? '', /LOCK=NONE/);
    assert.deepEqual(await migrate(options), []);
  });

  it('has each page of history read off an index, and no more rows than are asked for', async (t) => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    await database.query(`INSERT INTO actionlog (gsid, userid, logname, logmessage, rawobj, logdate, rectype, recid, wssdone)
      SELECT 1 + seq % 20, seq % 500, 'ann', 'm', '{}', UNIX_TIMESTAMP() - 40000 + seq, ELT(1 + seq % 3, 'a', 'b', 'c'), seq % 700, 1 FROM seq_1_to_40000`);
    await migrate({ database: database.url, indexes: 'large-only' });
    await database.query('ANALYZE TABLE actionlog');
    const connection = await createConnection(database.url);
    t.after(() => connection.end());
    const store = mysqlStore({ database: connection });
    await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
    const questions = [
      () => store.history({ gsid: 1 }),
      () => store.history({ gsid: 1, before: 20_000 }),
      () => store.history({ gsid: 1, userid: 40 }),
      () => store.history({ gsid: 1, rectype: 'c', recid: 20 }),
      () =>
        store.missed({ gsid: 1, since: Date.now() - 60_000, limit: 100, whole: false, announceWithinMs: 3_600_000 }),
    ];
    for (const question of questions) {
      let given = 0;
      const looked = await rowsLookedAt(connection, async () => {
        given = (await question()).length;
      });
      assert.ok(given > 0);
      assert.ok(looked <= 10 * given + 100, `${question}: ${looked} looked at for ${given}`);
    }
    assert.deepEqual(
      (await store.history({ gsid: 1, before: 20_000, limit: 2 })).map(({ alogid }) => alogid),
      ['19980', '19960'],
    );
  });

  it('is refused where it cannot be, and is a flag of the command line', async () => {
    await assert.rejects(migrate({ database: 'sqlite::memory:', indexes: 'large' }), TypeError);
    await assert.rejects(migrate({ database: 'mysql://a@b/c', indexes: 'large', only: 'lease' }), TypeError);
    await using database = await createDatabase();
    await migrate({ database: database.url });
    const said: string[] = [];
    const write = (text: string) => said.push(text);
    const io = {
      env: { ACTIONLOG_DATABASE: database.url },
      stdout: { write },
      stderr: { write },
      stopped: new Promise<string>(() => undefined),
    };
    assert.equal(await main(['migrate', '--indexes', 'large', '--dry-run'], io), 0, said.join(''));
    assert.match(said.join(''), /would: index .*\n.*ALGORITHM=INPLACE, LOCK=NONE/);
  });
});
