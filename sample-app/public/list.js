// The list of products: a row that somebody changes is fetched anew.

import { atTime, nameOf } from './say.js';

const rowOf = (id, root = document) => root.querySelector(`[data-product="${CSS.escape(id)}"]`);

/** Reads HTML of our own server; scripts in it would not run. */
const parse = (html) => new DOMParser().parseFromString(html, 'text/html');

function replaceRow(old, row, change) {
  if (Number(row.dataset.version) <= Number(old.dataset.version)) return;
  const focused = old.contains(document.activeElement);
  old.replaceWith(row);
  if (focused) row.querySelector('a')?.focus();
  row.classList.add('changed');
  const mark = row.querySelector('[data-row-mark]');
  mark.textContent = change ? `changed by ${nameOf(change)}${atTime(change.at)}` : 'changed';
  mark.hidden = false;
}

/** Fetches one row. The page's address says which tabs its link keeps open. */
export async function refreshRow(id, change) {
  const old = rowOf(id);
  if (!old || (change.version ?? Number.POSITIVE_INFINITY) <= Number(old.dataset.version)) return;
  const response = await fetch(`/products/${encodeURIComponent(id)}/row${location.search}`);
  const row = response.ok && rowOf(id, parse(`<table>${await response.text()}</table>`));
  const current = rowOf(id);
  if (row && current) replaceRow(current, row, change);
}

/** Fetches the whole list: what changed while the page was not connected. */
export async function refreshList() {
  const list = document.querySelector('[data-products]');
  if (!list) return;
  const response = await fetch(location.href);
  if (!response.ok || response.redirected) return;
  for (const row of parse(await response.text()).querySelectorAll('[data-product]')) {
    const old = rowOf(row.dataset.product);
    if (old) replaceRow(old, row);
  }
}
