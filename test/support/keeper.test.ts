import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const keeper = fileURLToPath(new URL('keeper.mjs', import.meta.url));
/** Starts a kept program that says its process id and then waits. */
const starter = `require('node:child_process').spawn(process.execPath, process.argv.slice(1), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })`;

test('a program that is kept ends with the process that started it, and its folder goes as well', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'actionlog-kept-'));
  const program = ['bash', '-c', 'echo $$; exec sleep 600'];
  const child = spawn(process.execPath, ['-e', starter, keeper, folder, ...program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  const pid = Number(line);
  assert.ok(isAlive(pid));
  child.kill('SIGKILL');
  const deadline = Date.now() + 20_000;
  while ((isAlive(pid) || existsSync(folder)) && Date.now() < deadline) await sleep(20);
  assert.deepEqual([isAlive(pid), existsSync(folder)], [false, false]);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
