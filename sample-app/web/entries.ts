import type { Entry } from 'express-actionlog';

/** An entry as pages show it. */
export interface EntryView {
  /** Unix time in milliseconds. */
  time: number;
  userid: string;
  who: string;
  message: string;
  /** What changed: field and `old → new`. */
  changes: [field: string, change: string][];
  bulldozed: boolean;
}

/** @param names display names by user id; an unknown user is shown by the login that the entry kept */
export function showEntries(entries: readonly Entry[], names: ReadonlyMap<string, string>): EntryView[] {
  return entries.map((entry) => ({
    time: entry.logdate * 1000,
    userid: entry.userid,
    who: names.get(entry.userid) ?? entry.logname,
    message: entry.logmessage ?? '',
    changes: changesIn(entry.rawobj),
    bulldozed: entry.bulldozed === 1,
  }));
}

function changesIn(rawobj: string): [string, string][] {
  let value: unknown;
  try {
    value = JSON.parse(rawobj);
  } catch {
    return []; // text that the log had to cut: the message still stands
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([field, change]): [string, string][] =>
    typeof change === 'string' && change.includes(' -> ') ? [[field, change.replace(' -> ', ' → ')]] : [],
  );
}
