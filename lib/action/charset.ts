/** What a column's character set can hold. */
export interface Charset {
  readonly name: string;
  /** Whether it holds every Unicode character (then no text needs to be looked through). */
  readonly complete: boolean;
  holds(codePoint: number): boolean;
  /** Bytes that the character takes in the column. */
  bytes(codePoint: number): number;
  /** Most bytes in the column for one byte of UTF-8. */
  readonly widening: 1 | 2 | 4;
}

const utf8Bytes = (point: number) => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4);
const everything = () => true;
const basicPlane = (point: number) => point < 0x10000;

type Maker = (name: string) => Charset;
const utf8 =
  (holds: (codePoint: number) => boolean): Maker =>
  (name) => ({ name, complete: holds === everything, holds, bytes: utf8Bytes, widening: 1 });
const fixed =
  (holds: (codePoint: number) => boolean, bytes: (codePoint: number) => number, widening: 2 | 4): Maker =>
  (name) => ({ name, complete: holds === everything, holds, bytes, widening });

const ascii: Maker = (name) => ({ name, complete: false, holds: (point) => point < 0x80, bytes: () => 1, widening: 1 });

const makers = new Map<string, Maker>([
  ['utf8mb4', utf8(everything)],
  ['utf8mb3', utf8(basicPlane)],
  ['utf8', utf8(basicPlane)],
  ['utf16', fixed(everything, (point) => (point < 0x10000 ? 2 : 4), 2)],
  ['utf16le', fixed(everything, (point) => (point < 0x10000 ? 2 : 4), 2)],
  ['utf32', fixed(everything, () => 4, 4)],
  ['ucs2', fixed(basicPlane, () => 2, 2)],
  // libsql gives a text back only up to its first NUL
  ['sqlite', (name) => ({ name, complete: false, holds: (point) => point !== 0, bytes: utf8Bytes, widening: 1 })],
]);

const known = new Map([...makers].map(([name, make]) => [name, make(name)]));

/** The character set of that name, where it is one of Unicode's; ASCII alone where it is not known here. */
export function charsetOf(name: string): Charset {
  return known.get(name) ?? ascii(name);
}

/** Whether {@link charsetOf} knows the name. */
export function isKnownCharset(name: string): boolean {
  return known.has(name);
}

/** A character set with one byte for each character, which are all of `chars` and ASCII. */
export function singleByteCharset(name: string, chars: string): Charset {
  const held = new Set([...chars].map((char) => char.codePointAt(0) ?? 0));
  return { name, complete: false, holds: (point) => point < 0x80 || held.has(point), bytes: () => 1, widening: 1 };
}

/** Whether a text needs no replacement. */
export function holdsAll(charset: Charset, text: string): boolean {
  const ascii = Buffer.byteLength(text) === text.length && !text.includes('\0');
  if (charset.complete || ascii) return true;
  for (const char of text) if (!charset.holds(char.codePointAt(0) ?? 0)) return false;
  return true;
}
