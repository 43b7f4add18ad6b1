import type { MemoryRow } from './memory-table.ts';

/** `SELECT … FROM actionlog [WHERE a = ? AND b = ?] [ORDER BY alogid [DESC]]`. */
const select =
  /^\s*SELECT\s+(?<what>.+?)\s+FROM\s+`?actionlog`?(?:\s+WHERE\s+(?<where>.+?))?(?:\s+ORDER\s+BY\s+`?alogid`?(?<order>\s+DESC|\s+ASC)?)?\s*;?\s*$/is;
const count = /^COUNT\(\*\)(?:\s+(?:AS\s+)?`?(?<name>\w+)`?)?$/i;
const equals = /^`?(?<column>\w+)`?\s*=\s*\?$/;

type Row = Record<string, string | number | null>;

/**
 * Answers a plain question about the entries themselves, as a transaction may ask one; undefined for any other statement.
 */
export function readMemory(
  sql: string,
  params: readonly (string | number | null)[],
  rows: readonly MemoryRow[],
): Row[] | undefined {
  const { what, where, order } = select.exec(sql)?.groups ?? {};
  if (what === undefined) return undefined;
  const columns = (where ?? '').split(/\s+AND\s+/i).flatMap((part) => (part === '' ? [] : [equals.exec(part)]));
  const names = columns.map((match) => match?.groups?.['column']);
  if (names.some((name) => name === undefined)) return undefined;
  const found = rows
    .map(({ trace: _, ...row }) => row as Row)
    .filter((row) => names.every((name, index) => String(row[name ?? '']) === String(params[index])));
  if (/DESC/i.test(order ?? '')) found.reverse();
  const counted = count.exec(what);
  if (counted) return [{ [counted.groups?.['name'] ?? 'COUNT(*)']: found.length }];
  if (what === '*') return found;
  const wanted = what.split(',').map((name) => name.trim().replaceAll('`', ''));
  if (!wanted.every((name) => /^\w+$/.test(name))) return undefined;
  return found.map((row) => Object.fromEntries(wanted.map((name) => [name, row[name] ?? null])));
}
