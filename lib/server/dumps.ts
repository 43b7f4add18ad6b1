import type { Dump, UpdateEvent } from '../stream/protocol.ts';
import type { DumpRectype } from './hub.ts';
import type { Parts } from './parts.ts';

/** Whether an event is no announcement, but asks who is connected. */
export function asksForDump(event: UpdateEvent): event is UpdateEvent & { rectype: DumpRectype } {
  return event.rectype === 'gsidmap' || event.rectype === 'wsclientmap';
}

/** Who is connected, as the event asks; logged as well, since Gyroscope's own callers do not read the answer. */
export async function takeDump(
  event: UpdateEvent & { rectype: DumpRectype },
  { engine, logger }: Pick<Parts, 'engine' | 'logger'>,
): Promise<Dump> {
  const dump = await engine.dump(event.rectype, event.gsid);
  logger.info(JSON.stringify(dump), 'dump');
  return dump;
}

/** One dump of those of several servers. */
export function mergedDump(rectype: DumpRectype, dumps: readonly (Dump | undefined)[]): Dump {
  if (rectype === 'wsclientmap') {
    const maps = dumps.map((dump) => (dump && 'wsclientmap' in dump ? dump.wsclientmap : {}));
    return { wsclientmap: Object.assign({}, ...maps) };
  }
  const tenants = new Map<string, number[]>();
  for (const dump of dumps) {
    for (const [gsid, sids] of Object.entries(dump && 'gsidmap' in dump ? dump.gsidmap : {})) {
      tenants.set(gsid, [...(tenants.get(gsid) ?? []), ...sids]);
    }
  }
  return { gsidmap: Object.fromEntries(tenants) };
}
