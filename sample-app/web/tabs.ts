import type { Request } from 'express';

/*
 * The records that are open, as tabs. They stand in the address (`?open=3,7`), so that each window has its own, and they
 * work with scripts off.
 */

const mostTabs = 8;

/** Product ids in the address, each once. */
export function openTabs(req: Request): number[] {
  const { open } = req.query;
  if (typeof open !== 'string') return [];
  const ids = open
    .split(',')
    .filter((id) => /^[1-9]\d{0,8}$/.test(id))
    .map(Number);
  return [...new Set(ids)].slice(-mostTabs);
}

/** The tabs with one more; the oldest makes room. */
export function withTab(tabs: readonly number[], id: number): number[] {
  return tabs.includes(id) ? [...tabs] : [...tabs, id].slice(-mostTabs);
}

/** An address that keeps these tabs. */
export function withTabs(path: string, tabs: readonly number[]): string {
  if (tabs.length === 0) return path;
  return `${path}${path.includes('?') ? '&' : '?'}open=${tabs.join(',')}`;
}

export interface Tab {
  id: number;
  name: string;
  version: number;
  href: string;
  /** Where closing it leads. */
  closeHref: string;
  current: boolean;
}

/** The tab bar. Closing the current tab goes to its neighbour; closing another one stays on the page. */
export function tabBar(
  records: { id: number; name: string; version: number }[],
  page: { id?: number | undefined; here: string },
): Tab[] {
  const ids = records.map((record) => record.id);
  return records.map(({ id, name, version }, index) => {
    const rest = ids.filter((other) => other !== id);
    const neighbour = rest[Math.min(index, rest.length - 1)];
    const after = id !== page.id ? page.here : neighbour === undefined ? '/products' : `/products/${neighbour}`;
    return {
      id,
      name,
      version,
      href: withTabs(`/products/${id}`, ids),
      closeHref: withTabs(after, rest),
      current: id === page.id,
    };
  });
}
