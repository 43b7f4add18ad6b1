/** Most entries that the page keeps; the oldest make room. */
const most = 500;

/**
 * Puts the entries that are new on a fresh page to those that are shown, each in its place; what is shown already stays as
 * it is, with the reader's focus and what is unfolded.
 *
 * @returns how many are new
 */
export function takeEntries(list: Element, fresh: Element): number {
  const shown = new Set(entriesOf(list).map(idOf));
  const found = entriesOf(fresh);
  const added = found.filter((entry) => !shown.has(idOf(entry)));
  if (added.length === 0) return 0;
  for (const entry of added) entry.classList.add('new');
  // More came than a page holds: what lies between is not known, so the page begins anew.
  if (added.length === found.length) list.replaceChildren(...fresh.childNodes);
  else for (const day of daysOf(fresh)) takeDay(list, day, shown);
  return added.length;
}

function takeDay(list: Element, fresh: HTMLElement, shown: ReadonlySet<string>): void {
  const added = entriesOf(fresh).filter((entry) => !shown.has(idOf(entry)));
  const own = list.querySelector(`[data-day="${CSS.escape(fresh.dataset['day'] ?? '')}"]`);
  if (!own) {
    const date = fresh.dataset['day'] ?? '';
    list.insertBefore(fresh, daysOf(list).find((day) => (day.dataset['day'] ?? '') < date) ?? null);
    return;
  }
  const place = own.querySelector('.entries');
  // newest first: each goes before the first one that is older
  for (const entry of added) {
    const older = place ? entriesOf(place).find((other) => BigInt(idOf(other)) < BigInt(idOf(entry))) : undefined;
    place?.insertBefore(entry, older ?? null);
  }
}

/** Lets the oldest entries go where there are too many, and has the link to older ones begin behind those that stay. */
export function trimEntries(list: Element, older: HTMLAnchorElement): void {
  for (const entry of entriesOf(list).slice(most)) entry.remove();
  for (const day of daysOf(list)) if (entriesOf(day).length === 0) day.remove();
  const last = entriesOf(list).at(-1);
  const url = new URL(older.href);
  if (last) url.searchParams.set('before', idOf(last));
  older.href = url.href;
}

function daysOf(root: Element): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>('[data-day]')];
}

function entriesOf(root: Element): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>('[data-entry]')];
}

function idOf(entry: HTMLElement): string {
  return entry.dataset['entry'] ?? '';
}
