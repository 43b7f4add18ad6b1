import { type Html, html } from './html.ts';
import { type Problems, queryOf, type Search, type SearchField, searchFields, without } from './search.ts';

/** What the fields suggest: of what the page shows. */
export interface Suggestions {
  users: readonly string[];
  rectypes: readonly string[];
}

const filters: readonly { field: SearchField; type: 'text' | 'date'; list?: keyof Suggestions }[] = [
  { field: 'user', type: 'text', list: 'users' },
  { field: 'rectype', type: 'text', list: 'rectypes' },
  { field: 'recid', type: 'text' },
  { field: 'from', type: 'date' },
  { field: 'to', type: 'date' },
];

/** The form above the entries: a search field, and the filters folded away unless one of them is wrong. */
export function searchForm(search: Search, problems: Problems | undefined, suggestions: Suggestions): Html {
  const set = filters.filter(({ field }) => search[field] !== undefined || problems?.has(field)).length;
  return html`<form class="search" method="get" role="search">
<div class="words">
<label for="q">Search</label>
<div class="line">
<input id="q" name="q" type="search" value="${search.q}" maxlength="200" placeholder="words, or price=9" autocomplete="off" enterkeyhint="search"${invalid('q', problems)}>
<button class="primary">Search</button>
</div>
${error('q', problems)}
</div>
<details class="filters"${problems && html` open`}>
<summary>Filters${set > 0 && html` <span class="count">${set}<span class="hidden"> set</span></span>`}</summary>
<div class="fields">
${filters.map(
  ({ field, type, list }) => html`<p class="field">
<label for="${field}">${searchFields[field]}</label>
<input id="${field}" name="${field}" type="${problems?.has(field) ? 'text' : type}" value="${search[field]}" autocomplete="off"${
    type === 'text' && html` maxlength="255" autocapitalize="none" spellcheck="false"`
  }${list !== undefined && html` list="${list}"`}${invalid(field, problems)}>
${error(field, problems)}
</p>`,
)}
</div>
<p class="buttons"><button>Apply</button>${(set > 0 || search.q !== undefined) && html` <a href="?">Clear all</a>`}</p>
</details>
${search.correlation !== undefined && html`<input type="hidden" name="correlation" value="${search.correlation}">`}
${(['users', 'rectypes'] as const).map(
  (name) =>
    html`<datalist id="${name}">${suggestions[name].map((value) => html`<option value="${value}"></option>`)}</datalist>`,
)}
</form>`;
}

function invalid(field: string, problems: Problems | undefined): Html | undefined | false {
  return problems?.has(field) && html` aria-invalid="true" aria-describedby="${field}-error"`;
}

function error(field: string, problems: Problems | undefined): Html | undefined | false {
  return problems?.has(field) && html`<span class="error" id="${field}-error">${problems.get(field)}</span>`;
}

/** What the page is narrowed to, each with a link that takes it away; not what its heading says. */
export function chips(search: Search, inHeading: readonly SearchField[]): Html | false {
  const set = (Object.keys(searchFields) as SearchField[]).filter(
    (field) => search[field] !== undefined && !inHeading.includes(field),
  );
  if (set.length === 0) return false;
  return html`<ul class="chips" aria-label="Only entries with">${set.map(
    (field) =>
      html`<li><a href="${queryOf(without(search, field, 'before'))}"><span class="hidden">Remove </span>${searchFields[field]}: <bdi>${search[field]}</bdi> <span aria-hidden="true">×</span></a></li>`,
  )}</ul>`;
}
