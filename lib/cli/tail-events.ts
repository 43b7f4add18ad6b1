import { setTimeout as sleep } from 'node:timers/promises';
import type { UpdateEvent } from '../stream/protocol.ts';
import { openProbe, type ProbeOptions, type ProbePage } from './page-probe.ts';
import { reasonOf } from './server-look.ts';
import { printable } from './tail-entries.ts';

/** What is printed, and how. */
interface TailEventsOptions extends Omit<ProbeOptions, 'onEvent' | 'at'> {
  json: boolean;
  signal: AbortSignal;
  write(line: string): void;
  /** Told of what is no event. */
  note(text: string): void;
}

const pauseMs = 1_000;

/** Prints the events of a tenant until the signal; a connection that is lost is made again, from where it ended. */
export async function tailEvents(options: TailEventsOptions): Promise<void> {
  const { json, signal, write, note } = options;
  const onEvent = (event: UpdateEvent) => write(json ? JSON.stringify(event) : lineOf(event));
  let page: ProbePage = await openProbe({ ...options, onEvent }); // the first failure is told as the command's own
  note(`listening to tenant ${options.gsid} at ${options.url}`);
  const ended = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
    if (signal.aborted) resolve(undefined);
  });
  while (!signal.aborted) {
    const how = await Promise.race([page.closed, ended]);
    if (how === undefined) break;
    note(`the connection has ended (${how}); it is made again`);
    const at = page.place();
    let next: ProbePage | undefined;
    while (!next && !signal.aborted) {
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined); // ended
      if (signal.aborted) break;
      next = await openProbe({ ...options, at, onEvent }).catch((error) => {
        note(`no connection: ${reasonOf(error)}`);
        return undefined;
      });
    }
    if (!next) return;
    page = next;
    note(page.greeting.recovered === false ? 'connected again; events may have been missed' : 'connected again');
  }
  page.close();
  await page.closed;
}

function lineOf({ gsid, userid, login, rectype, recid, alogid, time, extra }: UpdateEvent): string {
  const at = new Date(time ?? Date.now()).toISOString().slice(11, 19);
  const entry = alogid === undefined ? '' : ` #${alogid}`;
  const more = extra === undefined ? '' : ` ${JSON.stringify(extra)}`;
  return printable(`${at}${entry} tenant ${gsid} ${login ?? '-'} (${userid}): ${rectype} ${recid}${more}`);
}
