/* A process that writes actions with the built package. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Actionlog, type ActionlogOptions, type ActorActions, createActionlog } from 'express-actionlog';
import { createConnection } from 'mysql2/promise';
import { closedLoop, type Load } from '../support/load.ts';
import { serve } from '../support/serve.ts';

let actionlog: Actionlog | undefined;
let actions: ActorActions | undefined;
let database = '';
let login = '';
let recid = 0;
/** What became of the announcements, by status. */
const outcomes = new Map<string, number>();
/** What `onError` was told, by code. */
const errors = new Map<string, number>();
const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);

/** Writes one action. Resolves once its row stands, with what is still to come of it. */
async function write(): Promise<{ announced: Promise<unknown> }> {
  recid += 1;
  const record = { rectype: login, recid };
  const logged = await actions?.logaction('updated product Lamp', { productid: recid, name: 'Lamp' }, record);
  if (!logged) throw new Error('not started');
  return { announced: logged.announced.then(({ status }) => count(outcomes, status)) };
}

export const api = serve({
  /** @param name login of the user, and rectype of the records */
  async start(options: Omit<ActionlogOptions, 'session'> & { database: string }, name: string): Promise<void> {
    ({ database } = options);
    login = name;
    const onError = (error: unknown) => count(errors, String((error as { code?: unknown }).code ?? error));
    actionlog = createActionlog({ ...options, session: () => undefined, onError });
    await actionlog.ready();
    actions = actionlog.as({ userid: 42, gsid: 3, login });
  },
  /** Calls in a closed loop; over when the last row stands. */
  load: (load: { concurrency: number; durationMs: number }) => closedLoop(load, write),
  /** The same; over when every event is acknowledged and no row waits any more. */
  async loadUntilMarked(load: { concurrency: number; durationMs: number }, timeoutMs: number): Promise<Load> {
    const connection = await createConnection(database);
    const announced: Promise<unknown>[] = [];
    const begin = performance.now();
    const { calls, p50Ms, p99Ms } = await closedLoop(load, async () => {
      announced.push((await write()).announced);
    });
    await Promise.all(announced);
    const waits = async () => {
      const [rows] = await connection.query('SELECT 1 FROM actionlog WHERE wssdone = 0 LIMIT 1');
      return (rows as unknown[]).length > 0;
    };
    while ((await waits()) && performance.now() - begin < timeoutMs) await sleep(2);
    const perSecond = (calls * 1000) / (performance.now() - begin);
    await connection.end();
    return { calls, perSecond, p50Ms, p99Ms };
  },
  /** One action, measured by whoever calls. */
  async once(): Promise<number> {
    await write();
    return recid;
  },
  told: () => ({ outcomes: Object.fromEntries(outcomes), errors: Object.fromEntries(errors) }),
  close: () => actionlog?.close(),
});
