import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillableDatabase } from './sqlite-file.ts';
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
  await made.settle(`disk full: ${database.bound}`);
  const standing = new Set((await database.rows()).map(({ recid }) => recid));
  assert.deepEqual(
    refused().filter(({ recid }) => standing.has(recid)),
    [],
    'what was refused stands nowhere',
  );
  assert.deepEqual(await database.integrity(), [{ integrity_check: 'ok' }]);
});

const documented = new Set<string>(['entry-not-written', 'transaction-unknown', 'database-unreachable']);
