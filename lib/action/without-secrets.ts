import { type ChangeNames, isHidden, isNamed } from './change-names.ts';
import { itemAt, opened } from './opened.ts';
import { cyclic, isObject, type ListView, type ObjectView } from './raw-value.ts';

/** How many values may still be looked at, in all that a call of `changes()` compares or shows. */
export interface LookBudget {
  left: number;
}

interface Manner {
  /** Whether secrets are hidden, and not only left out what is omitted. */
  hides: boolean;
  /** How many levels of lists and objects there are. */
  maxDepth: number;
  /** Most values of one. */
  most: number;
}

const showing: Manner = { hides: true, maxDepth: 6, most: 10_000 };
const comparing: Manner = { hides: false, maxDepth: 12, most: 30_000 };
/** What stands for what lies deeper, or behind so many. */
const more = '…';
/** What stands for a secret. */
const stars = '***';

/**
 * A value for showing: a list, or an object as a whole, without what is omitted in it, and with `***` for what is hidden
 * or hashed. What cannot be looked into is not shown.
 *
 * @param path the place of the value
 */
export function withoutSecrets(
  value: unknown,
  path: readonly string[],
  names: ChangeNames,
  budget: LookBudget,
): unknown {
  return new Copy(names, showing, budget).of(value, path, 0);
}

/** A value for comparing: without what is omitted in it. A copy, so that a graph of objects costs no more than it may. */
export function withoutOmitted(
  value: unknown,
  path: readonly string[],
  names: ChangeNames,
  budget: LookBudget,
): unknown {
  return new Copy(names, comparing, budget).of(value, path, 0);
}

class Copy {
  readonly #names: ChangeNames;
  readonly #manner: Manner;
  readonly #budget: LookBudget;
  readonly #inside = new Set<object>();
  #taken = 0;
  /** How often something was left out. */
  #leftOut = 0;

  constructor(names: ChangeNames, manner: Manner, budget: LookBudget) {
    this.#names = names;
    this.#manner = manner;
    this.#budget = budget;
  }

  of(given: unknown, path: readonly string[], depth: number): unknown {
    if (isObject(given) && this.#inside.has(given)) return cyclic;
    const { value, view } = opened(given);
    if (!view) return value;
    if (depth > this.#manner.maxDepth) return this.#instead(more);
    const leftOut = this.#leftOut;
    if (isObject(given)) this.#inside.add(given);
    try {
      const shown = view.kind === 'list' ? this.#list(view, path, depth) : this.#object(view, path, depth);
      // a text that says JSON stays as it is where nothing is hidden in it
      return typeof value === 'string' && this.#leftOut === leftOut ? value : shown;
    } finally {
      if (isObject(given)) this.#inside.delete(given);
    }
  }

  #list(view: ListView, path: readonly string[], depth: number): unknown[] {
    const shown: unknown[] = [];
    for (let index = 0; index < view.size; index += 1) {
      if (!this.#take()) return [...shown, this.#instead(`${more} ${view.size - index} more`)];
      const item = itemAt(view, index);
      shown.push(view.pairs ? this.#pair(item, path, depth + 1) : this.of(item, path, depth + 1));
    }
    return shown;
  }

  #object(view: ObjectView, path: readonly string[], depth: number): Record<string, unknown> {
    const shown: [string, unknown][] = [];
    for (let index = 0; index < view.size; index += 1) {
      if (!this.#take()) {
        shown.push([more, this.#instead(`${view.size - index} more`)]);
        break;
      }
      const key = view.key(index);
      if (isNamed(this.#names.omit, [...path, key])) this.#leftOut += 1;
      else shown.push([key, this.#named(key, itemAt(view, index), path, depth + 1)]);
    }
    return Object.fromEntries(shown);
  }

  /** A Map's key with its value. */
  #pair(item: unknown, path: readonly string[], depth: number): unknown {
    const [key, value] = Array.isArray(item) ? item : [];
    return isObject(key) || typeof key === 'symbol'
      ? [this.of(key, path, depth), this.of(value, path, depth)]
      : [key, this.#named(String(key), value, path, depth)];
  }

  #named(key: string, value: unknown, path: readonly string[], depth: number): unknown {
    const at = [...path, key];
    const { omit, hash } = this.#names;
    const hidden = (this.#manner.hides && (isHidden(at, this.#names) || isNamed(hash, at))) || isNamed(omit, at);
    return hidden ? this.#instead(stars) : this.of(value, at, depth);
  }

  #take(): boolean {
    this.#taken += 1;
    this.#budget.left -= 1;
    return this.#taken <= this.#manner.most && this.#budget.left >= 0;
  }

  #instead(mark: string): string {
    this.#leftOut += 1;
    return mark;
  }
}
