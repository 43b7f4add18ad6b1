import type { Dump, UpdateEvent } from '../stream/protocol.ts';
import type { DumpRectype } from './hub.ts';
import type { Parts } from './parts.ts';

/** Whether an event is no announcement, but asks who is connected. */
export function asksForDump(event: UpdateEvent): event is UpdateEvent & { rectype: DumpRectype } {
  return event.rectype === 'gsidmap' || event.rectype === 'wsclientmap';
}

/** Who is connected, as the event asks; logged as well, since Gyroscope's own callers do not read the answer. */
export function takeDump(event: UpdateEvent & { rectype: DumpRectype }, { hub, logger }: Parts): Dump {
  const dump = hub.dump(event.rectype, event.gsid);
  logger.info(`express-actionlog: ${JSON.stringify(dump)}`);
  return dump;
}
