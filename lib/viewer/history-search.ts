import type { Readable } from 'node:stream';
import { type HistoryQuery, parseHistoryQuery, parseSearch, type TraceQuery } from '../action/history-query.ts';
import type { Entry } from '../action/store.ts';
import { ActionlogError } from '../errors.ts';
import type { Actor } from '../session/actor.ts';
import type { Days } from './days.ts';
import { type Problems, type Search, spanOf } from './search.ts';

/** Entries that a query asks for: awaited, a page of them. */
export interface FoundEntries extends PromiseLike<Entry[]> {
  csv(options?: { bom?: boolean }): Readable;
  jsonLines(): Readable;
}

/** Where entries are read. */
export interface HistorySource {
  history(query: HistoryQuery, signal?: AbortSignal): FoundEntries;
}

/** The fields of the page by the names in a history query. */
const fieldOf = new Map([
  ['login', 'user'],
  ['text', 'q'],
  ['raw', 'q'],
  ['trace', 'q'],
]);

/** Something, or why there is none. */
export type Found<T> = { found: T; problems?: undefined } | { problems: Problems };

/** What a search asks of the history, always of the reader's own tenant; or what is wrong with it. */
export function historyQuery(
  { q = '', user, rectype, recid, correlation, before, ...span }: Search,
  actor: Actor,
  days: Days,
): Found<HistoryQuery> {
  const { trace, rest } = conditionsIn(q);
  const named = { login: user, rectype, recid, correlation, before, ...spanOf(span, days) };
  const query: HistoryQuery = { actor, ...parseSearch(rest), ...(trace.length > 0 ? { trace } : {}), ...named };
  try {
    parseHistoryQuery(query);
    return { found: query };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [, key = 'q', what = error.message] = /^history: (\w+)[\w.]*: (.*)$/s.exec(error.message) ?? [];
    return { problems: new Map([[fieldOf.get(key) ?? key, what]]) };
  }
}

/** Reads what a query asks for, or says why the application has none of it. */
export async function readHistory<T>(query: HistoryQuery, read: () => PromiseLike<T>): Promise<Found<T>> {
  try {
    return { found: await read() };
  } catch (error) {
    if (query.trace === undefined || !(error instanceof ActionlogError && error.code === 'table-missing')) throw error;
    return { problems: new Map([['q', 'no changed columns are kept here, so that they cannot be compared']]) };
  }
}

/** What is typed as `price<10` or `price>10` is a condition on what a changed column was set to. */
function conditionsIn(typed: string): { trace: TraceQuery[]; rest: string } {
  const trace: TraceQuery[] = [];
  const rest = typed.replaceAll(
    /(?<!\S)([^\s="<>]+)([<>])(-?\d+(?:\.\d+)?)(?!\S)/gu,
    (_all, field: string, sign: string, number: string) => {
      trace.push(sign === '<' ? { field, below: Number(number) } : { field, above: Number(number) });
      return '';
    },
  );
  return { trace, rest };
}
