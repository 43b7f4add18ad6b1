import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import { parseOptions, secret } from '../options.ts';
import { isHidden, isNamed } from './change-names.ts';
import { type Leaf, leafOf, sameLeaf } from './leaf.ts';
import { maxItems, type Opened, opened, propertiesIn } from './opened.ts';
import { cyclic, isObject, type ObjectView, plainView, viewOf } from './raw-value.ts';
import { type LookBudget, withoutOmitted, withoutSecrets } from './without-secrets.ts';

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
  /**
   * Key of the fingerprints (HMAC-SHA-256), at least 32 bytes. Without one they are plain SHA-256: who guesses a value can
   * confirm it.
   */
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
  hashSecret: secret.optional(),
});
type Rules = z.output<typeof schema>;

/** How deep objects are looked into; what lies deeper, or has more than 10,000 keys, is compared as a whole. */
const maxDepth = 6;
/** Most values that are compared, and that are shown, inside of columns. */
const maxLooked = 100_000;
/** Most characters of one value that are shown. */
const maxShown = 500;

const details = new WeakMap<object, readonly Change[]>();

/**
 * What changed between two states of a record, fit for `logaction`'s raw object.
 *
 * What `after` does not have, or has as `undefined`, counts as unchanged, since an update names only what it sets; inside
 * nested objects it counts as removed. Objects of any class, Maps, and JSON texts of objects are compared key by key
 * (`address.city`), by their own enumerable keys or what their `toJSON` gives; lists as a whole. A number equals a text that
 * says that number, a date a text that says that time, a boolean 0 or 1; two texts are equal only where they are the same.
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
  const comparison = new Comparison(rules);
  const fields = after ? [...is.keys()].filter((name) => is.get(name) !== undefined) : was.keys();
  for (const field of fields) comparison.compare([field], was.get(field), is.get(field));
  const { found } = comparison;
  const result: Changes = Object.freeze(Object.fromEntries(found.map((change) => [change.field, shown(change)])));
  details.set(result, found);
  return result;
}

/** The changed columns in full; undefined for what {@link changes} has not made. */
export function changesOf(given: unknown): readonly Change[] | undefined {
  return typeof given === 'object' && given !== null ? details.get(given) : undefined;
}

class Comparison {
  readonly found: Change[] = [];
  readonly #rules: Rules;
  /** What each state is being looked into, so that an object inside itself is told. */
  readonly #inside = { was: new Set<unknown>(), is: new Set<unknown>() };
  readonly #compared: LookBudget = { left: maxLooked };
  readonly #shown: LookBudget = { left: maxLooked };

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  compare(path: string[], was: unknown, is: unknown): void {
    if (isNamed(this.#rules.omit, path)) return;
    const [old, now] = [this.#open(was, 'was'), this.#open(is, 'is')];
    if (this.#enters(old, now, path.length)) this.#keys(path, [was, old], [is, now]);
    else if (!this.#same(path, old, now)) this.found.push(this.#change(path, old.value, now.value));
  }

  #same(path: string[], old: Opened, now: Opened): boolean {
    const leaf = ({ value, view }: Opened) =>
      leafOf(view ? withoutOmitted(value, path, this.#rules, this.#compared) : value);
    return sameLeaf(leaf(old), leaf(now));
  }

  #open(value: unknown, state: 'was' | 'is'): Opened {
    return isObject(value) && this.#inside[state].has(value) ? { value: cyclic, view: undefined } : opened(value);
  }

  /** Whether the two are compared key by key: objects, or an object and nothing. */
  #enters(old: Opened, now: Opened, depth: number): boolean {
    const [was, is] = [old.view?.kind === 'object', now.view?.kind === 'object'];
    if (!(was || is) || depth >= maxDepth) return false;
    if (!(was || isNone(old.value)) || !(is || isNone(now.value))) return false;
    const size = (old.view?.size ?? 0) + (now.view?.size ?? 0);
    if (size > maxItems || size > this.#compared.left) return false;
    this.#compared.left -= size;
    return true;
  }

  #keys(path: string[], [was, old]: [unknown, Opened], [is, now]: [unknown, Opened]): void {
    const [before, after] = [old, now].map(({ view }) => (view?.kind === 'object' ? propertiesIn(view) : new Map()));
    this.#inside.was.add(was);
    this.#inside.is.add(is);
    for (const key of new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])) {
      this.compare([...path, key], before?.get(key), after?.get(key));
    }
    this.#inside.was.delete(was);
    this.#inside.is.delete(is);
  }

  #change(path: string[], was: unknown, is: unknown): Change {
    const rules = this.#rules;
    const field = path.join('.');
    const hashed = isNamed(rules.hash, path);
    if (!hashed && isHidden(path, rules)) return { field, before: undefined, after: undefined, masked: true };
    const seen = (value: unknown) => {
      const leaf = leafOf(
        hashed ? withoutOmitted(value, path, rules, this.#shown) : withoutSecrets(value, path, rules, this.#shown),
      );
      return hashed && leaf ? fingerprint(leaf, rules) : leaf;
    };
    return { field, before: seen(was), after: seen(is), masked: false };
  }
}

function isNone(value: unknown): boolean {
  return value === null || value === undefined;
}

/** The columns of a state: its own enumerable properties, also of a class's instance, or what its `toJSON` gives. */
function columnsOf(state: unknown, which: string): Map<string, unknown> {
  if (isNone(state)) return new Map();
  if (isObject(state) && !Array.isArray(state)) return propertiesIn(stateView(state));
  throw new TypeError(
    `changes: ${which}: expected the record as an object, got ${Array.isArray(state) ? 'a list' : typeof state}`,
  );
}

function stateView(state: object): ObjectView {
  try {
    const view = viewOf(state, Number.POSITIVE_INFINITY);
    if (view.kind === 'object') return view;
  } catch {
    return plainView(state); // its own toJSON threw
  }
  return plainView(state);
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
