import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedDatabase } from './database.ts';
import { full, stand } from './stand.ts';

test('a streaming server killed under load and started again is made good by the pages’ catching up', async () => {
  await using database = await sharedDatabase();
  await using made = await stand(database);
  for (let kills = 1; kills <= (full ? 5 : 2); kills += 1) {
    await made.writeDuring(async () => {
      await made.write(20);
      await made.stream.kill();
      await made.write(20);
      await made.startStream();
      await made.connected();
    });
  }
  await made.settle('streaming server killed');
  for (const { greetings, caughtUp } of made.pages) {
    assert.ok(greetings.includes(false), 'the page was told that it had missed something');
    assert.ok(caughtUp.length > 0, 'and asked the application server for it');
  }
});
