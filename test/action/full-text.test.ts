import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createPool } from 'mysql2/promise';
import { fullTextQuery } from '../../lib/action/full-text.ts';
import { migrate } from '../../lib/action/migrate.ts';
import { type MysqlDatabase, mysqlStore } from '../../lib/action/mysql-store.ts';
import { main } from '../../lib/cli/main.ts';
import { createDatabase, type TestDatabase } from '../support/mariadb.ts';
import { newEntry } from './entries.ts';
import { openStore, openTheirs, withQuery } from './mysql-pools.ts';
import { gyroscopeTable } from './tables.ts';

const index = { minLength: 3, maxLength: 84 };

/** A pool that notes what is asked of the log's table. */
function watched(t: TestContext, { url }: TestDatabase): { pool: MysqlDatabase; asked: string[] } {
  const pool = createPool({ uri: url, connectionLimit: 2, charset: 'utf8mb4' });
  t.after(() => pool.end());
  const asked: string[] = [];
  const take = () => pool.getConnection();
  const noting = withQuery(pool, take, async (connection, sql) => {
    if (sql.includes('FROM `actionlog` e')) asked.push(sql);
    return await connection.query(sql);
  });
  return { pool: noting, asked };
}

describe('a full-text index', () => {
  it('is added by migrate where it is asked to, once, and the other indexes after it', async () => {
    await using database = await createDatabase();
    const { url } = database;
    await assert.rejects(migrate({ database: url, indexes: 'text' }), { code: 'table-missing' });
    await assert.rejects(migrate({ database: 'sqlite::memory:', indexes: 'text' }), TypeError);
    await migrate({ database: url });
    const [planned, ...more] = await migrate({ database: url, indexes: 'text', dryRun: true });
    assert.deepEqual(more, []);
    assert.match(planned?.what ?? '', /writers wait meanwhile$/);
    assert.deepEqual(await migrate({ database: url, indexes: 'text' }), [planned]);
    assert.deepEqual(await migrate({ database: url, indexes: 'text' }), []);
    assert.deepEqual(await migrate({ database: url }), []);
    await migrate({ database: url, indexes: 'large' });
    assert.deepEqual(await migrate({ database: url, indexes: 'large' }), []);
  });

  it('is asked for words that it knows, and for no others', () => {
    assert.equal(fullTextQuery(['Lamps'], index), '+(lamps* nlamps* rlamps* tlamps* blamps* flamps*)');
    assert.equal(fullTextQuery(['-lamp'], index), '+lamp*');
    assert.equal(fullTextQuery(['ann@example.org'], index)?.split(' +').at(-1), 'org*');
    assert.match(fullTextQuery(['A-0071'], index) ?? '', /^\+0071\*$/);
    assert.match(fullTextQuery(['café'], index) ?? '', /^\+\(café\* /);
    for (const word of ['ab', '9.5', 'the', 'th', 'wha', '価格価格', '"', 'x'.repeat(100)]) {
      assert.equal(fullTextQuery([word], index), undefined, word);
    }
    assert.match(fullTextQuery(['the', 'lamp', 'xy'], index) ?? '', /^\+\(lamp\*[^+]*$/);
    assert.match(fullTextQuery(['thesis'], index) ?? '', /thesis/);
  });

  it('is used where it is there, and not missed once it is gone', async (t) => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    const before = watched(t, database);
    const plain = await openStore(t, before.pool);
    const written = await plain.write(newEntry({ logmessage: 'sold a lamp' }));
    assert.deepEqual(await plain.history({ gsid: 3, text: 'lamp' }), [written]);
    assert.doesNotMatch(before.asked.join(), /MATCH/);
    await migrate({ database: database.url, indexes: 'text' });
    const { pool, asked } = watched(t, database);
    const store = await openStore(t, pool);
    assert.deepEqual(await store.history({ gsid: 3, text: 'lamp' }), [written]);
    assert.match(asked.at(-1) ?? '', /MATCH/);
    const [plan] = await database.query<{ type: string }>(`EXPLAIN ${asked.at(-1)}`);
    assert.equal(plan?.type, 'fulltext');
    await store.history({ gsid: 3, text: 'of a' });
    assert.doesNotMatch(asked.at(-1) ?? '', /MATCH/);
    await database.query('ALTER TABLE actionlog DROP INDEX search_text');
    assert.deepEqual(await store.history({ gsid: 3, text: 'lamp' }), [written]);
    assert.doesNotMatch(asked.at(-1) ?? '', /MATCH/);
  });

  it('is not used where it would miss something: a collation that knows case, rows as PHP writes them', async (t) => {
    await using database = await createDatabase();
    await database.query(
      gyroscopeTable().replace('CHARACTER SET utf8mb4', 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'),
    );
    await migrate({ database: database.url, indexes: 'text' });
    const { pool, asked } = watched(t, database);
    const store = mysqlStore({ database: pool });
    t.after(() => store.close());
    await store.open({ rawobjStyle: 'json', rebuildsEvents: false });
    const written = await store.write(newEntry({ logmessage: 'Sold a LAMP' }));
    assert.deepEqual(await store.history({ gsid: 3, text: 'lamp' }), [written]);
    await database.query('ALTER TABLE actionlog CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci');
    const php = mysqlStore({ database: pool });
    t.after(() => php.close());
    await php.open({ rawobjStyle: 'php', rebuildsEvents: false });
    const quoted = await php.write(newEntry({ logmessage: 'wrote', rawobj: { said: '“lampshade”' } }));
    assert.deepEqual(await php.history({ gsid: 3, text: 'lampsh' }), [quoted]);
    assert.doesNotMatch(asked.join(), /MATCH/);
  });

  it('is not used in a smaller character set, where texts that do not fit are \\uXXXX', async (t) => {
    for (const charset of ['latin1', 'utf8mb3']) {
      await using database = await createDatabase();
      await database.query(gyroscopeTable(charset));
      await migrate({ database: database.url, indexes: 'text' });
      const { pool, asked } = watched(t, database);
      const store = await openTheirs(t, pool);
      const written = await store.write(newEntry({ logmessage: 'wrote', rawobj: { said: '😀lampshade' } }));
      assert.match(written.rawobj, /\\ude00lampshade/);
      assert.deepEqual(await store.history({ gsid: 3, text: 'lampsh' }), [written], charset);
      assert.doesNotMatch(asked.join(), /MATCH/);
    }
  });

  it('has no words of more than 84 characters, which are found without it', async (t) => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    const long = `lamp${'x'.repeat(100)}`;
    const plain = await openStore(t, database.url);
    const written = await plain.write(newEntry({ logmessage: `sold ${long}` }));
    assert.deepEqual(await plain.history({ gsid: 3, text: 'lampx' }), [written]);
    await migrate({ database: database.url, indexes: 'text' });
    const store = await openStore(t, database.url);
    assert.deepEqual(await store.history({ gsid: 3, text: 'lampx' }), []);
    assert.deepEqual(await store.history({ gsid: 3, text: long.slice(0, 84) }), [written]);
  });

  it('is a kind of indexes on the command line', async () => {
    await using database = await createDatabase();
    await migrate({ database: database.url });
    const said: string[] = [];
    const write = (text: string) => said.push(text);
    const env = { ACTIONLOG_DATABASE: database.url };
    const io = { env, stdout: { write }, stderr: { write }, stopped: new Promise<string>(() => undefined) };
    assert.equal(await main(['migrate', '--indexes', 'text'], io), 0, said.join(''));
    assert.match(said.join(''), /full-text index .*\n.*ADD FULLTEXT INDEX/);
  });
});
