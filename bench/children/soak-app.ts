/* An application server of the built package under a steady, mixed load. */
import { type Actionlog, ActionlogError, type ActorActions, createActionlog } from 'express-actionlog';
import { openLoop } from '../support/load.ts';
import { serve } from '../support/serve.ts';
import { usageOf } from './usage.ts';

const tenants: { gsid: number; actions: ActorActions; events: number }[] = [];
const told = new Map<string, number>();
const outcomes = new Map<string, number>();
const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);

let actionlog: Actionlog | undefined;
let rows = 0;
const waiting: Promise<unknown>[] = [];

/** Of ten actions six change a record, two change none, one is announced without a row, and one looks at the history. */
async function act(index: number): Promise<void> {
  const tenant = tenants[index % tenants.length];
  const kind = Math.floor(index / tenants.length) % 10;
  if (!tenant) return;
  const { gsid, actions } = tenant;
  if (kind === 9) {
    await actionlog?.history({ gsid });
    return;
  }
  if (kind === 8) {
    tenant.events += 1;
    count(outcomes, (await actions.streamaction('product', index + 1)).status);
    return;
  }
  const raw = { index, name: 'Lamp', text: 'x'.repeat(index % 500) };
  const record = kind < 6 ? { rectype: 'product', recid: index + 1 } : undefined;
  rows += 1;
  if (record) tenant.events += 1;
  const { announced } = await actions.logaction('updated product Lamp', raw, record);
  waiting.push(announced.then(({ status }) => count(outcomes, status)));
  if (waiting.length >= 10_000) await Promise.all(waiting.splice(0));
}

export const api = serve({
  async start(options: { database: string; url: string; secret: string; tenants: number }): Promise<void> {
    const { database, url, secret } = options;
    actionlog = createActionlog({
      ...{ database, stream: { url, secrets: [secret] }, session: () => undefined },
      onError: (error) => count(told, error instanceof ActionlogError ? error.code : String(error)),
    });
    await actionlog.ready();
    for (let gsid = 1; gsid <= options.tenants; gsid += 1) {
      tenants.push({ gsid, actions: actionlog.as({ userid: 42, gsid, login: 'soak' }), events: 0 });
    }
  },
  /** Resolves once all of it is through. */
  async run(load: { perSecond: number; durationMs: number }) {
    const result = await openLoop(load, act);
    await Promise.all(waiting.splice(0));
    return result;
  },
  usage: usageOf,
  /** What was done so far: rows, events of each tenant, what became of them, and what `onError` was told. */
  done: () => ({
    rows,
    events: tenants.map(({ events }) => events),
    outcomes: Object.fromEntries(outcomes),
    told: Object.fromEntries(told),
  }),
  close: () => actionlog?.close(),
});
