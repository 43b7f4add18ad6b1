import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ConfigError, readConfig } from '../config.ts';

const dir = mkdtempSync(join(tmpdir(), 'actionlog-sample-'));
after(() => rmSync(dir, { recursive: true }));
const read = (env: Record<string, string>) => readConfig({ SAMPLE_DATA_DIR: dir, ...env });
const secret = 'x'.repeat(40);

describe('readConfig', () => {
  it('needs nothing: SQLite files, an embedded streaming server, the loopback address', () => {
    const config = read({});
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.port, 3000);
    assert.equal(config.database.kind, 'sqlite');
    assert.equal(config.stream.kind, 'embedded');
    assert.equal(config.testPage, false);
  });

  it('keeps its secrets in files that their owner alone may read', () => {
    const [first] = read({}).sessionSecrets;
    assert.equal(first?.length, 64);
    assert.deepEqual(read({}).sessionSecrets, [first]);
    assert.equal(statSync(join(dir, 'session.secret')).mode & 0o777, 0o600);
    assert.equal(statSync(join(dir, 'stream.secret')).mode & 0o777, 0o600);
  });

  it('moves both the app’s tables and the action log to MySQL', () => {
    const url = 'mysql://app@127.0.0.1/erp';
    assert.deepEqual(read({ DATABASE_URL: url }).database, { kind: 'mysql', url, actionlog: url });
  });

  it('takes a streaming server of its own', () => {
    const { stream } = read({ STREAM_URL: 'http://127.0.0.1:9999', STREAM_SECRET: secret });
    assert.deepEqual(stream, { kind: 'separate', options: { url: 'http://127.0.0.1:9999', secrets: [secret] } });
  });

  it('takes several secrets, newest first', () => {
    const older = 'y'.repeat(40);
    assert.deepEqual(read({ SESSION_SECRET: `${secret} ${older}` }).sessionSecrets, [secret, older]);
  });

  for (const [what, env, named] of [
    ['a port that is none', { PORT: '70000' }, /PORT/],
    ['a database that is not MySQL', { DATABASE_URL: 'postgres://x/y' }, /DATABASE_URL/],
    ['a short secret', { SESSION_SECRET: 'short' }, /SESSION_SECRET: expected at least 32 bytes/],
    ['a streaming server without its secret', { STREAM_URL: 'http://127.0.0.1:9999' }, /STREAM_SECRET/],
    ['the test page in production', { SAMPLE_TEST_PAGE: '1', NODE_ENV: 'production' }, /SAMPLE_TEST_PAGE/],
    ['a flag that is neither 1 nor 0', { SAMPLE_TEST_PAGE: 'yes' }, /SAMPLE_TEST_PAGE: expected 1 or 0/],
  ] as const) {
    it(`refuses ${what}, by name`, () => {
      assert.throws(
        () => read(env),
        (error) => error instanceof ConfigError && named.test(error.message),
      );
    });
  }

  it('names every variable that is wrong at once, and no secret', () => {
    assert.throws(
      () => read({ PORT: 'x', SESSION_SECRET: 'hush' }),
      (error) =>
        error instanceof ConfigError &&
        /PORT/.test(error.message) &&
        /SESSION_SECRET/.test(error.message) &&
        !error.message.includes('hush'),
    );
  });
});
