import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry } from '../action/store.ts';
import { readTable, type TableReader } from '../action/table-reader.ts';
import { reasonOf } from './server-look.ts';

/** What is printed, and how. */
interface TailEntriesOptions {
  address: string;
  table: string;
  tenantColumn: string;
  gsid: string | undefined;
  last: number;
  everyMs: number;
  json: boolean;
  signal: AbortSignal;
  write(line: string): void;
  /** Told of what is no entry. */
  note(text: string): void;
}

const pageSize = 500;
/** For how long entries with lower numbers are looked for: a transaction commits late what it has numbered early. */
const lateMs = 10_000;

/** Prints entries of all tenants, or of one, as they are written, until the signal. */
export async function tailEntries(options: TailEntriesOptions): Promise<void> {
  const { address, table, tenantColumn, last, everyMs, signal, note } = options;
  const reader = await readTable(address, table, tenantColumn);
  try {
    const { newest } = await reader.status();
    const first = BigInt(newest) - BigInt(last);
    const follow = new Follow(reader, first > 0n ? String(first) : '0', options);
    let failed = false;
    while (!signal.aborted) {
      try {
        await follow.look();
        failed = false;
      } catch (error) {
        if (!failed) note(`the table cannot be read, and is tried again: ${reasonOf(error)}`);
        failed = true;
      }
      await sleep(everyMs, undefined, { signal }).catch(() => undefined); // ended
    }
  } finally {
    await reader.close();
  }
}

class Follow {
  readonly #reader: TableReader;
  readonly #options: TailEntriesOptions;
  /** Entries up to this one are printed, whenever they were committed. */
  #after: string;
  /** The newest entry of each look within the last seconds, oldest first. */
  #looks: { at: number; newest: string }[] = [];
  /** Entries above `after` that are printed. */
  #printed = new Set<string>();

  constructor(reader: TableReader, after: string, options: TailEntriesOptions) {
    this.#reader = reader;
    this.#after = after;
    this.#options = options;
  }

  async look(): Promise<void> {
    const { gsid, json, write } = this.#options;
    let newest = this.#after;
    for (;;) {
      const entries = await this.#reader.after(newest, pageSize);
      for (const entry of entries) {
        if (this.#printed.has(entry.alogid)) continue;
        this.#printed.add(entry.alogid);
        if (gsid === undefined || entry.gsid === gsid) write(json ? JSON.stringify(entry) : lineOf(entry));
      }
      newest = entries.at(-1)?.alogid ?? newest;
      if (entries.length < pageSize) break;
    }
    this.#settle(newest);
  }

  /** What was the newest a while ago is passed for good. */
  #settle(newest: string): void {
    const now = performance.now();
    this.#looks.push({ at: now, newest });
    while (this.#looks[0] && now - this.#looks[0].at > lateMs) this.#after = this.#looks.shift()?.newest ?? this.#after;
    for (const alogid of this.#printed) if (BigInt(alogid) <= BigInt(this.#after)) this.#printed.delete(alogid);
  }
}

function lineOf({ alogid, logdate, gsid, userid, logname, logmessage, rectype, recid, wssdone }: Entry): string {
  const time = new Date(logdate * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const record = rectype === '' ? '' : ` [${rectype} ${recid}${wssdone === 0 ? ', to be announced' : ''}]`;
  return printable(`${time} #${alogid} tenant ${gsid} ${logname || '-'} (${userid}): ${logmessage ?? ''}${record}`);
}

/** Without control characters: what users wrote must not steer a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
