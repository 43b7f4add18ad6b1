import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkOptions } from '../../lib/actionlog-options.ts';
import type { ActionlogOptions } from '../../lib/index.ts';
import type { FaultDatabase } from './database.ts';
import { leaveLine } from './joint-table.ts';
import type { KillPoint } from './kill-points.ts';
import { type FaultPage, openPage } from './page.ts';
import { type Child, startChild, steadyPort } from './processes.ts';
import { faultsOf, type Line, printTable, reconcile } from './reconcile.ts';
import type { Scenario } from './scenarios.ts';
import { Writer } from './writer.ts';

export const full = process.env['FAULTS'] === 'full';
const secret = 'a secret of the fault suite, of over thirty-two bytes';

/** Defaults as shipped, but for how soon the sweep takes up what was left; in the short form also how often it looks. */
const announcer = full
  ? { sweepAfterMs: 3000, retryWithinMs: 900 }
  : { sweepAfterMs: 2100, retryWithinMs: 900, sweepEveryMs: 500, leaseMs: 2000 };
const timeouts = full ? {} : { timeoutMs: 1000 };

/** What a stand is made of, where it is not the usual. */
export interface StandNeeds {
  /** A proxy process between the application server and the streaming server, and one before the pages. */
  proxies?: boolean;
  /** Options of the pages' clients. */
  page?: object;
  /** Instead of the default wires: Gyroscope's, in this time zone. */
  timeZone?: string;
  /** How far the clocks of both servers are from ours. */
  clockMs?: number;
  /** A line of bash before the application server. */
  shell?: string | undefined;
}

/** An application server, a streaming server, a database, and pages of two tenants: each in a process, but the pages. */
export interface Stand extends AsyncDisposable {
  app: Child;
  stream: Child;
  relayProxy: Child | undefined;
  pageProxy: Child | undefined;
  pages: FaultPage[];
  writer: Writer;
  /** `http://127.0.0.1:<port>` of the application server, whether it lives or not. */
  origin: string;
  startApp(kill?: { point: KillPoint; turn: number }): Promise<void>;
  startStream(): Promise<void>;
  /** Writes so many actions. */
  write(count: number): Promise<void>;
  /** Writes all the time that the work takes. */
  writeDuring(work: () => Promise<void>): Promise<void>;
  /** Waits until all pages are connected. */
  connected(): Promise<void>;
  /** Waits until all is delivered and marked, or it has taken too long; then prints the table and fails on any fault. */
  settle(scenario: Scenario): Promise<{ line: Line; errors: Record<string, number> }>;
}

export async function stand(database: FaultDatabase, needs: StandNeeds = {}): Promise<Stand> {
  const [appPort, streamPort] = [await steadyPort(), await steadyPort()];
  const origin = `http://127.0.0.1:${appPort}`;
  const { timeZone, shell, clockMs = 0 } = needs;
  const clock = { FAULT_CLOCK_MS: String(clockMs) };
  const keys = { internalKey: 'the internal key of the fault suite', wssecret: 'the wssecret of the fault suite' };
  const serveArgs = timeZone ? ['--compatibility', 'gyroscope', '--time-zone', timeZone] : [];
  const serveEnv = timeZone
    ? { WSS_INTERNAL_KEY: keys.internalKey, WSSECRET: keys.wssecret }
    : { STREAM_SECRET: secret.replaceAll(' ', '-') };
  const startStream = async () => {
    const args = ['serve', '--port', String(streamPort), ...serveArgs];
    made.stream = await startChild('lib/cli/bin.ts', args, { ...clock, ...serveEnv });
  };
  const proxy = async () =>
    needs.proxies ? await startChild('test/faults/proxy.ts', [], { FAULT_TARGET: String(streamPort) }) : undefined;
  const [relayProxy, pageProxy] = [await proxy(), await proxy()];
  const stream = {
    ...timeouts,
    url: `http://127.0.0.1:${relayProxy?.port ?? streamPort}`,
    publicUrl: `ws://127.0.0.1:${pageProxy?.port ?? streamPort}`,
    ...(timeZone ? { ...keys, timeZone } : { secrets: [secret.replaceAll(' ', '-')] }),
  };
  const options: Partial<ActionlogOptions> = {
    ...{ announcer, stream },
    ...(timeZone ? { compatibility: 'gyroscope', delivery: 'at-least-once' } : {}),
  };
  const startApp: Stand['startApp'] = async (kill) => {
    const given = { database: database.url, secret, port: appPort, options, kill };
    made.app = await startChild('test/faults/app.ts', [], { ...clock, FAULT_APP: JSON.stringify(given) }, shell);
  };
  const made: Stand = {
    ...({ origin, relayProxy, pageProxy, startApp, startStream } as Stand),
    pages: [],
    writer: new Writer(),
    write: (count) => made.writer.write(origin, count),
    writeDuring: (work) => made.writer.writeDuring(origin, work),
    connected: () => until(() => made.pages.every(({ client }) => client.status === 'open')),
    settle: (scenario) => settle(made, database, scenario),
    async [Symbol.asyncDispose]() {
      for (const { client } of made.pages) client.close();
      for (const child of [made.app, made.stream, relayProxy, pageProxy]) await child?.[Symbol.asyncDispose]();
    },
  };
  try {
    await startStream();
    await startApp();
    await made.writer.signIn(origin);
    for (const [gsid, userid] of [
      ['1', '7'],
      ['1', '17'],
      ['2', '18'],
    ] as const) {
      made.pages.push(await openPage(origin, gsid, userid, needs.page));
    }
    await made.connected();
  } catch (error) {
    await made[Symbol.asyncDispose]();
    throw error;
  }
  printOptions({ ...options, database: database.url, session: () => undefined }, needs.page);
  return made;
}

/** What the application server runs with, its defaults included; the streaming server runs with its defaults. */
function printOptions(options: ActionlogOptions, page: object = {}): void {
  const { delivery = 'at-least-once', stream, announcer: bounds } = checkOptions(options);
  const shown = Object.entries(stream ?? {}).filter(([, value]) => typeof value === 'number');
  console.log(`options: ${JSON.stringify({ delivery, stream: Object.fromEntries(shown), announcer: bounds, page })}`);
}

/** Waits for something that comes by itself. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs = 100_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`this did not come to be within ${withinMs} ms: ${holds}`);
    await sleep(50);
  }
}

async function settle(
  { pages, writer, origin }: Stand,
  database: FaultDatabase,
  scenario: Scenario,
): ReturnType<Stand['settle']> {
  const line = async () => reconcile(scenario, await database.rows(), pages, writer.written, 0);
  const done = async () => {
    const { expected, delivered, unmarked } = await line();
    return delivered === expected && unmarked === 0;
  };
  await until(done, full ? 120_000 : 40_000).catch(() => undefined); // the table says what is missing
  const stats = (await (await fetch(`${origin}/stats`)).json()) as {
    swept: number;
    errors: Record<string, number>;
  };
  const last = { ...(await line()), swept: stats.swept };
  console.log(`what the last application server told: ${JSON.stringify(stats.errors)}`);
  leaveLine(last);
  printTable([last]);
  assert.deepEqual(faultsOf(last), [], scenario);
  return { line: last, errors: stats.errors };
}
