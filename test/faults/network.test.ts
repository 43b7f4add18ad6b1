import { test } from 'node:test';
import { sharedDatabase } from './database.ts';
import type { Child } from './processes.ts';
import { full, type Stand, stand, until } from './stand.ts';

/** Pages are told of a dead connection by silence; in the short form they do not wait for it that long. */
const page = full ? {} : { watchdogMs: 2500 };

async function through(made: Stand, proxy: Child | undefined, network: 'cut' | 'half-open'): Promise<void> {
  await made.writeDuring(async () => {
    await made.write(10);
    await proxy?.tell({ network });
    await made.write(20);
    await proxy?.tell({ network: 'whole' });
    await made.write(10);
  });
}

for (const network of ['cut', 'half-open'] as const) {
  test(`a network that is ${network} between the application and the streaming server loses nothing`, async () => {
    await using database = await sharedDatabase();
    await using made = await stand(database, { proxies: true, page });
    for (let times = 1; times <= (full ? 3 : 1); times += 1) await through(made, made.relayProxy, network);
    await made.settle(`relay network ${network}`);
  });

  test(`a network that is ${network} between the pages and the streaming server loses nothing`, async () => {
    await using database = await sharedDatabase();
    await using made = await stand(database, { proxies: true, page });
    for (let times = 1; times <= (full ? 3 : 1); times += 1) {
      const greeted = made.pages.map(({ greetings }) => greetings.length);
      await through(made, made.pageProxy, network);
      await until(() => made.pages.every(({ greetings }, at) => greetings.length > (greeted[at] ?? 0)));
    }
    await made.connected();
    await made.settle(`page network ${network}`);
  });
}
