import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sharedDatabase } from './database.ts';
import { stand } from './stand.ts';

const hourMs = 3_600_000;

for (const [direction, clockMs] of [
  ['forth', hourMs],
  ['back', -hourMs],
] as const) {
  test(`a clock of the application server that jumps an hour ${direction} and is set right again loses nothing`, async () => {
    await using database = await sharedDatabase();
    await using made = await stand(database);
    await made.writeDuring(async () => {
      await made.write(10);
      await made.app.tell({ clockMs });
      await made.writer.signIn(made.origin);
      const before = made.writer.written.length;
      await made.write(20);
      await sleep(4000); // longer than the sweep waits: it meets such entries while the clock is wrong, and afterwards
      await made.write(20);
      const refused = made.writer.written.slice(before).filter(({ outcome }) => outcome === 'refused');
      assert.deepEqual(refused, [], 'actions are written by the wrong clock');
      await made.app.tell({ clockMs: 0 });
      await made.write(10);
    });
    const { line, errors } = await made.settle(`clock an hour ${direction}`);
    assert.equal(line.expired, 0, 'nothing was taken for an hour old');
    assert.equal(errors['entries-expired'], undefined);
  });
}
