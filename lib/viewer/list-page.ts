import type { Days } from './days.ts';
import { entryView, type ShownEntry } from './entry-view.ts';
import { type Html, html } from './html.ts';
import { type Frame, page } from './page.ts';
import { type Problems, queryOf, type Search, type SearchField, searchFields, without } from './search.ts';
import { chips, searchForm } from './search-form.ts';

/** What the list shows. */
export interface ListContent {
  search: Search;
  entries: readonly ShownEntry[];
  /** Whether there are older entries than these. */
  more: boolean;
  days: Days;
  /** The application's own page of the one record that the list is narrowed to. */
  recordUrl: string | undefined;
}

/** The page with entries, day by day. */
export function listPage(frame: Frame, content: ListContent): string {
  const { search, entries, more, recordUrl } = content;
  const { title } = frame.options;
  const record = recordOf(search);
  const heading = record
    ? html`<h1><a class="up" href="?">${title}</a> <bdi>${record}</bdi></h1>${
        recordUrl !== undefined &&
        html`<a class="open" href="${recordUrl}">Open record <span aria-hidden="true">↗</span></a>`
      }`
    : html`<h1>${title}</h1>`;
  const last = entries.at(-1)?.entry.alogid;
  const older =
    more && last !== undefined
      ? html`<a rel="next" href="${queryOf({ ...search, before: last })}" data-older>Older</a>`
      : false;
  const newest = search.before !== undefined && html`<a href="${queryOf(without(search, 'before'))}">Newest</a>`;
  const body = html`<main id="main" tabindex="-1">
${searchForm(search, undefined, suggestionsOf(entries))}
${chips(search, record === undefined ? [] : ['rectype', 'recid'])}
<p class="stale" role="status" data-news></p>
<div data-entries${search.before !== undefined && html` data-past`}>
${entries.length === 0 ? empty(search) : byDay(content).map(([date, list]) => day(date, list, content))}
</div>
${(older || newest) && html`<nav class="pages" aria-label="Pages" data-pages>${newest}${older}</nav>`}
</main>
${entries.length > 0 && exportLinks(frame.base, search)}`;
  return page(frame, { title: record === undefined ? title : `${record} · ${title}`, heading, body, live: true });
}

/** The page that says what is wrong with the address. */
export function badSearchPage(frame: Frame, search: Search, problems: Problems): string {
  const { title } = frame.options;
  const body = html`<main id="main" tabindex="-1">
<div class="notice" role="alert">
<h2>This search cannot be done</h2>
<ul>${[...problems].map(([field, problem]) => html`<li><b>${fieldName(field)}</b>: ${problem}</li>`)}</ul>
<p><a href="?">Show all entries</a></p>
</div>
${searchForm(search, problems, { users: [], rectypes: [] })}
</main>`;
  return page(frame, { title: `Not understood · ${title}`, heading: html`<h1>${title}</h1>`, body });
}

/** The page for who may not look. */
export function forbiddenPage(frame: Frame): string {
  const { title } = frame.options;
  const body = html`<main id="main" tabindex="-1">
<div class="notice">
<h2>Not for your account</h2>
<p>You are signed in, but the activity log is not open to you. Who runs this application can change that.</p>
</div>
</main>`;
  return page(frame, { title: `Not allowed · ${title}`, heading: html`<h1>${title}</h1>`, body });
}

function fieldName(field: string): string {
  return Object.hasOwn(searchFields, field) ? searchFields[field as SearchField] : 'Page';
}

/** The one record that a search is narrowed to, as it is called. */
function recordOf({ rectype, recid }: Search): string | undefined {
  return rectype !== undefined && recid !== undefined ? `${rectype} ${recid}` : undefined;
}

function suggestionsOf(entries: readonly ShownEntry[]) {
  const all = (of: (entry: ShownEntry) => string) => [...new Set(entries.map(of))].filter((text) => text !== '').sort();
  return { users: all(({ entry }) => entry.logname), rectypes: all(({ entry }) => entry.rectype) };
}

function byDay({ entries, days }: ListContent): [date: string, entries: ShownEntry[]][] {
  const found = new Map<string, ShownEntry[]>();
  for (const shown of entries) {
    const date = days.dateOf(shown.at);
    const list = found.get(date);
    if (list) list.push(shown);
    else found.set(date, [shown]);
  }
  return [...found];
}

function day(date: string, entries: readonly ShownEntry[], { search, days }: ListContent): Html {
  const [first] = entries;
  const name = first ? days.name(first.at) : date;
  return html`<section class="day" data-day="${date}" aria-labelledby="day-${date}">
<h2 id="day-${date}"><a class="whole" href="${queryOf({ ...without(search, 'before'), from: date, to: date })}"><time datetime="${date}">${name}</time></a></h2>
<ol class="entries">${entries.map((shown) => entryView(shown, recordOf(search) !== undefined))}</ol>
</section>
`;
}

function empty(search: Search): Html {
  const narrowed = Object.keys(search).length > 0;
  return html`<div class="empty">
<p><b>${narrowed ? 'Nothing matches.' : 'Nothing has happened yet.'}</b></p>
<p>${narrowed ? html`Take a filter away, or <a href="?">show all entries</a>.` : 'What people change in this application is listed here, newest first.'}</p>
</div>`;
}

function exportLinks(base: string, search: Search): Html {
  const query = queryOf(without(search, 'before'));
  return html`<footer class="export">
<p>${Object.keys(without(search, 'before')).length > 0 ? 'Export what matches' : 'Export everything'}: <a href="${base}export.csv${query}" download>CSV</a> <a href="${base}export.jsonl${query}" download>JSON lines</a></p>
</footer>`;
}
