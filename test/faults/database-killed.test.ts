import { test } from 'node:test';
import { mortalDatabase } from './database.ts';
import { full, stand } from './stand.ts';

test('a MariaDB killed under load and started again on its data loses no entry and no announcement', async () => {
  await using database = await mortalDatabase();
  await using made = await stand(database);
  for (let kills = 1; kills <= (full ? 5 : 1); kills += 1) {
    await made.writeDuring(async () => {
      await made.write(20);
      await database.kill();
      await made.write(10);
      await database.start();
      await made.write(10);
    });
  }
  await made.settle('MariaDB killed');
});
