import { createHash } from 'node:crypto';
import { rawJson } from './raw-object.ts';
import { unreadable } from './raw-value.ts';

/** One value as it is compared, shown and kept: null, numbers in full, everything else as text. */
export interface Leaf {
  text: string;
  /** Decimal digits, where the value is of a number's type. */
  number?: string;
  /** Where the value is a time. */
  date?: Date;
  boolean?: boolean;
}

/** Most bytes of a list, or of an object that is nested too deeply to be looked into. */
const maxJsonBytes = 60_000;

/** The value as a leaf; undefined for null and undefined. */
export function leafOf(value: unknown): Leaf | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') return { text: value };
  if (typeof value === 'boolean') return { text: String(value), boolean: value };
  if (typeof value === 'bigint' || Number.isFinite(value)) return numberLeaf(String(value));
  if (value instanceof Date) return dateLeaf(value);
  if (value instanceof Uint8Array) return { text: `${value.byteLength} bytes, sha256 ${digest(value)}` };
  if (isDecimal(value)) return decimalLeaf(value);
  return { text: typeof value === 'object' ? rawJson(value, { maxBytes: maxJsonBytes }) : String(value) };
}

/** Whether two values say the same; `docs/changes.md` lists what does. */
export function sameLeaf(a: Leaf | undefined, b: Leaf | undefined): boolean {
  if (!a || !b) return a === b;
  if (a.text === b.text) return true;
  if (a.number !== undefined || b.number !== undefined) {
    const [left, right] = [plainNumber(a), plainNumber(b)];
    return left !== undefined && left === right;
  }
  if (a.boolean !== undefined && b.boolean !== undefined) return a.boolean === b.boolean;
  if (a.date) return saysTime(a.date, b);
  return b.date !== undefined && saysTime(b.date, a);
}

/** Decimal's of decimal.js, big.js, bignumber.js and Prisma: without an argument, `toFixed` gives all digits. */
export function isDecimal(value: unknown): value is { toFixed(): string } {
  return typeof value === 'object' && value !== null && 'toFixed' in value && typeof value.toFixed === 'function';
}

function decimalLeaf(decimal: { toFixed(): string }): Leaf {
  try {
    return numberLeaf(String(decimal.toFixed()));
  } catch {
    return { text: unreadable }; // a toFixed of the caller's own
  }
}

function numberLeaf(digits: string): Leaf {
  return { text: digits, number: digits };
}

function dateLeaf(date: Date): Leaf {
  return Number.isNaN(date.getTime()) ? { text: 'invalid date' } : { text: date.toISOString(), date };
}

/** The digits without what does not count: `+1.50` and `1.5` give the same. A boolean is 1 or 0, as in MySQL. */
function plainNumber({ text, number, boolean }: Leaf): string | undefined {
  if (boolean !== undefined) return boolean ? '1' : '0';
  const given = (number ?? text).trim();
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(given);
  if (!parts || !/\d/.test(given)) return /^[+-]?[\d.]+e[+-]?\d+$/i.test(given) ? String(Number(given)) : undefined;
  const whole = (parts[2] ?? '').replace(/^0+/, '') || '0';
  const fraction = (parts[3] ?? '').replace(/0+$/, '');
  const digits = fraction ? `${whole}.${fraction}` : whole;
  return parts[1] === '-' && digits !== '0' ? `-${digits}` : digits;
}

/** Whether a text says that time: as ISO 8601, or as MySQL writes it, in this process's time zone. */
function saysTime(date: Date, { text, date: other }: Leaf): boolean {
  if (other) return other.getTime() === date.getTime();
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(text)) return false;
  // a date alone is midnight here, not in UTC as Date has it
  const time = new Date(text.length === 10 ? `${text}T00:00:00` : text.replace(' ', 'T')).getTime();
  return time === date.getTime();
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
