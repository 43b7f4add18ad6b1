import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedDatabase } from './database.ts';
import { killPoints } from './kill-points.ts';
import { stand } from './stand.ts';

test('an application server killed at any step between row and mark leaves nothing unannounced', async () => {
  await using database = await sharedDatabase();
  await using made = await stand(database);
  await made.write(10);
  for (const point of killPoints) {
    await made.app.kill();
    // relays and marks go together: there is one of them for many entries
    await made.startApp({ point, turn: point.includes('row') ? 4 : 1 });
    await made.write(12);
    assert.equal(await made.app.ended, 'SIGKILL', point);
    const waiting = (await database.rows()).filter(({ wssdone }) => wssdone === 0);
    if (point !== 'before the row' && point !== 'marked') assert.ok(waiting.length > 0, `${point}: nothing waits`);
  }
  await made.startApp();
  await made.write(10);
  await made.settle('app server killed');
});
