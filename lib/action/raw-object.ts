import { cutText, keyText, leftOut, type Slot, shareRoom, wholeText } from './raw-share.ts';
import {
  asciiForm,
  cyclic,
  isObject,
  type JsonForm,
  type ListView,
  type ObjectView,
  tooDeep,
  unreadable,
  utf8Form,
  type View,
  viewOf,
} from './raw-value.ts';

/** What {@link rawJson} is told beside the value. */
export interface RawJsonOptions {
  /** Most bytes of the result, in UTF-8. */
  maxBytes: number;
  /** Every character beyond ASCII as `\uXXXX`; default: no. */
  ascii?: boolean | undefined;
  /** Further texts to keep, by key, put first. A value that is no object moves under `_value` then. */
  kept?: ReadonlyMap<string, string> | undefined;
}

/** How many levels of lists and objects are kept. */
const maxDepth = 12;

/**
 * Any value as JSON text: always valid JSON, never longer than asked, and it never throws. What JSON has no form for is
 * marked in brackets, what has no room is cut with a mark that says how much; `docs/entries.md` lists them. The work is
 * bounded by `maxBytes`, not by the size of the value. Nothing (`undefined`, `null`, a function) is `{}`.
 */
export function rawJson(value: unknown, options: RawJsonOptions): string {
  const writer = new RawWriter(options.ascii === true ? asciiForm : utf8Form, options.maxBytes);
  return writer.root(value, options.kept ?? new Map()) ?? '{}';
}

class RawWriter {
  readonly #form: JsonForm;
  readonly #maxBytes: number;
  readonly #ancestors = new Set<object>();
  /** So that a large object's keys are listed once, and `toJSON` is asked once. */
  readonly #views = new Map<object, View>();
  /** Reads that are left: properties that JSON leaves out cost no room, but time. */
  #reads: number;

  constructor(form: JsonForm, maxBytes: number) {
    this.#form = form;
    this.#maxBytes = maxBytes;
    this.#reads = 16 * maxBytes;
  }

  root(value: unknown, kept: ReadonlyMap<string, string>): string | undefined {
    const view: View = value === null ? { kind: 'nothing' } : this.#view(value, 0);
    const room = this.#maxBytes;
    if (isObject(value) && (kept.size === 0 || view.kind === 'object')) this.#ancestors.add(value);
    if (view.kind !== 'object' && kept.size === 0) return this.#whole(view, room, 0) || this.#cut(view, room, 0);
    const object = kept.size === 0 && view.kind === 'object' ? view : withKept(view, value, kept);
    const whole = this.#whole(object, room, 0);
    if (whole !== undefined) return whole;
    return `{${shareRoom(object.size, (index) => this.#slot(object, index), room - 2, this.#form)}}`;
  }

