import { randomBytes } from 'node:crypto';
import { HttpRelay } from '../stream/relay.ts';
import { openProbe, type ProbePage } from './page-probe.ts';
import { look, reasonOf } from './server-look.ts';

/** What came of one step. */
export interface CheckStep {
  step: string;
  ok: boolean;
  ms: number;
  /** What was found, or what failed. */
  said: string;
  /** What to do about a failure. */
  remedy?: string | undefined;
}

/** What a check goes through. */
export interface CheckTarget {
  url: string;
  secrets: readonly string[];
  gsid: string;
  timeoutMs: number;
}

const remedies = {
  reach:
    'is the streaming server running, and is the address right? One that is attached to an app needs its path: …/actionlog',
  ready: 'the server takes nothing at the moment: look at its log, its Redis (REDIS_URL) or its database (--poll)',
  page: 'both sides need the same STREAM_SECRET and clocks that are together; a proxy must pass web sockets on',
  relay:
    'both sides need the same STREAM_SECRET, and clocks within the tolerance (60 s); a proxy must pass POST …/relay on',
  arrive:
    'the relay was taken and nothing arrived: do relays and pages reach servers of the same Redis, under the same prefix?',
};

/** Sends an event through and watches it arrive, step by step; ends with the first that fails. */
export async function* checkSteps({ url, secrets, gsid, timeoutMs }: CheckTarget): AsyncGenerator<CheckStep> {
  const recid = randomBytes(8).toString('hex');
  let arrived: () => void = () => undefined;
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  let page: ProbePage | undefined;
  const bounds = { connectTimeoutMs: timeoutMs, timeoutMs, maxConnections: 1, maxQueued: 1 };
  const relay = new HttpRelay({ url, secrets, ...bounds });
  const onEvent = (event: { recid: string }) => {
    if (event.recid === recid) arrived();
  };
  const steps: [keyof typeof remedies, () => Promise<string>][] = [
    ['reach', async () => `answered ${(await look(url, '/livez', timeoutMs)).status}`],
    ['ready', async () => readiness(await look(url, '/readyz', timeoutMs))],
    [
      'page',
      async () => {
        page = await openProbe({ url, secrets, gsid, userid: `check-${recid}`, timeoutMs, onEvent });
        return `connected as ${page.greeting.sid}`;
      },
    ],
    [
      'relay',
      async () => {
        const event = { sid: 0, gsid, userid: '0', rectype: 'actionlog-check', recid };
        const { refused } = await relay.send(event);
        if (refused !== undefined) throw new Error(`refused: ${refused}`);
        return 'acknowledged';
      },
    ],
    ['arrive', async () => within(arrival, timeoutMs)],
  ];
  try {
    for (const [step, run] of steps) {
      const begun = performance.now();
      const ms = () => Math.round((performance.now() - begun) * 10) / 10;
      try {
        const said = await run();
        yield { step, ok: true, ms: ms(), said };
      } catch (error) {
        yield { step, ok: false, ms: ms(), said: reasonOf(error), remedy: remedies[step] };
        return;
      }
    }
  } finally {
    await relay.close(0);
    page?.close();
    await page?.closed;
  }
}

function readiness({ status, text }: { status: number; text: string }): string {
  if (status === 200) return text;
  if (status === 503) throw new Error(text);
  return `not told here (${status}): the server is attached to an app, or behind a path`;
}

async function within(arrival: Promise<void>, timeoutMs: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the event did not arrive within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([arrival, late]);
    return 'the event has arrived';
  } finally {
    clearTimeout(timer);
  }
}
