import { types } from 'node:util';
import { isDecimal } from './leaf.ts';
import { isObject, type ListView, type ObjectView, unreadable, type View, viewOf } from './raw-value.ts';

/** A value, and what is in it. */
export interface Opened {
  /** The value; where its own `toJSON` gives a plain one, that one. */
  value: unknown;
  /** What is in it; undefined where it stands for itself: numbers, texts, dates, bytes, decimals. */
  view: ListView | ObjectView | undefined;
}

/** Most items of a Map or Set that are looked at. */
export const maxItems = 10_000;
/** How often a text may say another text as JSON. */
const maxQuoted = 3;

/**
 * Looks into a value: any object by its own enumerable keys, after its own `toJSON`, Maps and Sets by what is in them,
 * and texts that say a list or an object as JSON. It never throws.
 */
export function opened(value: unknown): Opened {
  if (typeof value === 'string') return { value, view: containerOf(jsonIn(value)) };
  if (!isObject(value)) return { value, view: undefined };
  try {
    if (types.isDate(value) || ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value) || isDecimal(value)) {
      return { value, view: undefined };
    }
    const view = viewOf(value, maxItems);
    if (view.kind === 'text') return opened(view.text);
    if (view.kind === 'json') return { value: JSON.parse(view.json), view: undefined };
    return { value: view.kind === 'nothing' ? undefined : value, view: containerOf(view) };
  } catch {
    return { value: unreadable, view: undefined }; // the caller's own toJSON or proxy threw
  }
}

/** What stands at that position. */
export function itemAt(view: ListView | ObjectView, index: number): unknown {
  try {
    return view.read(index);
  } catch {
    return unreadable; // a getter that threw
  }
}

/** The properties of an object's view by their names. */
export function propertiesIn(view: ObjectView): Map<string, unknown> {
  const properties = new Map<string, unknown>();
  for (let index = 0; index < view.size; index += 1) properties.set(view.key(index), itemAt(view, index));
  return properties;
}

function containerOf(view: View | undefined): ListView | ObjectView | undefined {
  return view?.kind === 'list' || view?.kind === 'object' ? view : undefined;
}

/** What a text says as JSON, where that is an object or a list. */
function jsonIn(text: string, quoted = 0): View | undefined {
  if (!/^\s*[{["]/.test(text)) return undefined;
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said === 'string') return quoted < maxQuoted ? jsonIn(said, quoted + 1) : undefined;
    return viewOf(said, maxItems);
  } catch {
    return undefined; // a text that only begins like JSON
  }
}
