import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

function run(t: TestContext, env: Record<string, string>) {
  const dir = mkdtempSync(join(tmpdir(), 'actionlog-sample-'));
  const given = { PATH: process.env['PATH'] ?? '', PORT: '0', SAMPLE_DATA_DIR: dir, ...env };
  const child = spawn(process.execPath, ['--import', 'tsx', main], { env: given, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true });
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said.err += text;
  });
  return { child, said };
}

describe('npm start', () => {
  it('prints the address and the logins, answers, and ends in order on SIGTERM', async (t) => {
    const { child, said } = run(t, {});
    while (!said.out.includes('Ctrl+C')) await once(child.stdout, 'data');
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said.out)?.[0];
    assert.match(said.out, /bikes-admin/);
    assert.equal((await fetch(`${url}/sign-in`)).status, 200);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
    assert.match(said.out, /SIGTERM: stopping/);
    assert.equal(said.err, '');
  });

  it('says in one line what is wrong with the environment', async (t) => {
    const { child, said } = run(t, { SAMPLE_TEST_PAGE: '1', NODE_ENV: 'production' });
    const [code] = await once(child, 'exit');
    assert.equal(code, 1);
    assert.match(said.err, /SAMPLE_TEST_PAGE: the test page may announce anything, so it is refused in production/);
    assert.doesNotMatch(said.err, /at .*\.ts/);
  });
});
