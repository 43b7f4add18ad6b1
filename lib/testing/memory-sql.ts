import { type MemoryRow, memoryShape } from './memory-table.ts';

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
  if (/^\d+$/.test(what)) return undefined;
  const columns = (where ?? '').split(/\s+AND\s+/i).flatMap((part) => (part === '' ? [] : [equals.exec(part)]));
  const names = columns.map((match) => match?.groups?.['column']);
  if (names.some((name) => name === undefined)) return undefined;
  const asked = names.map((name) => columnOf(name ?? '', 'WHERE'));
  const is = (value: Row[string] | undefined, wanted: Row[string] | undefined) =>
    value !== null && wanted !== null && String(value) === String(wanted);
  const found = rows
    .map(({ trace: _, ...row }) => row as Row)
    .filter((row) => asked.every((name, index) => is(row[name], params[index])));
  if (/DESC/i.test(order ?? '')) found.reverse();
  const counted = count.exec(what);
  if (counted) return [{ [counted.groups?.['name'] ?? 'COUNT(*)']: found.length }];
  if (what === '*') return found;
  const wanted = what.split(',').map((name) => name.trim().replaceAll('`', ''));
  if (!wanted.every((name) => /^\w+$/.test(name))) return undefined;
  const read = wanted.map((name) => [name, columnOf(name, 'SELECT')] as const);
  return found.map((row) => Object.fromEntries(read.map(([name, column]) => [name, row[column] ?? null])));
}

const known = new Set(['alogid', ...Object.keys(memoryShape('text').columns)]);

/** The column of that name, in either case. @throws Error `ER_BAD_FIELD_ERROR` where there is none, as the database does */
function columnOf(name: string, clause: 'SELECT' | 'WHERE'): string {
  const column = name.toLowerCase();
  if (known.has(column)) return column;
  const said = { code: 'ER_BAD_FIELD_ERROR', errno: 1054, sqlState: '42S22' };
  throw Object.assign(new Error(`Unknown column '${name}' in '${clause}'`), said);
}
