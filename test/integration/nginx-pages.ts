import assert from 'node:assert/strict';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import type { UpdateEvent } from '../../lib/stream/protocol.ts';
import type { FaultDatabase } from '../faults/database.ts';
import { type FaultPage, openPage } from '../faults/page.ts';
import { faultsOf, type Line, printTable, reconcile } from '../faults/reconcile.ts';
import { until } from '../faults/stand.ts';
import { Writer } from '../faults/writer.ts';
import type { NginxStand } from './nginx-stand.ts';

/** Pages of two tenants at an app behind nginx, and whoever writes: what came is held against what was written. */
export interface NginxPages extends AsyncDisposable {
  pages: FaultPage[];
  writer: Writer;
  connected(): Promise<void>;
  /** How often the pages were greeted in all. */
  greetings(): number;
  /** Waits for everything to arrive, prints the table, and fails on anything that is missing, foreign or came twice. */
  settle(scenario: string): Promise<Line>;
}

/** Opens pages, a third of them of tenant 2, each of a user of its own. */
export async function nginxPages({ origin, nginx }: NginxStand, database: FaultDatabase, count: number) {
  const usual = getGlobalDispatcher();
  const trusting = new Agent({ connect: { ca: nginx.certificate } });
  setGlobalDispatcher(trusting);
  const pages: FaultPage[] = [];
  /** How often a page's handler got each record. */
  const handled: Map<string, number>[] = [];
  const writer = new Writer();
  await writer.signIn(origin);
  const made: NginxPages = {
    pages,
    writer,
    connected: () => until(() => pages.every(({ client }) => client.status === 'open')),
    greetings: () => pages.reduce((sum, page) => sum + page.greetings.length, 0),
    async settle(scenario) {
      const line = async () => reconcile(scenario, await database.rows(), pages, made.writer.written, 0);
      await until(async () => {
        const { expected, delivered, unmarked } = await line();
        return delivered === expected && unmarked === 0;
      }, 40_000).catch(() => undefined); // the table says what is missing
      const last = await line();
      printTable([last]);
      assert.deepEqual(faultsOf(last), [], scenario);
      const calls = handled.flatMap((counts) => [...counts.values()]);
      console.log(
        `${calls.length} records in the handlers of ${pages.length} pages, most often ${Math.max(...calls)} x`,
      );
      assert.ok(
        calls.every((times) => times === 1),
        'each event came to each handler once',
      );
      return last;
    },
    async [Symbol.asyncDispose]() {
      for (const { client } of pages) client.close();
      setGlobalDispatcher(usual);
      await trusting.close();
    },
  };
  for (let index = 0; index < count; index += 1) {
    const page = await openPage(origin, index % 3 === 0 ? '2' : '1', String(100 + index), usualWaits);
    const counts = new Map<string, number>();
    page.client.on('update', ({ recid }: UpdateEvent) => counts.set(recid, (counts.get(recid) ?? 0) + 1));
    handled.push(counts);
    pages.push(page);
  }
  await made.connected();
  return made;
}

/** The client's own defaults. */
const usualWaits = { minDelayMs: 500, maxDelayMs: 30_000 };

/** The most that fall within so many milliseconds of each other. */
export function mostWithin(times: readonly number[], windowMs: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  let from = 0;
  return sorted.reduce((most, time, index) => {
    while (time - (sorted[from] ?? time) >= windowMs) from += 1;
    return Math.max(most, index - from + 1);
  }, 0);
}
