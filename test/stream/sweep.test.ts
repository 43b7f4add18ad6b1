import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { migrate } from '../../lib/action/migrate.ts';
import { mysqlStore } from '../../lib/action/mysql-store.ts';
import { ActionlogError } from '../../lib/errors.ts';
import { Announcer } from '../../lib/stream/announcer.ts';
import type { OutgoingEvent } from '../../lib/stream/relay.ts';
import { newEntry } from '../action/entries.ts';
import { createDatabase, type TestDatabase } from '../support/mariadb.ts';

const bounds = { sweepAfterMs: 10_000, announceWithinMs: 3_600_000, sweepEveryMs: 5000, leaseMs: 30_000 };
const needs = { rawobjStyle: 'json', rebuildsEvents: true } as const;

/** An app server's announcer on a store of its own, with a streaming server that the test plays. */
async function appServer(t: TestContext, database: TestDatabase) {
  const store = mysqlStore({ database: database.url });
  await store.open(needs);
  const events: OutgoingEvent[] = [];
  const errors: ActionlogError[] = [];
  const peer = { answer: async (): Promise<{ refused?: string }> => ({}) };
  const relay = {
    send: async (event: OutgoingEvent) => {
      const answer = await peer.answer();
      events.push(event);
      return answer;
    },
    close: async () => {},
  };
  const onError = (error: unknown) => errors.push(error as ActionlogError);
  const announcer = new Announcer({ relay, store, marks: true, sweep: bounds, onError });
  t.after(async () => {
    await announcer.close(1000);
    await store.close();
  });
  return { store, events, errors, peer, announcer, alogids: () => events.map(({ alogid }) => alogid) };
}

async function stage(t: TestContext) {
  const database = await createDatabase();
  t.after(() => database[Symbol.asyncDispose]());
  await migrate({ database: database.url });
  return { database, app: await appServer(t, database) };
}

const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;
const away = async () => {
  throw new ActionlogError('relay-unreachable', 'away');
};
const done = (database: TestDatabase) =>
  database.query<{ wssdone: number; announcedat: string | null }>(
    'SELECT wssdone, announcedat FROM actionlog ORDER BY alogid',
  );

test('what a crash has left is announced from its row, and marked; what is young is left alone', async (t) => {
  const { database, app } = await stage(t);
  const given = { logdate: secondsAgo(60), sid: 9, recid: '2f1c-uuid', extra: { colour: 'red' }, ctxid: 1 };
  const left = await app.store.write(newEntry(given));
  await app.store.write(newEntry({ logdate: secondsAgo(1) }));
  await app.announcer.sweep();
  const ids = { alogid: left.alogid, gsid: '3', userid: '42', sid: 9, recid: '2f1c-uuid' };
  const rest = { rectype: 'product', login: 'admin', ctxid: 1, extra: { colour: 'red' }, time: given.logdate * 1000 };
  assert.deepEqual(app.events, [{ ...ids, ...rest }]);
  const rows = await done(database);
  assert.deepEqual([rows[0]?.wssdone, rows[1]?.wssdone], [1, 0]);
  assert.ok(Math.abs(Number(rows[0]?.announcedat) - Date.now()) < 60_000);
  assert.deepEqual([app.announcer.stats.swept, app.announcer.stats.role], [1, 'holder']);
});

test('hundreds that were left are announced in one look, each once', async (t) => {
  const { database, app } = await stage(t);
  for (let n = 0; n < 9; n += 1) {
    const rows = Array.from({ length: 50 }, () => `(3, 42, 'ann', 'm', '{}', ${secondsAgo(100)}, 0, 'product', 12, 0)`);
    await database.query(
      `INSERT INTO actionlog (gsid, userid, logname, logmessage, rawobj, logdate, sid, rectype, recid, wssdone) VALUES ${rows.join(',')}`,
    );
  }
  await app.announcer.sweep();
  await app.announcer.sweep();
  assert.equal(new Set(app.alogids()).size, 450);
  assert.equal(app.events.length, 450);
});

test('what was committed late, below entries that are announced already, is not missed', async (t) => {
  const { database, app } = await stage(t);
  const transaction = await app.store.begin();
  const late = await app.store.write(newEntry({ logdate: secondsAgo(600) }), transaction.connection);
  const early = await app.store.write(newEntry({ logdate: secondsAgo(500) }));
  await app.announcer.sweep();
  assert.deepEqual(app.alogids(), [early.alogid]);
  await transaction.commit();
  await app.announcer.sweep();
  assert.deepEqual(app.alogids(), [early.alogid, late.alogid]);
  assert.ok((await done(database)).every(({ wssdone }) => wssdone === 1));
});

