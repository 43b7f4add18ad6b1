import type { TraceQuery } from '../action/history-query.ts';
import type { RowValues } from '../action/insert.ts';
import { traceName } from '../action/trace-table.ts';
import { setMatcher } from '../action/traced-match.ts';
import type { TracedChange, TracedFilter } from '../action/traced-query.ts';
import type { TestChange } from './expected.ts';
import type { MemoryRow } from './memory-table.ts';

/** A changed column, in the order of `traceRows()`. */
interface Traced {
  gsid: string;
  rectype: string;
  recid: string;
  field: string;
  logdate: number;
  before: string | null;
  number: number | null;
  after: string | null;
  masked: boolean;
}

function traced(values: RowValues): Traced {
  const [gsid, rectype, recid, field, logdate, , before, number, after, masked] = values;
  return {
    ...{ gsid: String(gsid), rectype: String(rectype), recid: String(recid), field: String(field) },
    ...{ logdate: Number(logdate), before: text(before), after: text(after), masked: masked === 1 },
    number: typeof number === 'number' ? number : null,
  };
}

const text = (value: RowValues[number] | undefined) => (value === null || value === undefined ? null : String(value));

/** The changed columns of an entry, by name. */
export function changesOf({ trace }: Pick<MemoryRow, 'trace'>): Record<string, TestChange> {
  const changes = trace.map(traced);
  return Object.fromEntries(changes.map(({ field, before, after, masked }) => [field, { before, after, masked }]));
}

/** Whether an entry set a column so; masked values are never looked at. */
export function sets({ trace }: MemoryRow, condition: TraceQuery): boolean {
  const matches = setMatcher(condition);
  const field = traceName('field', condition.field);
  return trace
    .map(traced)
    .some((change) => !change.masked && change.field === field && matches({ ...change, text: change.after }));
}

/** The changed columns that a filter asks for: those of the newest entry first. */
export function tracedOf(rows: readonly MemoryRow[], filter: TracedFilter): TracedChange[] {
  const tenant = traceName('gsid', filter.gsid);
  const changes = [...rows]
    .reverse()
    .flatMap(({ alogid, trace }) => trace.map((values) => ({ alogid, ...traced(values) })))
    .filter(({ gsid }) => gsid === tenant);
  if ('alogids' in filter) {
    const wanted = new Set(filter.alogids);
    return changes.filter(({ alogid }) => wanted.has(alogid)).map(told);
  }
  const names = [traceName('rectype', filter.rectype), traceName('recid', filter.recid)];
  const own = changes.filter(({ rectype, recid }) => rectype === names[0] && recid === names[1]);
  if ('at' in filter) {
    const last = new Map<string, string>();
    for (const { field, logdate, alogid } of own) {
      if (logdate <= filter.at && !last.has(field)) last.set(field, alogid);
    }
    return own.filter(({ field, alogid }) => last.get(field) === alogid).map(told);
  }
  const { before, limit } = filter;
  const older = own.filter(({ alogid }) => before === undefined || BigInt(alogid) < BigInt(before));
  const page = new Set([...new Set(older.map(({ alogid }) => alogid))].slice(0, limit));
  return older.filter(({ alogid }) => page.has(alogid)).map(told);
}

function told({ alogid, logdate, field, before, after, masked }: Traced & { alogid: string }): TracedChange {
  return { alogid, logdate, field, before, after, masked };
}
