/* A process that writes rows the plain way. */
import { plainInsert } from '../peers/plain-insert.ts';
import { closedLoop } from '../support/load.ts';
import { serve } from '../support/serve.ts';

let insert: ReturnType<typeof plainInsert> | undefined;
let login = '';
let recid = 0;

export const api = serve({
  start(database: string, name: string): void {
    insert = plainInsert(database);
    login = name;
  },
  load: (load: { concurrency: number; durationMs: number }) =>
    closedLoop(load, async () => {
      recid += 1;
      const entry = { message: 'updated product Lamp', rawobj: { productid: recid, name: 'Lamp' } };
      await insert?.write({ userid: 42, gsid: 3, login, ...entry, rectype: login, recid });
    }),
  close: () => insert?.close(),
});
