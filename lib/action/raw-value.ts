import { types } from 'node:util';

/** How texts are written as JSON: in UTF-8, in ASCII alone, or in PHP's form. */
export interface JsonForm {
  /** The text as a JSON string, with its quotes, always well-formed Unicode. */
  quote(text: string): string;
  /** What stands where something was cut. */
  mark: string;
}

/** JSON in UTF-8. */
export const utf8Form: JsonForm = { quote: (text) => JSON.stringify(text.toWellFormed()), mark: '…' };

/** JSON in ASCII: every other character as `\uXXXX`, for columns whose character set cannot hold it. */
export const asciiForm: JsonForm = {
  quote: (text) =>
    utf8Form
      .quote(text)
      .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  mark: '...',
};

/** What stands for a value whose getter, `toJSON` or proxy throws. */
export const unreadable = '[unreadable]';
/** What stands for an object inside itself. */
export const cyclic = '[cyclic]';
/** What stands for an object below the deepest level that is kept. */
export const tooDeep = '[too deep]';

/** The properties of an object by position; reading one may throw. */
export interface ObjectView {
  kind: 'object';
  /** How many there are, also where only the first ones are at hand. */
  size: number;
  key(index: number): string;
  read(index: number): unknown;
}

/** The items of a list by position; reading one may throw. */
export interface ListView {
  kind: 'list';
  size: number;
  /** Whether the items are a Map's keys, each with its value. */
  pairs?: boolean;
  read(index: number): unknown;
}

/** What a value is for JSON, its texts and containers yet to be written. */
export type View =
  | { kind: 'nothing' }
  | { kind: 'json'; json: string }
  | { kind: 'text'; text: string }
  | ListView
  | ObjectView;

/**
 * Looks at a value without walking through it: at most `most` items of a Map or Set are taken. May throw what the
 * caller's own `toJSON`, getters and proxies throw.
 */
export function viewOf(value: unknown, most: number): View {
  switch (typeof value) {
    case 'undefined':
    case 'function':
    case 'symbol':
      return { kind: 'nothing' };
    case 'string':
      return { kind: 'text', text: value };
    case 'bigint':
      return { kind: 'text', text: value.toString() };
    case 'boolean':
      return { kind: 'json', json: String(value) };
    case 'number':
      return Number.isFinite(value) ? { kind: 'json', json: String(value) } : { kind: 'text', text: String(value) };
    default:
      return isObject(value) ? viewOfObject(value, most, true) : { kind: 'json', json: 'null' };
  }
}

function viewOfObject(value: object, most: number, asksToJson: boolean): View {
  const mark = markOf(value);
  if (mark !== undefined) return { kind: 'text', text: mark };
  if (asksToJson && 'toJSON' in value && typeof value.toJSON === 'function') {
    const given: unknown = value.toJSON();
    return isObject(given) ? viewOfObject(given, most, false) : viewOf(given, most);
  }
  if (types.isBoxedPrimitive(value)) {
    const inner: unknown = value.valueOf();
    return isObject(inner) ? plainView(inner) : viewOf(inner, most);
  }
  if (Array.isArray(value)) return { kind: 'list', size: value.length, read: (index) => value[index] };
  if (types.isMap(value)) return mapView(value, most);
  if (types.isSet(value)) {
    const items = firstOf(value.values(), most);
    return { kind: 'list', size: value.size, read: (index) => items[index] };
  }
  return plainView(value);
}

/** Values that are kept as one short text: dates and bytes. */
function markOf(value: object): string | undefined {
  if (types.isDate(value)) {
    const time = Date.prototype.getTime.call(value);
    return Number.isNaN(time) ? '[invalid date]' : new Date(time).toISOString();
  }
  if (types.isRegExp(value)) return String(value);
  const bytes = bytesOf(value);
  if (!bytes) return undefined;
  return bytes.length > 0 && bytes.length <= 48
    ? `[${bytes.length} bytes: ${bytes.toString('base64')}]`
    : `[${bytes.length} bytes]`;
}

function bytesOf(value: object): Buffer | undefined {
  if (types.isAnyArrayBuffer(value)) return Buffer.from(value);
  if (!ArrayBuffer.isView(value)) return undefined;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/**
 * The properties of a value for a form that keeps scalars alone: a list has the keys 0, 1, 2, …; a date or bytes are one
 * text; what has no properties is empty. May throw what proxies throw.
 */
export function propertiesOf(value: object, most: number): ObjectView {
  const mark = markOf(value);
  if (mark !== undefined) return listed(1, () => mark);
  if (Array.isArray(value)) return listed(value.length, (index) => value[index]);
  if (!types.isMap(value)) return plainView(value);
  const view = mapView(value, most);
  return view.kind === 'object' ? view : listed(0, () => undefined);
}

function listed(size: number, read: (index: number) => unknown): ObjectView {
  return { kind: 'object', size, key: String, read };
}

/** An object where the keys are of one scalar type, so that their texts differ; else a list of pairs. */
function mapView(map: Map<unknown, unknown>, most: number): ListView | ObjectView {
  const entries = firstOf(map.entries(), most);
  const type = typeof entries[0]?.[0];
  const scalar = type === 'string' || type === 'number' || type === 'bigint' || entries.length === 0;
  if (!scalar || entries.some(([key]) => typeof key !== type)) {
    return { kind: 'list', size: map.size, pairs: true, read: (index) => entries[index] };
  }
  const key = (index: number) => String(entries[index]?.[0]);
  return { kind: 'object', size: map.size, key, read: (index) => entries[index]?.[1] };
}

/** The own enumerable properties of an object. */
export function plainView(value: object): ObjectView {
  // an error's further properties may hold statements, headers and credentials
  const keys = types.isNativeError(value) ? ['name', 'message'] : Object.keys(value);
  const read = (index: number) => (value as Record<string, unknown>)[keys[index] ?? ''];
  return { kind: 'object', size: keys.length, key: (index) => keys[index] ?? '', read };
}

function firstOf<T>(items: Iterator<T>, most: number): T[] {
  const taken: T[] = [];
  while (taken.length < most) {
    const next = items.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

/** Whether a value can have properties of its own, functions aside. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether a value is an object of no class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
