import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createActionlog, migrate } from '../../lib/index.ts';
import { gyroscopeTable } from '../action/tables.ts';
import { createDatabase } from '../support/mariadb.ts';
import { cli, run, secret, serve } from './support/run.ts';

const env = { STREAM_SECRET: secret };

test('status of a database: what waits, who announces, and what the table lacks', async () => {
  await using database = await createDatabase();
  await database.query(gyroscopeTable());
  await database.query("INSERT INTO actionlog SET gsid=3, userid=42, logdate=UNIX_TIMESTAMP()-60, rectype='product'");
  const address = { ACTIONLOG_DATABASE: database.url };
  const bare = await cli(['status', '--json'], address);
  assert.equal(bare.code, 1, bare.err);
  const { table } = JSON.parse(bare.out);
  assert.deepEqual([table.waiting, table.lease, table.newest], [1, 'missing', '1']);
  assert.ok(table.oldestSeconds >= 60 && table.lacks.includes('announcedat'), bare.out);
  const said = await cli(['status'], address);
  assert.match(said.out, /lease is missing; run: npx express-actionlog migrate <address of the database>\n/);
  await database.query('CREATE TABLE audit LIKE actionlog');
  await database.query('ALTER TABLE audit CHANGE gsid tenant bigint');
  const audit = await cli(['status', '--table', 'audit', '--tenant-column', 'tenant'], address);
  assert.match(audit.out, /run: npx express-actionlog migrate --table audit --tenant-column tenant </);
  await migrate({ database: database.url });
  const migrated = await cli(['status'], address);
  assert.equal(migrated.code, 0, migrated.err);
  assert.match(migrated.out, /to be announced {2}1, the oldest for \d+ s[\s\S]*nobody holds[\s\S]*complete/);
});

test('status of a streaming server: readiness and pages; 1 where it cannot be reached; 2 where nothing is named', async () => {
  await using server = await serve(['--operations-port', '0']);
  const [, operations = ''] = await server.until(/"event":"operations","url":"([^"]+)"/);
  const well = await cli(['status', '--url', server.url, '--operations-url', operations, '--json']);
  assert.equal(well.code, 0, well.err);
  assert.deepEqual(JSON.parse(well.out).server, { url: server.url, ready: true, said: 'ready', connections: 0 });
  const away = await cli(['status', '--url', 'http://127.0.0.1:1']);
  assert.equal(away.code, 1);
  assert.match(away.out, /cannot be reached: .*ECONNREFUSED/);
  assert.equal((await cli(['status'])).code, 2);
});

test('tail prints entries of all tenants as they are written, on MySQL and SQLite, without control characters', async () => {
  await using mysql = await createDatabase();
  for (const database of [mysql.url, `sqlite:/tmp/actionlog-tail-${process.pid}.db`]) {
    await migrate({ database });
    const actionlog = createActionlog({ database, session: () => undefined });
    const as = (gsid: number) => actionlog.as({ userid: 42, gsid, login: 'ann' });
    await as(3).logaction('before');
    const tailing = run(['tail', '--every', '20'], { ACTIONLOG_DATABASE: database });
    const json = run(['tail', '--every', '20', '--gsid', '4', '--json'], { ACTIONLOG_DATABASE: database });
    await tailing.until(/#1 tenant 3 ann \(42\): before\n/);
    await as(3).logaction('a \u001b[31mred\u001b[0m one', {}, { rectype: 'product', recid: 12 });
    await as(4).logaction('of another tenant');
    await tailing.until(/#2 tenant 3 ann \(42\): a {2}?\[31mred \[0m one \[product 12.*\n.*#3 tenant 4 .*another/);
    const [line] = await json.until(/\{.*of another tenant.*\}\n/);
    assert.equal(JSON.parse(line).gsid, '4');
    assert.doesNotMatch(json.said.out, /before/);
    for (const one of [tailing, json]) {
      one.stop('SIGINT');
      assert.equal(await one.code, 0);
    }
    await actionlog.close();
  }
});

test('tail --events prints what a page of the tenant gets, until it is stopped', async () => {
  await using server = await serve();
  const argv = ['--gsid', '3', '--url', server.url];
  const tailing = run(['tail', '--events', ...argv], env);
  await tailing.until(/listening/);
  await cli(['send', ...argv, '--rectype', 'product', '--recid', '12', '--userid', '7'], env);
  await tailing.until(/tenant 3 - \(7\): product 12\n/);
  tailing.stop('SIGINT');
  assert.equal(await tailing.code, 0);
  const refused = await cli(['tail', '--events', ...argv], {
    STREAM_SECRET: 'another-secret-of-more-than-thirty-two-bytes',
  });
  assert.equal(refused.code, 1);
  assert.match(refused.err, /401/);
});
