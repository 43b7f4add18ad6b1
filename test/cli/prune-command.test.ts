import assert from 'node:assert/strict';
import { test } from 'node:test';
import { main } from '../../lib/cli/main.ts';
import { archiveFolder, oldEntries, standing } from '../action/prune/old-entries.ts';

async function cli(argv: string[], url: string, extra: { isTTY?: boolean; stopped?: Promise<string> } = {}) {
  const said = { out: '', err: '' };
  const never = new Promise<string>(() => undefined);
  const terminal = { isTTY: true, columns: 80, cursorTo: () => true, clearLine: () => true, moveCursor: () => true };
  const code = await main(['prune', ...argv], {
    env: { ACTIONLOG_DATABASE: url },
    stdout: { write: (text) => (said.out += text) },
    stderr: { ...(extra.isTTY ? terminal : {}), write: (text: string) => (said.err += text) },
    stopped: extra.stopped ?? never,
  });
  return { code, ...said };
}

test('prune counts, archives and deletes, and says so in lines or in JSON', async (t) => {
  await using database = await oldEntries(1000);
  const archive = await archiveFolder(t);
  const counted = await cli(['--older-than', '400d', '--dry-run'], database.url);
  assert.match(counted.out, /^table actionlog: 1000 entries were written before \d{4}-/);
  const flags = ['--older-than', '60w', '--archive', archive, '--batch', '100', '--archive-rows', '200'];
  const one = await cli([...flags, '--gsid', '2'], database.url);
  assert.equal(one.code, 0, one.err);
  assert.match(one.out, /334 of 334 entries from before .* deleted, 334 archived in 2 files/);
  assert.match(one.err, /archived .*actionlog-1-\d+\.jsonl\.gz\ndeleted 100 of 334\n/);
  const { out } = await cli([...flags, '--json'], database.url);
  const { found, deleted, archived, files, stopped } = JSON.parse(out);
  assert.deepEqual(
    { found, deleted, archived, files: files.length, stopped },
    { found: 666, deleted: 666, archived: 666, files: 4, stopped: false },
  );
  assert.equal((await standing(database)).length, 100);
});

test('prune shows a bar on a terminal, and ends after the batch when it is asked to', async () => {
  await using database = await oldEntries(1000);
  const shown = await cli(['--older-than', '400d', '--gsid', '1'], database.url, { isTTY: true });
  assert.match(shown.err, /pruning .*100%/);
  const ended = await cli(['--older-than', '400d', '--json'], database.url, { stopped: Promise.resolve('SIGINT') });
  assert.equal(JSON.parse(ended.out).stopped, true);
  assert.equal((await standing(database)).length, 100 + 1000 - 333);
});

test('prune refuses an age that is none, or too young', async () => {
  for (const age of ['400', '23h', '0d', 'x']) {
    assert.equal((await cli(['--older-than', age], 'mysql://app@127.0.0.1/erp')).code, 2, age);
  }
  assert.equal((await cli([], 'mysql://app@127.0.0.1/erp')).code, 2);
});
