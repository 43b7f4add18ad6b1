import type { Entry } from '../action/store.ts';
import type { TracedChange, TracedOfEntries } from '../action/traced-query.ts';
import { ActionlogError } from '../errors.ts';
import type { Actor } from '../session/actor.ts';
import type { Days } from './days.ts';
import type { ShownEntry } from './entry-view.ts';
import type { HistorySource } from './history-search.ts';
import type { ListContent } from './list-page.ts';
import type { Search } from './search.ts';
import { detailsOf } from './shown-changes.ts';
import { type CheckedViewerOptions, isWebAddress } from './viewer-options.ts';

/** Where the viewer reads. */
export interface EntrySource extends HistorySource {
  tracedChanges(query: TracedOfEntries): Promise<TracedChange[]>;
}

/** What of the viewer's surroundings a list is made with. */
export interface Surroundings {
  source: EntrySource;
  options: CheckedViewerOptions;
  days: Days;
}

/** The latest time that is told: rows of another program may hold anything. */
const latest = Date.UTC(9999, 11, 30);

/** All that is shown of a page of entries, which may be one longer than the page: then there are more. */
export async function listOf(
  { source, options, days }: Surroundings,
  search: Search,
  found: readonly Entry[],
  actor: Actor,
): Promise<ListContent> {
  const { pageSize } = options;
  const entries = found.slice(0, pageSize);
  const users = [...new Set(entries.map(({ userid }) => userid))];
  const names = users.length > 0 ? await options.userNames?.(users, actor) : undefined;
  const traced = await tracedOf(source, entries, actor);
  const [newest] = entries;
  const narrowed = search.rectype !== undefined && search.recid !== undefined;
  return {
    ...{ search, days, more: found.length > pageSize },
    entries: entries.map((entry): ShownEntry => {
      const at = Math.min(Math.max(entry.logdate * 1000 || 0, 0), latest);
      return {
        entry,
        who: names?.get(entry.userid) ?? (entry.logname || `user ${entry.userid}`),
        at,
        time: days.time(at),
        fullTime: days.full(at),
        details: detailsOf(entry.rawobj, traced.get(entry.alogid)),
        recordUrl: recordUrl(options, entry.rectype, entry.recid),
      };
    }),
    // of an entry that is there: the address may name any record
    recordUrl: narrowed && newest ? recordUrl(options, newest.rectype, newest.recid) : undefined,
  };
}

/** The changed columns that were kept of each entry; none where the application keeps none. */
async function tracedOf(
  source: EntrySource,
  entries: readonly Entry[],
  actor: Actor,
): Promise<Map<string, TracedChange[]>> {
  const traced = new Map<string, TracedChange[]>();
  if (entries.length === 0) return traced;
  try {
    const found = await source.tracedChanges({ actor, alogids: entries.map(({ alogid }) => alogid) });
    for (const change of found) {
      const list = traced.get(change.alogid);
      if (list) list.push(change);
      else traced.set(change.alogid, [change]);
    }
  } catch (error) {
    if (!(error instanceof ActionlogError && error.code === 'table-missing')) throw error;
  }
  return traced;
}

function recordUrl({ recordUrl }: CheckedViewerOptions, rectype: string, recid: string): string | undefined {
  if (rectype === '') return undefined;
  const url = recordUrl?.(rectype, recid);
  return typeof url === 'string' && isWebAddress(url) ? url : undefined;
}
