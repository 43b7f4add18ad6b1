import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nearest } from '../../lib/cli/nearest.ts';
import { cli, secret, serve } from './support/run.ts';

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'actionlog-config-'));
  return {
    path,
    file: join(path, 'express-actionlog.json'),
    write: (value: unknown) => writeFile(join(path, 'express-actionlog.json'), JSON.stringify(value)),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}

const env = { STREAM_SECRET: secret };

test('flags come before the environment, the environment before the config file', async () => {
  await using server = await serve();
  await using dir = await folder();
  const other = 'http://127.0.0.1:1';
  await dir.write({ timeout: 500, url: server.url, check: { gsid: 'canary' } });
  const fromFile = await cli(['check', '--json'], env, dir.path);
  assert.equal(fromFile.code, 0, fromFile.out);
  assert.equal(JSON.parse(fromFile.out).url, server.url);
  const fromEnv = await cli(['check', '--json'], { ...env, STREAM_URL: other }, dir.path);
  assert.equal(JSON.parse(fromEnv.out).url, other);
  const fromFlag = await cli(['check', '--json', '--url', server.url], { ...env, STREAM_URL: other }, dir.path);
  assert.equal(JSON.parse(fromFlag.out).url, server.url);
});

test('a file named by --config is taken, also for the database; one that is missing is wrong use', async () => {
  await using dir = await folder();
  await dir.write({ database: 'sqlite:/nowhere/at-all.db' });
  const { code, err } = await cli(['status', '--config', dir.file]);
  assert.equal(code, 1);
  assert.match(err, /no file \/nowhere\/at-all\.db/);
  const none = await cli(['status', '--config', join(dir.path, 'none.json')]);
  assert.equal(none.code, 2);
  await dir.write({ database: 'mysql://app:hunter2@127.0.0.1/erp' });
  const open = await cli(['status', '--config', dir.file]);
  assert.equal(open.code, 2);
  assert.ok(!open.err.includes('hunter2'));
});

test('unknown keys are refused with the nearest name, and values of another form with what is expected', async () => {
  await using dir = await folder();
  const cases: [unknown, RegExp][] = [
    [{ prot: 1 }, /unknown key "prot"; did you mean "port"\?/],
    [{ serve: { maxConections: 1 } }, /"maxConections" in "serve"; did you mean "maxConnections"\?/],
    [{ serv: {} }, /did you mean "serve"\?/],
    [{ serve: { streamSecret: 'x' } }, /secrets .* come from the environment/],
    [{ serve: { port: 'x' } }, /"port": expected a number from 0 to 65535/],
    [{ serve: { logLevel: 'loud' } }, /"logLevel" in "serve"/],
    [{ serve: 3 }, /"serve" is a command/],
    [{ serve: { toString: 1 } }, /unknown key "toString"/],
    [[], /expected an object/],
  ];
  for (const [config, expected] of cases) {
    await dir.write(config);
    const { code, err } = await cli(['serve'], env, dir.path);
    assert.equal(code, 2, err);
    assert.match(err, expected);
  }
});

test('the nearest name is one that is near', () => {
  assert.equal(nearest('gsdi', ['gsid', 'userid']), 'gsid');
  assert.equal(nearest('zzzzzz', ['gsid', 'userid']), undefined);
});