test('what was rolled back is never announced', async (t) => {
  const { app } = await stage(t);
  const transaction = await app.store.begin();
  await app.store.write(newEntry({ logdate: secondsAgo(600) }), transaction.connection);
  await app.announcer.sweep();
  await transaction.rollback();
  await app.announcer.sweep();
  assert.deepEqual(app.events, []);
});

test('what waited for too long is marked and counted, and nobody is told', async (t) => {
  const { database, app } = await stage(t);
  const old = await app.store.write(newEntry({ logdate: secondsAgo(3700) }));
  await app.announcer.sweep();
  assert.deepEqual(app.events, []);
  assert.deepEqual(await done(database), [{ wssdone: 1, announcedat: '0' }]);
  assert.equal(app.announcer.stats.expired, 1);
  assert.deepEqual([app.errors[0]?.code, app.errors[0]?.fields['alogids']], ['entries-expired', [old.alogid]]);
});

test('what a clock that is behind has written is announced: its number vouches for it', async (t) => {
  const { database, app } = await stage(t);
  const honest = await app.store.write(newEntry({ logdate: secondsAgo(60), wssdone: 1 }));
  await app.announcer.sweep(); // the first look is at everything, the next ones from the watermark on
  const behind = [];
  for (const seconds of [3601, 3700, 10 * 3600])
    behind.push(await app.store.write(newEntry({ logdate: secondsAgo(seconds) })));
  const right = await app.store.write(newEntry({ logdate: secondsAgo(30) }));
  await app.announcer.sweep();
  assert.deepEqual(
    app.alogids(),
    [...behind, right].map(({ alogid }) => alogid),
  );
  assert.ok(BigInt(honest.alogid) < BigInt(behind[0]?.alogid ?? 0));
  assert.deepEqual([app.announcer.stats.expired, app.errors], [0, []]);
  assert.ok((await done(database)).every(({ wssdone }) => wssdone === 1));
});

test('nothing waits for ever: what is too old by its number too, or was brought in from days ago, is marked', async (t) => {
  const { database, app } = await stage(t);
  const old = await app.store.write(newEntry({ logdate: secondsAgo(3700) }));
  await app.store.write(newEntry({ logdate: secondsAgo(-7 * 86_400), wssdone: 1 })); // a clock far ahead vouches for nothing
  const next = await app.store.write(newEntry({ logdate: secondsAgo(3690) }));
  await app.store.write(newEntry({ logdate: secondsAgo(60), wssdone: 1 }));
  const brought = await app.store.write(newEntry({ logdate: secondsAgo(3 * 86_400) }));
  await app.announcer.sweep();
  assert.deepEqual(app.events, []);
  assert.deepEqual(
    app.errors[0]?.fields['alogids'],
    [old, next, brought].map(({ alogid }) => alogid),
  );
  assert.ok((await done(database)).every(({ wssdone }) => wssdone === 1));
});

test('an entry that is deferred is counted once, however often the sweep looks at it in vain', async (t) => {
  const { app } = await stage(t);
  app.peer.answer = away;
  const entry = await app.store.write(newEntry({ logdate: secondsAgo(60) }));
  assert.equal((await app.announcer.announce(entry, entry.recid, entry.sid)).status, 'deferred');
  for (let looks = 0; looks < 3; looks += 1) await app.announcer.sweep();
  assert.equal(app.announcer.stats.deferred, 1);
  app.peer.answer = async () => ({});
  await app.announcer.sweep();
  assert.deepEqual([app.announcer.stats.deferred, app.announcer.stats.sent, app.announcer.stats.swept], [1, 1, 1]);
});

test('a clock of this process that jumps ahead makes nothing too old', async (t) => {
  const { app } = await stage(t);
  const left = await app.store.write(newEntry({ logdate: secondsAgo(60) }));
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 2 * bounds.announceWithinMs });
  await app.announcer.sweep();
  await app.store.write(newEntry({ logdate: secondsAgo(3 * 3600) })); // an hour ago, by the database
  await app.announcer.sweep();
  assert.deepEqual([app.alogids()[0], app.events.length], [left.alogid, 2]);
  assert.equal(app.announcer.stats.expired, 0);
});

test('with the streaming server away one event is tried, the rest waits, and the lag is told', async (t) => {
  const { database, app } = await stage(t);
  for (let n = 0; n < 5; n += 1) await app.store.write(newEntry({ logdate: secondsAgo(60) }));
  let asked = 0;
  app.peer.answer = async () => {
    asked += 1;
    return await away();
  };
  await app.announcer.sweep();
  assert.equal(asked, 1);
  assert.ok((await done(database)).every(({ wssdone }) => wssdone === 0));
  app.peer.answer = async () => ({});
  await app.announcer.sweep();
  assert.equal(app.events.length, 5);
  assert.equal(app.announcer.stats.lagMs, 0);
});

