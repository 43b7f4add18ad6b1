import type { ActionStore } from './action/store.ts';
import type { TracedAt } from './action/traced-query.ts';

/** What a column of a record was set to, as far as it is known. */
export interface KnownValue {
  /** Null where it was set to nothing, or where it is masked. */
  value: string | null;
  /** Whether only is known that it was changed. */
  masked: boolean;
  /** The entry that set it. */
  alogid: string;
  /** When that was, Unix time in seconds. */
  logdate: number;
}

/** A record's columns at a time, from the last change of each until then. */
export async function recordAt(store: ActionStore, query: TracedAt): Promise<Map<string, KnownValue>> {
  if (query?.at === undefined) throw new TypeError('recordAt: at: expected a Date, or Unix time in milliseconds');
  const changes = await store.traced(query);
  const known = changes.map(({ field, after, masked, alogid, logdate }) => {
    return [field, { value: after, masked, alogid, logdate }] as const;
  });
  return new Map(known.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
