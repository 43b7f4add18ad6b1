// The page of one record: unsaved changes outlive a look at another tab, and a conflict is said before it is saved over.

import { recall, remember } from './memory.js';
import { atTime, nameOf } from './say.js';
import { clear, mark, onMark, shows } from './tabs.js';

const fields = ['name', 'price', 'stock', 'notes'];

export function followRecord() {
  followConflictPage();
  const section = document.querySelector('[data-record]');
  if (!section) return;
  const id = section.dataset.record;
  const form = section.querySelector('form');
  const shown = Number(section.dataset.version);

  const draft = restoreDraft(section, form, id);
  const version = draft?.version ?? shown;
  form.elements.version.value = String(version);
  shows(id, version);

  const notice = section.querySelector('[data-conflict]');
  const title = document.title;
  onMark((changed, change) => {
    if (changed !== id) return;
    notice.hidden = change === undefined;
    document.title = change ? `Changed: ${title}` : title;
    if (!change) return;
    notice.querySelector('[data-conflict-by]').textContent = nameOf(change);
    notice.querySelector('[data-conflict-at]').textContent = atTime(change.at);
  });
  if (version < shown) mark(id, { version: shown });
  else clear(id);

  notice.querySelector('[data-reload]').addEventListener('click', () => {
    remember(`draft:${id}`, undefined);
    location.assign(form.getAttribute('action'));
  });
}

/** Puts back what was typed and not saved, with the version that it was typed over; keeps it from now on. */
function restoreDraft(section, form, id) {
  const name = `draft:${id}`;
  const hint = section.querySelector('[data-draft]');
  const flash = document.querySelector('[data-flash]')?.dataset.flash;
  if (flash === 'saved' || flash === 'saved-anyway' || flash === 'unchanged') remember(name, undefined);

  const draft = recall(name);
  if (draft) for (const field of fields) form.elements[field].value = draft.values[field];
  hint.hidden = draft === undefined;

  form.addEventListener('input', () => {
    const values = Object.fromEntries(fields.map((field) => [field, form.elements[field].value]));
    const changed = fields.some((field) => values[field] !== form.elements[field].defaultValue);
    const unsaved = changed || section.dataset.refused !== undefined;
    remember(name, unsaved ? { version: Number(form.elements.version.value), values } : undefined);
    hint.hidden = !unsaved;
  });
  return draft;
}

/** The page that asks which version is to stay: to reload means to give up one's own. */
function followConflictPage() {
  const page = document.querySelector('[data-conflict-page]');
  page?.querySelector('[data-discard]').addEventListener('click', () => {
    remember(`draft:${page.dataset.conflictPage}`, undefined);
  });
}