test('an event that the server refuses for good does not wait for ever', async (t) => {
  const { database, app } = await stage(t);
  await app.store.write(newEntry({ logdate: secondsAgo(60) }));
  app.peer.answer = async () => ({ refused: 'event-too-large' });
  await app.announcer.sweep();
  assert.equal((await done(database))[0]?.wssdone, 1);
  assert.equal(app.errors[0]?.code, 'event-refused');
});

test('one of several app servers sweeps; another takes over when it ends, or when its lease has run out', async (t) => {
  const { database, app: first } = await stage(t);
  const second = await appServer(t, database);
  const third = await appServer(t, database);
  const left = () => first.store.write(newEntry({ logdate: secondsAgo(60) }));
  await left();
  await first.announcer.sweep();
  await left();
  await Promise.all([second.announcer.sweep(), third.announcer.sweep()]);
  assert.deepEqual([second.announcer.stats.role, third.announcer.stats.role], ['standby', 'standby']);
  await first.announcer.close(1000);
  await second.announcer.sweep();
  assert.deepEqual([first.events.length, second.events.length, third.events.length], [1, 1, 0]);
  // the second one dies: by the database's clock its lease runs out
  await left();
  await database.query('UPDATE actionlog_lease SET expires = expires - 31');
  await third.announcer.sweep();
  assert.deepEqual([third.events.length, third.announcer.stats.role], [1, 'holder']);
});

test('an app server that cannot reach the streaming server leaves the lease to one that can', async (t) => {
  const { database, app } = await stage(t);
  const other = await appServer(t, database);
  await app.store.write(newEntry({ logdate: secondsAgo(60) }));
  app.peer.answer = away;
  await app.announcer.sweep();
  assert.equal(app.announcer.stats.role, 'standby');
  await other.announcer.sweep();
  assert.equal(other.events.length, 1);
});

test('what this process announces at the moment is not swept', async (t) => {
  const { app } = await stage(t);
  const entry = await app.store.write(newEntry({ logdate: secondsAgo(60) }));
  let answer: (value: object) => void = () => undefined;
  app.peer.answer = () => new Promise<{ refused?: string }>((resolve) => (answer = resolve));
  const announced = app.announcer.announce(entry, entry.recid, entry.sid);
  await app.announcer.sweep();
  answer({});
  assert.equal((await announced).status, 'sent');
  await app.announcer.sweep();
  assert.equal(app.events.length, 1);
});

test('a table from before the lease: the remedy is told once, and writing and announcing go on', async (t) => {
  const { database, app } = await stage(t);
  await database.query('DROP TABLE actionlog_lease');
  const entry = await app.store.write(newEntry({ logdate: secondsAgo(60) }));
  await app.announcer.sweep();
  await app.announcer.sweep();
  assert.deepEqual(
    app.errors.map(({ code }) => code),
    ['lease-missing'],
  );
  assert.match(app.errors[0]?.message ?? '', /npx express-actionlog migrate/);
  assert.equal((await app.announcer.announce(entry, entry.recid, entry.sid)).status, 'sent');
  await app.store.write(newEntry({ logdate: secondsAgo(60) }));
  await migrate({ database: database.url });
  await app.announcer.sweep();
  assert.equal(app.events.length, 2);
});

test('a sweep holds up no INSERT, and takes no lock that an open transaction has', async (t) => {
  const { database, app } = await stage(t);
  const entry = await app.store.write(newEntry({ logdate: secondsAgo(60) }));
  let answer: (value: object) => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    app.peer.answer = () =>
      new Promise<{ refused?: string }>((settle) => {
        answer = settle;
        resolve();
      });
  });
  const sweeping = app.announcer.sweep();
  await asked;
  try {
    const open = await database.query(
      'SELECT trx_id FROM information_schema.innodb_trx JOIN information_schema.processlist p ON p.id = trx_mysql_thread_id WHERE p.db = DATABASE()',
    );
    assert.deepEqual(open, [], 'no transaction while the network is waited for');
    await database.query('SET SESSION innodb_lock_wait_timeout = 1');
    await app.store.write(newEntry());
    await database.query(`UPDATE actionlog SET bulldozed = 1 WHERE alogid = ${entry.alogid}`);
  } finally {
    answer({}); // else what is under way would keep the end waiting
  }
  await sweeping;
  assert.equal(app.events.length, 1);
});
