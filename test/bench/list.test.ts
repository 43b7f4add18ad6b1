import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../bench/run.ts', import.meta.url));

test('the list of benchmarks names each with its title, and runs none', async () => {
  const { stdout, stderr } = await run(process.execPath, ['--import', 'tsx', script, '--list']);
  const lines = stdout.trim().split('\n');
  assert.equal(lines.length, 13, stdout + stderr);
  for (const line of lines) assert.match(line, /^[a-z-]+ +\S/);
});
