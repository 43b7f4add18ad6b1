/* An application server of the built package that relays events, without rows: `actionlog.streamaction`. */
import { type Actionlog, ActionlogError, createActionlog } from 'express-actionlog';
import { closedLoop, type Load, openLoop, quantile } from '../support/load.ts';
import { serve } from '../support/serve.ts';
import { cpuMs } from './usage.ts';

let actionlog: Actionlog | undefined;
let sent = 0;
let gsid = 1;
/** What `onError` was told, and how often. */
const told = new Map<string, number>();

/** Resolves with whether the streaming server has acknowledged the event. */
async function relay(): Promise<boolean> {
  sent += 1;
  const announcement = await actionlog?.streamaction({ wssid: 0, gsid, userid: 42, rectype: 'product', recid: sent });
  return announcement?.status === 'sent';
}

async function relayForCertain(): Promise<void> {
  if (!(await relay())) throw new Error(`an event was not relayed; onError was told ${toldText()}`);
}

const toldText = () => [...told].map(([code, count]) => `${count} ${code}`).join(', ');

export const api = serve({
  /** @param database an address, as `createActionlog` takes it */
  async start(options: { url: string; secret: string; database: string; gsid?: number }): Promise<void> {
    gsid = options.gsid ?? 1;
    actionlog = createActionlog({
      database: options.database,
      session: () => undefined,
      stream: { url: options.url, secrets: [options.secret] },
      onError(error) {
        const code = error instanceof ActionlogError ? error.code : String(error);
        told.set(code, (told.get(code) ?? 0) + 1);
      },
    });
    await actionlog.ready();
  },
  load: (how: { concurrency: number; durationMs: number }): Promise<Load> => closedLoop(how, relayForCertain),
  /** So many actions a second, whether or not those before are through; and what each second of it brought. */
  async offered({ perSecond, seconds }: { perSecond: number; seconds: number }) {
    const times: number[][] = Array.from({ length: seconds }, () => []);
    const begin = performance.now();
    const cpu = cpuMs();
    let lost = 0;
    const load = await openLoop({ perSecond, durationMs: seconds * 1000 }, async (_index, dueAt) => {
      if (!(await relay())) lost += 1;
      times[Math.min(Math.floor((dueAt - begin) / 1000), seconds - 1)]?.push(performance.now() - dueAt);
    });
    return {
      ...{ load, lost, told: toldText(), cpuMs: cpuMs() - cpu },
      counts: times.map(({ length }) => length),
      p99Ms: times.map((list) => quantile(list, 0.99)),
    };
  },
  sent: () => sent,
  async close() {
    await actionlog?.close();
  },
});