  #view(value: unknown, depth: number): View {
    if (!isObject(value)) return viewOf(value, this.#maxBytes);
    if (this.#ancestors.has(value)) return { kind: 'text', text: cyclic };
    let view = this.#views.get(value);
    if (!view) {
      try {
        view = viewOf(value, this.#maxBytes);
      } catch {
        view = { kind: 'text', text: unreadable }; // the caller's own getter, toJSON or proxy threw
      }
      this.#views.set(value, view);
    }
    const container = view.kind === 'list' || view.kind === 'object';
    return container && depth >= maxDepth ? { kind: 'text', text: tooDeep } : view;
  }

  /** The item's JSON by one of the two ways of writing, its own ancestors known; '' for what JSON leaves out. */
  #item(
    of: ListView | ObjectView,
    index: number,
    room: number,
    depth: number,
    how: 'whole' | 'cut' | 'either',
  ): string | undefined {
    this.#reads -= 1;
    if (this.#reads < 0) return undefined;
    let value: unknown;
    try {
      value = of.read(index);
    } catch {
      value = unreadable; // a getter that threw
    }
    const view = this.#view(value, depth);
    if (view.kind === 'nothing') return of.kind === 'list' ? (room >= 4 ? 'null' : undefined) : '';
    const open = isObject(value) && !this.#ancestors.has(value) ? value : undefined;
    if (open) this.#ancestors.add(open);
    try {
      const whole = how === 'cut' ? undefined : this.#whole(view, room, depth);
      return whole ?? (how === 'whole' ? undefined : this.#cut(view, room, depth));
    } finally {
      if (open) this.#ancestors.delete(open);
    }
  }

  /** The whole value; undefined, and soon, where it has more than `room` bytes. */
  #whole(view: View, room: number, depth: number): string | undefined {
    if (view.kind === 'nothing') return '';
    if (view.kind === 'json') return view.json.length <= room ? view.json : undefined;
    if (view.kind === 'text') return wholeText(view.text, room, this.#form);
    if (view.size > room) return undefined;
    const parts: string[] = [];
    let left = room - 2;
    for (let index = 0; index < view.size; index += 1) {
      const key = view.kind === 'object' ? keyText(view.key(index), index, this.#form) : '';
      const comma = parts.length > 0 ? 1 : 0;
      const json = this.#item(view, index, left - comma - Buffer.byteLength(key), depth + 1, 'whole');
      if (json === undefined) return undefined;
      if (json === '') continue;
      parts.push(key + json);
      left -= Buffer.byteLength(key + json) + comma;
    }
    if (left < 0) return undefined;
    return view.kind === 'list' ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
  }

  /** As much of a value as has room, first things first, and a mark. */
  #cut(view: View, room: number, depth: number): string | undefined {
    if (view.kind === 'text') return cutText(view.text, room, this.#form);
    if (view.kind !== 'list' && view.kind !== 'object') return undefined;
    const markFor = (count: number) =>
      view.kind === 'list' ? this.#form.quote(`${this.#form.mark} ${count} more`) : leftOut(count, this.#form);
    const parts: string[] = [];
    let left = room - 2 - Buffer.byteLength(markFor(view.size));
    if (left < 0) return undefined;
    let index = 0;
    for (; index < view.size && index < this.#maxBytes; index += 1) {
      const key = view.kind === 'object' ? keyText(view.key(index), index, this.#form) : '';
      const json = this.#item(view, index, left - Buffer.byteLength(key) - 1, depth + 1, 'either');
      if (json === undefined) break;
      if (json === '') continue;
      parts.push(key + json);
      left -= Buffer.byteLength(key + json) + 1;
    }
    if (index < view.size) parts.push(markFor(view.size - index));
    return view.kind === 'list' ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
  }

  #slot(object: ObjectView, index: number): Slot {
    return {
      key: keyText(object.key(index), index, this.#form),
      whole: (room) => this.#item(object, index, room, 1, 'whole'),
      cut: (room) => this.#item(object, index, room, 1, 'cut'),
    };
  }
}

/** The value's properties after the kept texts, whose keys give way to the value's own. */
function withKept(view: View, value: unknown, kept: ReadonlyMap<string, string>): ObjectView {
  const own = view.kind === 'object' ? view : alone(view, value);
  const taken = new Set<string>();
  for (let index = 0; index < own.size; index += 1) if (own.key(index).startsWith('_')) taken.add(own.key(index));
  const texts = [...kept].map(([key, text]) => {
    let free = key;
    while (taken.has(free)) free = `_${free}`;
    return [free, text] as const;
  });
  return {
    kind: 'object',
    size: texts.length + own.size,
    key: (index) => texts[index]?.[0] ?? own.key(index - texts.length),
    read: (index) => (index < texts.length ? texts[index]?.[1] : own.read(index - texts.length)),
  };
}

function alone(view: View, value: unknown): ObjectView {
  const size = view.kind === 'nothing' ? 0 : 1;
  return { kind: 'object', size, key: () => '_value', read: () => value };
}
