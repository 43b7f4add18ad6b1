import { isLosslessNumber, parse, stringify } from 'lossless-json';

/** One changed column, its two values as text; `null` where there was or is none. */
export interface ShownChange {
  field: string;
  before: string | null;
  after: string | null;
  /** That it was changed is all that is kept of it. */
  masked: boolean;
}

/** What an entry tells beside its message. */
export interface ShownDetails {
  changes: ShownChange[];
  /** What else stands in the raw object: name and value. */
  facts: [name: string, value: string][];
  /** How many more there are than are shown. */
  left: number;
}

/** Most changes and facts of one entry that a page shows. */
const mostShown = 60;
/** Most characters of one value that a page shows. */
const mostCharacters = 2_000;
const masked = '*changed*';
const none = '(none)';
const arrow = ' -> ';

/**
 * What a raw object says, for reading: values in the form of `changes()` as changes, all else as facts.
 *
 * @param traced changes that are known in full; then the raw object's own are not told again
 */
export function detailsOf(rawobj: string, traced: readonly ShownChange[] = []): ShownDetails {
  const told = toldBy(rawobj, new Set(traced.map(({ field }) => field)));
  const changes = [...traced, ...told.changes].map(cutChange);
  const facts = told.facts.map(([name, value]): [string, string] => [name, cut(value)]);
  const left = Math.max(0, changes.length - mostShown) + Math.max(0, facts.length - mostShown);
  return { changes: changes.slice(0, mostShown), facts: facts.slice(0, mostShown), left };
}

/** The changes and facts of a raw object, all but the changes that are known. */
function toldBy(rawobj: string, known: ReadonlySet<string>): Omit<ShownDetails, 'left'> {
  const changes: ShownChange[] = [];
  const facts: [string, string][] = [];
  try {
    for (const [name, value] of Object.entries(objectIn(rawobj))) {
      const change = known.has(name) ? undefined : changeIn(name, value);
      if (change) changes.push(change);
      else if (!(known.has(name) && typeof value === 'string')) facts.push([name, asText(value)]);
    }
    return { changes, facts };
  } catch {
    return { changes: [], facts: [['', rawobj]] }; // text that another program has written, or nested too deeply
  }
}

function objectIn(rawobj: string): Record<string, unknown> {
  const value: unknown = parse(rawobj); // numbers keep all their digits
  if (typeof value !== 'object' || value === null || isLosslessNumber(value))
    return value === null || value === '' ? {} : { '': value };
  return value as Record<string, unknown>;
}

/** The change that a value tells, where it has the form. A text with several arrows is not taken apart: which is it? */
function changeIn(field: string, value: unknown): ShownChange | undefined {
  if (typeof value !== 'string') return undefined;
  if (value === masked) return { field, before: null, after: null, masked: true };
  const [before, after, ...more] = value.split(arrow);
  if (before === undefined || after === undefined || more.length > 0) return undefined;
  const shown = (text: string) => (text === none ? null : text);
  return { field, before: shown(before), after: shown(after), masked: false };
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return none;
  if (isLosslessNumber(value)) return value.value;
  return (typeof value === 'object' ? stringify(value, null, 2) : undefined) ?? String(value);
}

function cutChange(change: ShownChange): ShownChange {
  const short = (text: string | null) => (text === null ? null : cut(text));
  return { ...change, before: short(change.before), after: short(change.after) };
}

function cut(text: string): string {
  if (text.length <= mostCharacters) return text;
  return `${text.slice(0, mostCharacters).toWellFormed()}… ${text.length - mostCharacters} more characters: see the export`;
}
