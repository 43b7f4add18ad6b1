import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sharedDatabase } from './database.ts';
import { stand } from './stand.ts';

const changes = [
  ['spring', Date.UTC(2026, 2, 8, 7)],
  ['autumn', Date.UTC(2026, 10, 1, 6)],
] as const;

for (const [season, change] of changes) {
  test(`in compatible mode nothing is lost over Toronto’s change of clocks in ${season}`, async () => {
    await using database = await sharedDatabase();
    const clockMs = change - 8000 - Date.now();
    await using made = await stand(database, { timeZone: 'America/Toronto', clockMs });
    const changesAt = change - clockMs;
    await made.writeDuring(async () => {
      await made.write(10);
      while (Date.now() <= changesAt) await sleep(100); // the servers' clocks are real ones, shifted
      await made.write(10);
    });
    await made.settle(`DST in ${season}, over the change`);
    // Gyroscope's wire knows no catching up, so nothing is written while the pages fetch a key of the new hour.
    for (const { client } of made.pages) client.close();
    for (const { client } of made.pages) client.connect();
    await made.connected();
    await made.write(20);
    await made.settle(`DST in ${season}, after it`);
  });
}
