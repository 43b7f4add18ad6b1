import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { gyroscopeTable } from '../action/tables.ts';
import { createDatabase } from '../support/mariadb.ts';
import { openPage } from '../support/pages.ts';
import { cli, secret, serve } from './support/run.ts';

test('--help ends well and names the commands; a wrong command or flag is wrong use', async () => {
  const help = await cli(['--help']);
  assert.equal(help.code, 0);
  assert.match(help.out, /serve[\s\S]*migrate[\s\S]*status[\s\S]*check[\s\S]*send[\s\S]*tail[\s\S]*dump[\s\S]*token/);
  for (const argv of [['serv'], ['serve', '--port', 'x'], ['migrate', 'mysql://x/y', '--ids', 'uuid']]) {
    const wrong = await cli(argv);
    assert.equal(wrong.code, 2, argv.join(' '));
    assert.notEqual(wrong.err, '');
  }
});

test('migrate creates the table, says what it did, and has nothing to do the second time', async () => {
  await using database = await createDatabase();
  const env = { ACTIONLOG_DATABASE: database.url };
  const planned = await cli(['migrate', '--dry-run'], env);
  assert.match(planned.out, /would: .*actionlog/);
  assert.equal((await database.query("SHOW TABLES LIKE 'actionlog'")).length, 0);
  const forMachines = JSON.parse((await cli(['migrate', '--dry-run', '--json'], env)).out);
  assert.deepEqual([forMachines.table, forMachines.dryRun], ['actionlog', true]);
  assert.match(forMachines.steps[0].sql, /CREATE TABLE/);
  const first = await cli(['migrate'], env);
  assert.equal(first.code, 0, first.err);
  assert.match(first.out, /actionlog[\s\S]*CREATE TABLE/);
  const second = await cli(['migrate'], env);
  assert.match(second.out, /nothing to do/);
  const { out } = await cli(['migrate', '--json'], env);
  assert.deepEqual(JSON.parse(out), { table: 'actionlog', dryRun: false, steps: [] });
});

test('migrate without a database, or with a password on the command line, says what to do', async () => {
  const none = await cli(['migrate']);
  assert.equal(none.code, 2);
  assert.match(none.err, /ACTIONLOG_DATABASE/);
  const open = await cli(['migrate', 'mysql://app:hunter2@127.0.0.1/erp']);
  assert.equal(open.code, 2);
  assert.match(open.err, /ACTIONLOG_DATABASE_PASSWORD/);
  assert.ok(!open.err.includes('hunter2'));
});

test('a database that is not there is a failure with its code', async () => {
  const { code, err } = await cli(['migrate', 'mysql://app@127.0.0.1:1/erp']);
  assert.equal(code, 1);
  assert.match(err, /127\.0\.0\.1:1[\s\S]*because: .*ECONNREFUSED/);
});

test('--version is the package’s', async () => {
  const { code, out } = await cli(['--version']);
  assert.equal(code, 0);
  assert.match(out, /^\d+\.\d+\.\d+/);
});

test('serve without a secret says which variable to set', async () => {
  const { code, err } = await cli(['serve', '--port', '0']);
  assert.equal(code, 2);
  assert.match(err, /STREAM_SECRET/);
});

test('serve takes pages, and SIGTERM ends it in order: pages are told to come back', async () => {
  const bin = new URL('../../lib/cli/bin.ts', import.meta.url).pathname;
  const env = { ...process.env, STREAM_SECRET: secret };
  const child = spawn(process.execPath, ['--import', 'tsx', bin, 'serve', '--port', '0'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const { url } = JSON.parse(String(line).split('\n')[0] ?? '') as { url: string };
  const page = await openPage(url, secret, { gsid: '1', userid: '42' });
  child.kill('SIGTERM');
  assert.equal(await page.closed, 1001);
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});

test('serve has a flag for each limit: beyond it pages and memory end', async () => {
  const flags = ['--max-connections-per-user', '1', '--return-within-ms', '10', '--history-max-events', '5'];
  await using serving = await serve(flags);
  const { url } = serving;
  const page = await openPage(url, secret, { gsid: '1', userid: '42' });
  await assert.rejects(openPage(url, secret, { gsid: '1', userid: '42' }), /429/);
  serving.stop();
  assert.equal(await page.closed, 1001);
  for (const wrong of ['0', 'x']) {
    assert.equal((await cli(['serve', '--history-max-events', wrong], { STREAM_SECRET: secret })).code, 2);
  }
});

test('the flags of limits stand for options that there are', async () => {
  const { out } = await cli(['serve', '--help']);
  for (const flag of [
    '--max-relays-per-second <number>',
    '--max-connection-age-ms <ms>',
    '--history-max-age-ms <ms>',
  ]) {
    assert.ok(out.includes(flag), flag);
  }
});

test('serve --poll announces the rows of a table; migrate --lease-only is all that it needs', async () => {
  await using database = await createDatabase();
  await database.query(gyroscopeTable());
  const env = { ACTIONLOG_DATABASE: database.url, STREAM_SECRET: secret };
  const migrated = await cli(['migrate', '--lease-only'], env);
  assert.match(migrated.out, /^create table actionlog_lease\n/);
  await using serving = await serve(['--poll', '--poll-every', '20'], env);
  const page = await openPage(serving.url, secret, { gsid: '3', userid: '43' });
  const logdate = Math.floor(Date.now() / 1000);
  await database.query("INSERT INTO actionlog SET gsid=3, userid=42, logdate=?, rectype='product', recid=12", [
    logdate,
  ]);
  assert.equal((await page.until(1))[0]?.recid, '12');
  const [poller] = serving.lines().filter(({ event }) => event === 'poller');
  assert.equal(poller?.['role'], 'holder');
});
