import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import { parseOptions } from '../options.ts';
import { type Leaf, leafOf, sameLeaf } from './leaf.ts';
import { looksSecret, plainName } from './secret-names.ts';

/**
 * Options of {@link changes}. A name stands for a column or key of that name wherever it is, and for all inside it;
 * `address.city` for that place alone. Case, dashes and underscores do not count.
 */
export interface ChangesOptions {
  /** Values that are not to be shown, beside those that look like secrets: a change of them reads `*changed*`. */
  mask?: readonly string[] | undefined;
  /** What looks like a secret (password, token, secret, card number and the like) and is none. */
  show?: readonly string[] | undefined;
  /** What is left out altogether. */
  omit?: readonly string[] | undefined;
  /** Values of which a fingerprint is shown: equal values can be told without seeing them. */
  hash?: readonly string[] | undefined;
  /** Key of the fingerprints (HMAC-SHA-256). Without one they are plain SHA-256: who guesses a value can confirm it. */
  hashSecret?: string | undefined;
}

/** What changed, by column, for reading: `{ price: '9.00 -> 8.50', password: '*changed*' }`. */
export type Changes = Readonly<Record<string, string>>;

/** One changed column in full. */
export interface Change {
  field: string;
  /** Undefined where there was none, or where it is masked. */
  before: Leaf | undefined;
  after: Leaf | undefined;
  masked: boolean;
}

const names = z.array(z.string().min(1)).default([]);
const schema = z.strictObject({
  ...{ mask: names, show: names, omit: names, hash: names },
  hashSecret: z.string().min(1).optional(),
});
type Rules = z.output<typeof schema>;

/** How deep objects are looked into; what lies deeper is compared as a whole. */
const maxDepth = 6;
/** Most characters of one value that are shown. */
const maxShown = 500;

const details = new WeakMap<object, readonly Change[]>();

/**
 * What changed between two states of a record, fit for `logaction`'s raw object.
 *
 * What `after` does not have, or has as `undefined`, counts as unchanged, since an update names only what it sets; inside
 * nested objects it counts as removed. Objects, and JSON texts of objects, are compared key by key (`address.city`), lists
 * as a whole. A number equals a text that says that number, a date a text that says that time, a boolean 0 or 1; two texts
 * are equal only where they are the same.
 *
 * @param before the record as it was; null or undefined where it is new
 * @param after the record as it is, or what was set of it; null or undefined where it is deleted
 * @returns an empty object where nothing changed
 * @throws TypeError where an option is wrong, or a state is neither an object nor missing
 */
export function changes(
  before: object | null | undefined,
  after: object | null | undefined,
  options: ChangesOptions = {},
): Changes {
  const rules = parseOptions(schema, options, 'changes');
  const was = columnsOf(before, 'before');
  const is = columnsOf(after, 'after');
  const found: Change[] = [];
  const fields = after ? Object.keys(is).filter((name) => is[name] !== undefined) : Object.keys(was);
  for (const field of fields) compare([field], own(was, field), own(is, field), rules, found);
  const result: Changes = Object.freeze(Object.fromEntries(found.map((change) => [change.field, shown(change)])));
  details.set(result, found);
  return result;
}

/** The changed columns in full; undefined for what {@link changes} has not made. */
export function changesOf(given: unknown): readonly Change[] | undefined {
  return typeof given === 'object' && given !== null ? details.get(given) : undefined;
}

function compare(path: string[], was: unknown, is: unknown, rules: Rules, found: Change[]): void {
  if (named(rules.omit, path)) return;
  const [old, now] = [objectIn(was), objectIn(is)];
  const comparable = (old || isNone(was)) && (now || isNone(is));
  if ((old || now) && comparable && path.length < maxDepth) {
    for (const key of new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])) {
      compare([...path, key], own(old, key), own(now, key), rules, found);
    }
    return;
  }
  if (sameLeaf(leafOf(was), leafOf(is))) return;
  const field = path.join('.');
  const hashed = named(rules.hash, path);
  const masked = !hashed && isHidden(path, rules);
  const seen = (value: unknown) => {
    const leaf = leafOf(withoutSecrets(value, path, rules));
    return hashed && leaf ? fingerprint(leaf, rules) : leaf;
  };
  found.push(
    masked
      ? { field, before: undefined, after: undefined, masked }
      : { field, before: seen(was), after: seen(is), masked },
  );
}

function isHidden(path: readonly string[], { mask, show }: Rules): boolean {
  return named(mask, path) || (path.some(looksSecret) && !named(show, path));
}

/** A list, or what lies too deep to be compared, without the secrets in it. */
function withoutSecrets(value: unknown, path: readonly string[], rules: Rules, depth = 0): unknown {
  const given = typeof value === 'string' && depth === 0 ? (jsonIn(value) ?? value) : value;
  if (depth > maxDepth) return '…';
  if (Array.isArray(given)) return given.map((one) => withoutSecrets(one, path, rules, depth + 1));
  if (!isPlain(given)) return value;
  const kept = Object.entries(given).filter(([key]) => !named(rules.omit, [...path, key]));
  return Object.fromEntries(
    kept.map(([key, one]) => {
      const at = [...path, key];
      return [key, isHidden(at, rules) || named(rules.hash, at) ? '***' : withoutSecrets(one, at, rules, depth + 1)];
    }),
  );
}

/** The object that a value is, or that it says as JSON. */
function objectIn(value: unknown): Record<string, unknown> | undefined {
  const object = typeof value === 'string' ? jsonIn(value) : value;
  return isPlain(object) ? object : undefined;
}

/** The object or list that a text says as JSON. */
function jsonIn(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a text that only begins like JSON
  }
}

function isNone(value: unknown): boolean {
  return value === null || value === undefined;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function own(object: Record<string, unknown> | undefined, key: string): unknown {
  return object && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The columns of a state: its own enumerable properties, also of a class's instance. */
function columnsOf(state: unknown, which: string): Record<string, unknown> {
  if (state === null || state === undefined) return {};
  if (typeof state === 'object' && !Array.isArray(state)) return state as Record<string, unknown>;
  throw new TypeError(
    `changes: ${which}: expected the record as an object, got ${Array.isArray(state) ? 'a list' : typeof state}`,
  );
}

/** Whether one of the names stands for the place, or for something that it lies in. */
function named(given: readonly string[], path: readonly string[]): boolean {
  const plain = path.map(plainName);
  return given.some((name) => {
    const parts = name.split('.').map(plainName);
    return parts.length === 1 ? plain.includes(parts[0] ?? '') : parts.every((part, index) => plain[index] === part);
  });
}

function fingerprint({ text }: Leaf, { hashSecret }: Rules): Leaf {
  const hash = hashSecret === undefined ? createHash('sha256') : createHmac('sha256', hashSecret);
  return { text: `#${hash.update(text).digest('hex').slice(0, 16)}` };
}

function shown({ before, after, masked }: Change): string {
  return masked ? '*changed*' : `${textOf(before)} -> ${textOf(after)}`;
}

function textOf(leaf: Leaf | undefined): string {
  if (!leaf) return '(none)';
  return leaf.text.length > maxShown ? `${leaf.text.slice(0, maxShown).toWellFormed()}…` : leaf.text;
}
