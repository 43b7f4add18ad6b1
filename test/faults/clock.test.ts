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
  test(`a clock of the application server that jumps an hour ${direction} and is set right again loses nothing unsaid`, async () => {
    await using database = await sharedDatabase();
    await using made = await stand(database);
    await made.writeDuring(async () => {
      await made.write(10);
      await made.app.tell({ clockMs });
      await made.write(20);
      await sleep(4000); // longer than the sweep waits: it meets such entries while the clock is wrong, and afterwards
      await made.write(20);
      await made.app.tell({ clockMs: 0 });
      await made.write(10);
    });
    // Written by a clock an hour behind, an entry may look too old to be announced: then somebody is told so.
    const behind = clockMs < 0;
    const { line, errors } = await made.settle(`clock an hour ${direction}`, { expired: behind });
    assert.equal((errors['entries-expired'] ?? 0) > 0, line.expired > 0);
  });
}
