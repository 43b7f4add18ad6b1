import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asInteger } from '../../lib/action/table-shape.ts';
import { createActionlog, gyroscopeSession, migrate } from '../../lib/index.ts';
import { gyroscopeTable } from '../action/tables.ts';
import { startGyroscopeRecorder } from '../support/gyroscope-recorder.ts';
import { createDatabase, type TestDatabase } from '../support/mariadb.ts';

/** What PHP's INSERT leaves in the column, where the server is not strict. */
async function insertedAs(
  database: TestDatabase,
  texts: readonly string[],
  type = 'bigint unsigned',
): Promise<string[]> {
  await database.query(`CREATE TEMPORARY TABLE php (n int AUTO_INCREMENT PRIMARY KEY, recid ${type})`);
  await database.query("SET SESSION sql_mode = ''");
  for (const text of texts) await database.query('INSERT INTO php (recid) VALUES (?)', [text]);
  const rows = await database.query<{ recid: string }>('SELECT CAST(recid AS CHAR) AS recid FROM php ORDER BY n');
  await database.query('DROP TEMPORARY TABLE php');
  return rows.map(({ recid }) => recid);
}

const compatible = (database: string, url: string) =>
  createActionlog({
    compatibility: 'gyroscope',
    database,
    session: gyroscopeSession({ saltroot: 'a saltroot for the tests, long enough' }),
    stream: { url, internalKey: 'internal', wssecret: 'asdf' },
  });

const recids = ['007', 'A-007', '12.0', ' 12', 12.5, 12, '12', '-5', '12 apples', '99999999999999999999'];

for (const migrated of [false, true]) {
  test(`record ids of every form: relayed to the letter, and in the row what PHP leaves there, ${migrated ? 'migrated' : 'on PHP’s table'}`, async () => {
    await using database = await createDatabase();
    await database.query(gyroscopeTable());
    if (migrated) await migrate({ database: database.url });
    await using recorder = await startGyroscopeRecorder();
    await using actionlog = compatible(database.url, recorder.url);
    const { logaction } = actionlog.as({ userid: 42, gsid: 3 });
    const rectype = 'product';
    for (const recid of recids) {
      const { announced } = await logaction('changed', {}, { rectype, recid });
      assert.equal((await announced).status, 'sent');
    }
    const relayed = await recorder.until(recids.length);
    assert.deepEqual(
      relayed.map(({ message }) => JSON.parse(message).relay.recid),
      recids,
    );
    const rows = await database.query<{ recid: string }>('SELECT recid FROM actionlog ORDER BY alogid');
    assert.deepEqual(
      rows.map(({ recid }) => String(recid)),
      await insertedAs(database, recids.map(String)),
    );
    if (!migrated) return;
    for (const recid of recids.map(String)) {
      const found = await actionlog.history({ gsid: 3, rectype, recid });
      assert.deepEqual(new Set(found.map((entry) => entry.recid)), new Set([recid]), `history of ${recid}`);
    }
  });
}

test('a text becomes the number that the database makes of it', async () => {
  await using database = await createDatabase();
  const texts = [
    ...['', ' ', '0', '-0', '+7', '.5', '0.49', '0.5', '1.5', '2.5', '-0.5', '-1.5', '9.99e1', '1e3', '1e-3', '12e'],
    ...[
      '18446744073709551615',
      '18446744073709551616',
      '9223372036854775807',
      '9223372036854775808',
      '-9223372036854775809',
    ],
    ...['550e8400-e29b-41d4-a716-446655440000', 'abc', '\t12', '\n 3 4', '1,5', '0x1f', '５', '1e400', '00012.499999'],
  ];
  for (const [type, min, max] of [
    ['bigint unsigned', 0n, 2n ** 64n - 1n],
    ['bigint', -(2n ** 63n), 2n ** 63n - 1n],
  ] as const) {
    assert.deepEqual(
      texts.map((text) => asInteger(text, { kind: 'integer', type, min, max })),
      await insertedAs(database, texts, type),
    );
  }
});

test('additions that are null are none, on every way', async () => {
  await using database = await createDatabase();
  await database.query(gyroscopeTable());
  await using recorder = await startGyroscopeRecorder();
  await using actionlog = compatible(database.url, recorder.url);
  const event = { wssid: 1, rectype: 'user', recid: '101', gsid: 1, userid: 101 };
  await actionlog.streamaction({ ...event, extra: null });
  await actionlog.streamaction(event);
  await actionlog.as({ userid: 101, gsid: 1 }, { wssid: 1 }).streamaction('user', '101', null as never);
  const messages = (await recorder.until(3)).map(({ message }) => JSON.parse(message).relay);
  assert.deepEqual(new Set(messages.map((relay) => JSON.stringify(Object.keys(relay)))).size, 1);
  assert.ok(messages.every((relay) => !('extra' in relay)));
});
