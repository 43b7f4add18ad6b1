import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedDatabase } from './database.ts';
import { full, stand } from './stand.ts';

test('transactions that are rolled back, or die with their server, leave neither row nor event', async () => {
  await using database = await sharedDatabase();
  await using made = await stand(database);
  await made.write(full ? 500 : 60);
  await made.writeDuring(async () => {
    await made.write(20);
    await made.app.kill();
    await made.startApp();
  });
  const rolledBack = made.writer.written.filter(({ outcome }) => outcome === 'rolled back');
  assert.ok(rolledBack.length > 0);
  await made.settle('rollbacks');
});
