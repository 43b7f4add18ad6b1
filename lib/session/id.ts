/** An id as callers give it: a whole number, a bigint, or text (decimal, or a UUID or name with text columns). */
export type Id = string | number | bigint;

/** The longest id that is taken, in characters: what the text columns hold. */
export const maxIdLength = 191;

/**
 * The text of an id, no digit lost: `7` and `7n` become `'7'`.
 *
 * @throws TypeError where it is no id: a fraction, a number beyond 2^53 (digits are lost already: give a string or a
 * bigint), text that is empty, too long, or has spaces at an end (MySQL takes `'a '` for `'a'`)
 */
export function idText(id: unknown, name: string): string {
  if (typeof id === 'bigint') return id.toString();
  if (typeof id === 'number') {
    if (Number.isSafeInteger(id)) return String(id);
    throw new TypeError(`${name}: expected a whole number below 2^53, a bigint or a string, got the number ${id}`);
  }
  if (typeof id !== 'string')
    throw new TypeError(
      `${name}: expected a number, bigint or string, got ${id === null ? 'null' : `type ${typeof id}`}`,
    );
  if (id === '' || id.length > maxIdLength || id !== id.trim() || !id.isWellFormed() || /\p{Cc}/u.test(id)) {
    throw new TypeError(
      `${name}: expected 1 to ${maxIdLength} characters, without control characters or spaces at the ends, got ${id.length} characters`,
    );
  }
  return id;
}

/** Whether the text is a whole number in plain form: `0`, `42`, but not `007`, `-1`, `1e3`. */
export function isPlainNumber(text: string): boolean {
  return /^(0|[1-9]\d{0,19})$/.test(text);
}
