/* Writes to tables and reads from them, each of another size, with the built package. */
import { type ActionStore, type ActorActions, createActionlog, mysqlStore } from 'express-actionlog';
import { type Load, loadOf, quantile } from '../support/load.ts';
import { serve } from '../support/serve.ts';

// what a look at the table is made of is no business of users; the built file all the same
const { Sweep } = (await import(
  new URL('../../dist/stream/sweep.js', import.meta.url).href
)) as typeof import('../../dist/stream/sweep.js');
const { checkOptions } = (await import(
  new URL('../../dist/actionlog-options.js', import.meta.url).href
)) as typeof import('../../dist/actionlog-options.js');

interface Open {
  store: ActionStore;
  actions: ActorActions;
  sweep: InstanceType<typeof Sweep>;
  written: number;
  /** How many entries its looks have seen. */
  seen: number;
  close(): Promise<void>;
}

const tables = new Map<string, Open>();
const gsid = 7;

async function open(database: string, table: string): Promise<void> {
  const onError = (error: unknown) => console.error(table, error);
  const actionlog = createActionlog({ database, table, session: () => undefined, onError });
  await actionlog.ready();
  const store = mysqlStore({ database, table });
  await store.open({ rawobjStyle: 'json', rebuildsEvents: true });
  const { announcer: bounds } = checkOptions({ database, session: () => undefined });
  const announce = async () => ({ status: 'sent' });
  const busy = () => {
    opened.seen += 1;
    return true; // as if under way: the look reads all that waits, and announces none
  };
  const sweep = new Sweep({ ...bounds, store, busy, announce, onError });
  const close = async () => {
    await sweep.close();
    await store.close();
    await actionlog.close();
  };
  const actions = actionlog.as({ userid: 42, gsid, login: 'bench' });
  const opened: Open = { store, actions, sweep, written: 0, seen: 0, close };
  tables.set(table, opened);
}

function tableOf(name: string): Open {
  const table = tables.get(name);
  if (!table) throw new TypeError(`${name} is not open`);
  return table;
}

/** Median time of so many calls, one after the other, in milliseconds. */
async function median(times: number, call: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const before = performance.now();
    await call();
    took.push(performance.now() - before);
  }
  return quantile(took, 0.5);
}

export const api = serve({
  open,
  /** So many calls of `logaction` by so many callers; `rawBytes`: length of the raw object. */
  async write(name: string, load: { concurrency: number; calls: number; rawBytes: number }): Promise<Load> {
    const table = tableOf(name);
    const raw = { text: 'x'.repeat(Math.max(load.rawBytes - 11, 0)) };
    const times: number[] = [];
    const begin = performance.now();
    const last = table.written + load.calls;
    const caller = async () => {
      while (table.written < last) {
        table.written += 1;
        const before = performance.now();
        const record = { rectype: 'product', recid: 1 + (table.written % 50_000) };
        await table.actions.logaction('updated product Lamp', raw, record);
        times.push(performance.now() - before);
      }
    };
    await Promise.all(Array.from({ length: load.concurrency }, caller));
    return loadOf(times, performance.now() - begin);
  },
  written: (name: string) => tableOf(name).written,
  /** The first look of a sweep that has just got the lease; it goes through all that waits, however old. */
  async firstLook(name: string): Promise<number> {
    const { sweep } = tableOf(name);
    const before = performance.now();
    await sweep.look();
    return performance.now() - before;
  },
  /** A further look. Resolves with its median time, and with how many entries each has seen. */
  async look(name: string, times: number): Promise<{ ms: number; entries: number }> {
    const table = tableOf(name);
    table.seen = 0;
    const ms = await median(times, () => table.sweep.look());
    return { ms, entries: table.seen / times };
  },
  /** The newest page of a tenant's history, and of one of its records. */
  async history(name: string, times: number): Promise<{ tenantMs: number; recordMs: number; entries: number }> {
    const { store } = tableOf(name);
    const page = await store.history({ gsid });
    const recid = page[0]?.recid ?? '1';
    return {
      tenantMs: await median(times, () => store.history({ gsid })),
      recordMs: await median(times, () => store.history({ gsid, rectype: 'product', recid })),
      entries: page.length,
    };
  },
  /** What a page asks for that was away for five minutes. */
  missed: (name: string, times: number) =>
    median(times, () =>
      tableOf(name).store.missed({
        ...{ gsid, since: Date.now() - 300_000, announceWithinMs: 3_600_000, limit: 501, whole: false },
      }),
    ),
  async close() {
    for (const { close } of tables.values()) await close();
  },
});
