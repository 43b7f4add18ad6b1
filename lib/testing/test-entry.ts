import type { UpdateEvent } from '../stream/protocol.ts';
import type { TestChange } from './expected.ts';
import type { MemoryRow } from './memory-table.ts';
import { changesOf } from './memory-traced.ts';
import type { Shown } from './nearest.ts';

/** An entry, read for tests: its JSON parsed, its columns under the names that `logaction` has for them. */
export interface TestEntry {
  /** Number of the entry, decimal. */
  alogid: string;
  /** Tenant. */
  gsid: string;
  userid: string;
  login: string;
  message: string | null;
  /** The raw object, as it came back from the row. */
  rawobj: unknown;
  /** Undefined where no record was changed. */
  record: { rectype: string; recid: string } | undefined;
  /** The additions to the event; undefined where there are none. */
  extra: unknown;
  ctxid: number | null;
  /** What it belongs together with. */
  correlation: string | null;
  /** The changed columns that the option `trace` keeps, by name. */
  trace: Readonly<Record<string, TestChange>>;
  /** The connection id that the request claimed; 0 for none. */
  connection: number;
  /** Whether it was saved over a conflict that the user knew of. */
  conflicted: boolean;
  /** When it was written, Unix time in milliseconds, to the second. */
  time: number;
  /** Whether nothing is left to announce: it was acknowledged and marked, given up, or there is no record. */
  announced: boolean;
}

export function testEntry(entry: MemoryRow): TestEntry {
  const { alogid, gsid, userid, rectype, recid, ctxid, correlation } = entry;
  return {
    ...{ alogid, gsid, userid, login: entry.logname, message: entry.logmessage, rawobj: parsed(entry.rawobj) },
    record: rectype === '' ? undefined : { rectype, recid },
    extra: entry.extra === null ? undefined : parsed(entry.extra),
    trace: changesOf(entry),
    ...{ ctxid, correlation, connection: entry.sid, conflicted: entry.bulldozed === 1 },
    time: entry.logdate * 1000,
    announced: entry.wssdone === 1,
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json; // the form of Gyroscope's rows, which need not be JSON
  }
}

/** An event as an assertion compares it: with message and raw object of the entry that it announces. */
export function shownEvent(event: UpdateEvent, entry: TestEntry | undefined): Shown {
  const { alogid, gsid, userid, login, rectype, recid, extra, ctxid, sid } = event;
  return {
    ...{ alogid, gsid, userid, login: login ?? userid, record: { rectype, recid }, extra, ctxid: ctxid ?? null },
    connection: sid,
    message: entry?.message ?? null,
    rawobj: entry?.rawobj ?? {},
    correlation: entry?.correlation ?? null,
    trace: entry?.trace ?? {},
    conflicted: entry?.conflicted ?? false,
  };
}
