import { holdsAll } from './charset.ts';
import { rawJson } from './raw-object.ts';
import type { TextColumn } from './table-shape.ts';

/** Signs that every character set holds. */
const ascii = /^[ -~]*$/;

/** A text as its column holds it. */
export interface FittedText {
  text: string;
  /** False where something was cut or replaced: then the whole text belongs elsewhere. */
  whole: boolean;
}

/**
 * Cuts a text to a column, with `…` as its last character, and puts `�` (`?` where the character set has no such
 * character) in the place of what the character set cannot hold. Lone halves of characters become `�` as well; nothing
 * is lost with them, so that alone the text still counts as whole.
 */
export function fitText(given: string, column: TextColumn): FittedText {
  const { charset } = column;
  const roomy = given.length <= column.maxChars && given.length * charset.widening <= column.maxBytes;
  if (roomy && !column.trims && ascii.test(given)) return { text: given, whole: true };
  // what is beyond cannot have room: a character has two units at most
  const near = given.slice(0, 2 * column.maxChars + 2).toWellFormed();
  const chars: string[] = [];
  let bytes = 0;
  let whole = near.length === given.length;
  for (const char of near) {
    const point = char.codePointAt(0) ?? 0;
    const held = charset.holds(point);
    const kept = held ? char : charset.holds(0xfffd) ? '\ufffd' : '?';
    if (!held && point !== 0xfffd) whole = false;
    bytes += charset.bytes(kept.codePointAt(0) ?? 0);
    chars.push(kept);
    if (chars.length > column.maxChars || bytes > column.maxBytes) {
      return { text: trimmed(cut(chars, bytes, column), column), whole: false };
    }
  }
  const text = trimmed(chars.join(''), column);
  return { text, whole: whole && text.length === near.length };
}

/** Takes characters from the end until the mark has room. */
function cut(chars: string[], bytes: number, column: TextColumn): string {
  const { charset } = column;
  const mark = charset.holds(0x2026) ? '…' : '...';
  const markBytes = mark === '…' ? charset.bytes(0x2026) : 3 * charset.bytes(0x2e);
  const full = column.maxChars >= mark.length && column.maxBytes >= markBytes ? mark : '';
  const room = { chars: column.maxChars - full.length, bytes: column.maxBytes - (full ? markBytes : 0) };
  let left = bytes;
  let count = chars.length;
  while (count > room.chars || left > room.bytes) {
    count -= 1;
    left -= charset.bytes(chars[count]?.codePointAt(0) ?? 0);
  }
  return chars.slice(0, count).join('') + full;
}

function trimmed(text: string, column: TextColumn): string {
  return column.trims ? text.replace(/ +$/, '') : text;
}

/** JSON goes into columns of a megabyte at most, however large they are: beyond, it hits the servers' packet limits. */
const maxJsonBytes = 1_048_576;

/** JSON text for a column: escaped as ASCII where the character set does not hold all of it. */
export function fitJson(column: TextColumn, most: number, write: (maxBytes: number, ascii: boolean) => string): string {
  const bytes = Math.floor(column.maxBytes / column.charset.widening);
  const maxBytes = Math.min(bytes, column.maxChars, most, maxJsonBytes);
  const json = write(maxBytes, false);
  return holdsAll(column.charset, json) ? json : write(maxBytes, true);
}

/** {@link rawJson} for a column. */
export function fitRawJson(
  value: unknown,
  column: TextColumn,
  most = maxJsonBytes,
  kept?: ReadonlyMap<string, string>,
): string {
  return fitJson(column, most, (maxBytes, ascii) => rawJson(value, { maxBytes, ascii, kept }));
}
