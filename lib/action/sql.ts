/**
 * A name in backticks, for MySQL and SQLite alike (SQLite takes an unknown name in double quotes for a text).
 *
 * @throws TypeError where no table or column can have that name
 */
export function quoteName(name: string, option: string): string {
  if (name === '' || name.length > 64 || name !== name.trim() || !name.isWellFormed() || name.includes('\0')) {
    throw new TypeError(`${option}: expected a name of 1 to 64 characters, got ${JSON.stringify(name).slice(0, 120)}`);
  }
  return `\`${name.replaceAll('`', '``')}\``;
}

/** Decimal digits as a literal. Throws a TypeError where the text is anything else. */
export function integerLiteral(text: string): string {
  if (!/^-?\d{1,20}$/.test(text))
    throw new TypeError(`expected a whole number, got ${JSON.stringify(text).slice(0, 40)}`);
  return text;
}
