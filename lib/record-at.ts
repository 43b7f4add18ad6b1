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

/**
 * A record's columns at a time, from the last change of each until then. Where a column was once a plain value and once an
 * object with columns of its own, it is what it was last.
 */
export async function recordAt(store: ActionStore, query: TracedAt): Promise<Map<string, KnownValue>> {
  if (query?.at === undefined) throw new TypeError('recordAt: at: expected a Date, or Unix time in milliseconds');
  const changes = await store.traced(query);
  const known = new Map(
    changes.map(({ field, after, masked, alogid, logdate }) => [field, { value: after, masked, alogid, logdate }]),
  );
  const outdated = new Set([...known.keys()].flatMap((field) => outdatedBy(known, field)));
  const left = [...known].filter(([field]) => !outdated.has(field));
  return new Map(left.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Of a column and each that it stands in, the one that was set before the other. */
function outdatedBy(known: ReadonlyMap<string, KnownValue>, field: string): string[] {
  const outdated: string[] = [];
  for (let end = field.lastIndexOf('.'); end > 0; end = field.lastIndexOf('.', end - 1)) {
    const outer = field.slice(0, end);
    const [inside, around] = [known.get(field), known.get(outer)];
    if (!inside || !around || inside.alogid === around.alogid) continue;
    outdated.push(BigInt(inside.alogid) < BigInt(around.alogid) ? field : outer);
  }
  return outdated;
}
