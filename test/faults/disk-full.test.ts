import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { clearAbandoned, fillableDatabase } from './sqlite-file.ts';
import { stand } from './stand.ts';

test('with a full disk an action is refused with a code, and nothing is half-written; with room it goes on', async () => {
  await using database = await fillableDatabase();
  await using made = await stand(database, { shell: database.shell });
  const refused = () => made.writer.written.filter(({ outcome }) => outcome === 'refused');
  await made.write(10);
  assert.equal(refused().length, 0);

  database.fill();
  for (let rounds = 0; refused().length < 10; rounds += 1) {
    assert.ok(rounds < 100, `the disk is never full: ${database.bound}`);
    await made.write(20);
  }
  const codes = new Set(refused().map(({ code }) => code));
  assert.ok(codes.has('entry-not-written'), [...codes].join());
  assert.deepEqual(
    [...codes].filter((code) => !documented.has(code ?? '')),
    [],
  );

  database.clear(made.app);
  const before = refused().length;
  await made.write(40);
  assert.equal(refused().length, before, 'with room again every action is taken');
  console.log(`bound of the disk: ${database.bound}`);
  await made.settle('disk full');
  const standing = new Set((await database.rows()).map(({ recid }) => recid));
  assert.deepEqual(
    refused().filter(({ recid }) => standing.has(recid)),
    [],
    'what was refused stands nowhere',
  );
  assert.deepEqual(await database.integrity(), [{ integrity_check: 'ok' }]);
});

test('the disk of a run that was itself killed is cleared away by the next one, and that of a run under way is not', (t) => {
  const folderOf = (pid: number) => join(tmpdir(), `actionlog-full-${pid}-kept`);
  const folders = [folderOf(spawnSync('true').pid), folderOf(process.pid)];
  for (const folder of folders) mkdirSync(folder);
  t.after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  clearAbandoned();
  assert.deepEqual(
    folders.map((folder) => existsSync(folder)),
    [false, true],
  );
});

const documented = new Set<string>(['entry-not-written', 'transaction-unknown', 'database-unreachable']);
