import { z } from 'zod';
import { type Days, dayAfter, isDate } from './days.ts';

/** What a reader may ask for, by the names in the page's address, with the words for it. */
export const searchFields = {
  q: 'Search',
  user: 'Login',
  rectype: 'Record type',
  recid: 'Record id',
  from: 'From',
  to: 'To',
  correlation: 'Together',
} as const;

export type SearchField = keyof typeof searchFields;

/** What the address asks for; what is empty in it counts as missing. */
export type Search = Partial<Record<SearchField | 'before', string>>;

/** What is wrong with the address: by field, and as a sentence each. */
export type Problems = ReadonlyMap<string, string>;

const exact = (most: number) =>
  z
    .string('give one value, not several')
    .max(most, `at most ${most} characters`)
    .refine((given) => given.isWellFormed() && !given.includes('\0'), 'these are no characters')
    .transform((given) => (given.trim() === '' ? undefined : given))
    .optional();
const text = (most: number) => z.preprocess((given) => (typeof given === 'string' ? given.trim() : given), exact(most));
const date = text(40).refine((given) => given === undefined || isDate(given), 'expected a day, such as 2026-05-03');
const schema = z
  .object({
    q: text(200),
    user: text(255),
    // as they are: what begins or ends with a space is another record
    rectype: exact(255),
    recid: exact(255),
    correlation: text(1000),
    from: date,
    to: date,
    before: text(20),
  })
  .superRefine(({ from, to, before }, context) => {
    if (from !== undefined && to !== undefined && from > to)
      context.addIssue({ code: 'custom', path: ['to'], message: `this day is before ${from}` });
    if (before !== undefined && !/^\d+$/.test(before))
      context.addIssue({ code: 'custom', path: ['before'], message: 'expected the number of an entry' });
  });

/** Takes the query of an address, as Express has parsed it. What the viewer does not know is left alone. */
export function parseSearch(query: unknown): { search: Search; problems?: Problems } {
  const result = schema.safeParse(query ?? {});
  if (result.success) {
    const found = Object.entries(result.data).filter(([, value]) => value !== undefined);
    return { search: Object.fromEntries(found) };
  }
  const problems = new Map<string, string>();
  for (const { path, message } of result.error.issues) {
    const field = String(path[0] ?? 'q');
    if (!problems.has(field)) problems.set(field, message);
  }
  // what was typed stays in the form, to be mended
  const given = Object.entries(query as Record<string, unknown>).filter(
    ([name, value]) => Object.hasOwn(searchFields, name) && typeof value === 'string' && value !== '',
  );
  return { search: Object.fromEntries(given) as Search, problems };
}

/** The time that a search spans, Unix time in milliseconds: from, and until before `to`. */
export function spanOf({ from, to }: Search, days: Days): { from?: number; to?: number } {
  return {
    ...(from === undefined ? {} : { from: days.startOf(from) }),
    ...(to === undefined ? {} : { to: days.startOf(dayAfter(to)) }),
  };
}

/** The query of an address that asks for this, with its question mark. */
export function queryOf(search: Search): string {
  return `?${new URLSearchParams(search as Record<string, string>)}`;
}

/** The search without some of its fields. */
export function without(search: Search, ...fields: (keyof Search)[]): Search {
  return Object.fromEntries(Object.entries(search).filter(([name]) => !fields.includes(name as keyof Search)));
}
