import type { Entry } from '../action/store.ts';
import { type Html, html } from './html.ts';
import { queryOf } from './search.ts';
import type { ShownChange, ShownDetails } from './shown-changes.ts';

/** An entry with all that a page shows of it. */
export interface ShownEntry {
  entry: Entry;
  /** Name of who did it. */
  who: string;
  /** When, Unix time in milliseconds. */
  at: number;
  /** Time of day, and the whole of it with day and zone. */
  time: string;
  fullTime: string;
  details: ShownDetails;
  /** The application's own page of the record. */
  recordUrl: string | undefined;
}

/** How much of an entry's details is seen before they are unfolded. */
const previewItems = 3;
const previewCharacters = 60;

/**
 * One entry of the list.
 *
 * @param ofRecord whether the page is the history of the one record: then it need not be named, and changes are unfolded
 */
export function entryView({ entry, who, at, time, fullTime, details, recordUrl }: ShownEntry, ofRecord: boolean): Html {
  const { alogid, logname, logmessage, rectype, recid } = entry;
  const record = rectype !== '' && !ofRecord;
  const byWhom =
    logname === ''
      ? html`<bdi class="who">${who}</bdi>`
      : html`<a class="who" href="${queryOf({ user: logname })}" title="All of ${logname}"><bdi>${who}</bdi></a>`;
  return html`<li class="entry" data-entry="${alogid}">
<time datetime="${new Date(at).toISOString()}" title="${fullTime}">${time}</time>
<div class="what">
<p class="message">${byWhom} <bdi>${logmessage}</bdi>${
    entry.bulldozed === 1 && html` <span class="badge">saved over a conflict</span>`
  }</p>
${
  record &&
  html`<p class="record"><a href="${queryOf({ rectype, recid })}"><span class="hidden">History of </span><bdi>${rectype} ${recid}</bdi></a>${
    recordUrl !== undefined &&
    html` <a class="open" href="${recordUrl}">Open<span class="hidden"> <bdi>${rectype} ${recid}</bdi></span> <span aria-hidden="true">↗</span></a>`
  }</p>`
}
${detailsView(details, ofRecord, entry.correlation)}
</div>
</li>`;
}

function detailsView({ changes, facts, left }: ShownDetails, open: boolean, correlation: string | null): Html | false {
  if (changes.length === 0 && facts.length === 0) return false;
  return html`<details${open && changes.length > 0 && html` open`}>
<summary><span class="shut">${preview(changes, facts)}</span><span class="unfolded">${changes.length > 0 ? 'What changed' : 'Details'}</span></summary>
${changes.length > 0 && changeTable(changes)}
${
  facts.length > 0 &&
  html`<dl class="facts">${facts.map(
    ([name, value]) => html`<div><dt><bdi>${name || 'value'}</bdi></dt><dd dir="auto">${value}</dd></div>`,
  )}</dl>`
}
${left > 0 && html`<p class="left">${left} more: see the export.</p>`}
${correlation !== null && html`<p class="left"><a href="${queryOf({ correlation })}">All that was done together</a></p>`}
</details>`;
}

/** What is seen of folded details: the first changes, else the first facts. */
function preview(changes: readonly ShownChange[], facts: readonly [name: string, value: string][]): Html {
  const items =
    changes.length > 0
      ? changes.map(({ field, before, after, masked }) => [
          field,
          masked
            ? html`changed`
            : html`${short(before)} <span aria-hidden="true">→</span><span class="hidden">to</span> ${short(after)}`,
        ])
      : facts.map(([name, value]) => [name || 'value', short(value)]);
  const more = changes.length + facts.length - Math.min(items.length, previewItems);
  return html`${items
    .slice(0, previewItems)
    .map(([name, value]) => html`<span class="item"><b><bdi>${name}</bdi></b> ${value}</span> `)}${
    more > 0 && html`<span class="item more">${more} more</span>`
  }`;
}

function short(text: string | null): Html {
  if (text === null || text === '') return html`<i>${text === null ? 'none' : 'empty'}</i>`;
  const line = text.replaceAll(/\s+/g, ' ').trim();
  const cut = line.length > previewCharacters ? `${line.slice(0, previewCharacters - 1).toWellFormed()}…` : line;
  return html`<bdi>${cut}</bdi>`;
}

/** Roles are named, because a narrow page shows the rows as blocks, for which some browsers would forget them. */
function changeTable(changes: readonly ShownChange[]): Html {
  return html`<table class="changes" role="table">
<caption class="hidden">What changed</caption>
<thead role="rowgroup"><tr role="row">${['Field', 'Before', 'After'].map((name) => html`<th scope="col" role="columnheader">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">${changes.map(
    ({ field, before, after, masked }) =>
      html`<tr role="row"><th scope="row" role="rowheader"><bdi>${field}</bdi></th>${
        masked
          ? html`<td colspan="2" role="cell" class="masked">changed; its value is not kept</td>`
          : html`<td role="cell" class="before" dir="auto">${cell(before)}</td><td role="cell" class="after" dir="auto">${cell(after)}</td>`
      }</tr>`,
  )}</tbody>
</table>`;
}

function cell(text: string | null): Html | string {
  if (text === null) return html`<i>none</i>`;
  return text === '' ? html`<i>empty</i>` : text;
}
