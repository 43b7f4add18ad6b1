// The open records: which version each tab last showed, and which of them somebody else has changed since.

import { recall, remember } from './memory.js';
import { announce, atTime, nameOf } from './say.js';

const tabs = new Map([...document.querySelectorAll('[data-tab]')].map((tab) => [tab.dataset.tab, tab]));
const listeners = [];

/** By product id. What is no tab any more is forgotten. */
const kept = (name) => new Map(Object.entries(recall(name) ?? {}).filter(([id]) => tabs.has(id)));
const seen = kept('seen');
const marks = kept('marks');
// A tab that this window has never shown, as after following a link, is as new as the page.
for (const [id, tab] of tabs) if (!seen.has(id)) seen.set(id, Number(tab.dataset.version));

const save = () => {
  remember('seen', Object.fromEntries(seen));
  remember('marks', Object.fromEntries(marks));
};

export const openIds = () => [...tabs.keys()];

/** Calls `listener(id, mark)` whenever a mark is set, or cleared: then `mark` is undefined. */
export const onMark = (listener) => void listeners.push(listener);

/** The page shows this version of the record. */
export function shows(id, version) {
  seen.set(id, version);
  save();
}

/** Somebody else has changed a record. Without a version (the test page's events have none) it counts as newer. */
export function mark(id, change) {
  const tab = tabs.get(id);
  if (!tab || (change.version !== undefined && change.version <= seen.get(id))) return;
  const before = marks.get(id);
  marks.set(id, { ...before, ...change });
  save();
  paint(id);
  if (before?.at === change.at && before?.version === change.version) return;
  announce(`${tab.querySelector('.tab-name').textContent}: changed by ${nameOf(change)}${atTime(change.at)}`);
}

/** This page's own change clears the mark, unless somebody has changed the record again since. */
export function clear(id, version) {
  if (version < marks.get(id)?.version || !marks.delete(id)) return;
  save();
  paint(id);
}

function paint(id) {
  const change = marks.get(id);
  const tab = tabs.get(id);
  tab.classList.toggle('changed', change !== undefined);
  tab.querySelector('.mark').hidden = change === undefined;
  tab.querySelector('[data-mark-by]').textContent = change ? ` by ${nameOf(change)}${atTime(change.at)}` : '';
  for (const listener of listeners) listener(id, change);
}

/** Shows the marks that the pages before this one have set. */
export function paintAll() {
  for (const id of marks.keys()) paint(id);
}
