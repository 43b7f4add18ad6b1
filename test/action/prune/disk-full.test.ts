import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { prune } from '../../../lib/action/prune/prune.ts';
import { archiveFolder, dayMs, oldEntries, standing } from './old-entries.ts';

test('with a full disk nothing is deleted, nothing half-written is left, and the error says so', async (t) => {
  await using database = await oldEntries(3000);
  const before = await standing(database);
  const archive = await archiveFolder(t);
  if (mount(archive)) {
    try {
      const run = prune({ database: database.url, olderThanMs: 400 * dayMs, archive });
      await assert.rejects(run, { code: 'archive-failed', message: /the disk is full/ });
      assert.deepEqual(await readdir(archive), []);
    } finally {
      execFileSync('umount', [archive]);
    }
  } else {
    const child = fileURLToPath(new URL('./child.ts', import.meta.url));
    const bounded = `trap '' XFSZ; ulimit -S -f 8; exec "${process.execPath}" --import tsx "${child}"`;
    const env = { ...process.env, PRUNE_DATABASE: database.url, PRUNE_ARCHIVE: archive };
    const { status, stderr } = spawnSync('sh', ['-c', bounded], { env, encoding: 'utf8' });
    assert.notEqual(status, 0);
    assert.match(stderr, /archive-failed/);
  }
  assert.deepEqual(await readdir(archive), []);
  assert.deepEqual(await standing(database), before);
});

/** A file system of 8 KiB, where we may mount one; else the size of files is bounded. */
function mount(folder: string): boolean {
  if (process.getuid?.() !== 0 || process.env['FAULTS_NO_MOUNT']) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // in a container that may not mount
  }
}
