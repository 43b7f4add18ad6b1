import { types } from 'node:util';
import { shareRoom, textSlot } from './raw-share.ts';
import { type JsonForm, type ObjectView, propertiesOf, unreadable } from './raw-value.ts';

/** What PHP calls a scalar, and what JavaScript has beside it. */
export type Scalar = string | number | bigint | boolean | null | undefined;

/** A scalar as PHP turns it into a string: `true` is `1`, `0.1 + 0.2` is `0.3`, `1e25` is `1.0E+25`. */
export function phpText(value: Scalar): string {
  if (value === true) return '1';
  if (value === false || value === null || value === undefined) return '';
  if (typeof value !== 'number') return String(value);
  if (Number.isNaN(value)) return 'NAN';
  if (!Number.isFinite(value)) return value > 0 ? 'INF' : '-INF';
  return plainInteger(value) ?? decimal(value, rounded(Math.abs(value)), 14, 'E');
}

/**
 * Plain data as PHP's `json_encode` writes it: slashes and all but ASCII escaped, an object with the keys 0, 1, 2, … is a
 * list, an empty object is `[]`.
 */
export function phpJson(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return phpQuote(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return '0';
    return plainInteger(value) ?? decimal(value, Math.abs(value).toExponential(), 17, 'e');
  }
  if (typeof value !== 'object') return 'null';
  if (Array.isArray(value)) return `[${value.map(phpJson).join(',')}]`;
  if ('toJSON' in value && typeof value.toJSON === 'function') return phpJson(value.toJSON());
  const entries = Object.entries(value).filter(([, item]) => item !== undefined && typeof item !== 'function');
  return joined(entries.map(([key, item]) => [key, phpJson(item)]));
}

/** What {@link phpRawobj} is told beside the value. */
export interface PhpRawobjOptions {
  /** Most bytes of the result; default: no bound. */
  maxBytes?: number | undefined;
  /** Further texts to keep, by key, put first. */
  kept?: ReadonlyMap<string, string> | undefined;
}

/**
 * A raw object as Gyroscope's own rows have it: JSON of the scalars among its own properties, each as text with
 * backslashes before quotes and backslashes, `&quot;` for the double quote, and spaces for line ends. All of it ASCII.
 *
 * Never throws; what goes beyond `maxBytes` is cut with a mark, and stays valid JSON.
 */
export function phpRawobj(value: unknown, options: PhpRawobjOptions = {}): string {
  const maxBytes = options.maxBytes ?? Number.MAX_SAFE_INTEGER;
  const own = scalarsOf(value, Math.min(maxBytes, 1_000_000));
  const texts = new Map<string, string>();
  for (const [key, text] of options.kept ?? []) {
    let free = key;
    while (own.texts.has(free)) free = `_${free}`;
    texts.set(free, text);
  }
  for (const [key, text] of own.texts) texts.set(key, text);
  const units = [...texts].reduce((sum, [key, text]) => sum + key.length + text.length, 0);
  if (own.unseen === 0 && units <= maxBytes) {
    const whole = joined([...texts].map(([key, text]) => [key, rawobjForm.quote(text)]));
    if (whole.length <= maxBytes) return whole;
  }
  const slots = [...texts].map(([key, text], index) => textSlot(key, text, index, phpForm, rawobjForm));
  return `{${shareRoom(slots.length, (index) => slots[index], maxBytes - 2, phpForm, own.unseen)}}`;
}

/** The texts of an object's scalar properties, of the first `most` ones; `unseen` says how many are beyond. */
function scalarsOf(value: unknown, most: number): { texts: Map<string, string>; unseen: number } {
  const texts = new Map<string, string>();
  if (value === null || value === undefined) return { texts, unseen: 0 };
  const alone = scalarText(value);
  if (alone !== undefined) return { texts: texts.set('0', alone), unseen: 0 };
  if (typeof value !== 'object') return { texts, unseen: 0 };
  let object: ObjectView;
  try {
    object = propertiesOf(value, most);
  } catch {
    return { texts: texts.set('0', unreadable), unseen: 0 }; // a proxy that refuses
  }
  const seen = Math.min(object.size, most);
  for (let index = 0; index < seen; index += 1) {
    let text: string | undefined;
    try {
      text = scalarText(object.read(index));
    } catch {
      text = unreadable; // a getter of the caller's that throws must not cost the entry
    }
    if (text !== undefined) texts.set(object.key(index), text);
  }
  return { texts, unseen: object.size - seen };
}

function scalarText(value: unknown): string | undefined {
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  return typeof value === 'object' && value !== null ? undefined : phpText(value as Scalar);
}

/** PHP's `json_encode` of a string. */
function phpQuote(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(/[/\u0080-\uffff]/g, (unit) =>
    unit === '/' ? '\\/' : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const phpForm: JsonForm = { quote: phpQuote, mark: '...' };

/** The form of the values in {@link phpRawobj}. */
const rawobjForm: JsonForm = {
  mark: '...',
  quote: (text) =>
    phpQuote(
      text
        .replace(/[\\'"\0]/g, (char) => (char === '\0' ? '\\0' : `\\${char}`))
        .replace(/[\n\r]/g, ' ')
        .replaceAll('"', '&quot;'),
    ),
};

function joined(entries: [key: string, json: string][]): string {
  if (entries.every(([key], index) => key === String(index))) return `[${entries.map(([, json]) => json).join(',')}]`;
  return `{${entries.map(([key, json]) => `${phpQuote(key)}:${json}`).join(',')}}`;
}

function plainInteger(value: number): string | undefined {
  if (Object.is(value, -0)) return '-0';
  // PHP's integers have 64 bits
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? BigInt(value).toString() : undefined;
}

/** To 14 digits, a tie to the even digit as PHP does; JavaScript alone takes the larger one. */
function rounded(value: number): string {
  const exact = value.toExponential(60);
  const digits = exact.replace('.', '').slice(0, 61);
  const tie = /^50*$/.test(digits.slice(14)) && Number(digits[13]) % 2 === 0;
  return tie ? `${exact.slice(0, 15)}${exact.slice(exact.indexOf('e'))}` : value.toExponential(13);
}

/** From JavaScript's exponential form to PHP's form: exponents only below 0.0001 and from `precision` digits on. */
function decimal(value: number, exponential: string, precision: number, letter: string): string {
  const [mantissa = '', power = '0'] = exponential.split('e');
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  const exponent = Number(power);
  const sign = value < 0 ? '-' : '';
  if (exponent < -4 || exponent >= precision) {
    const tail = digits.slice(1) || '0';
    return `${sign}${digits[0]}.${tail}${letter}${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const rest = digits.slice(exponent + 1);
  return `${sign}${whole}${rest ? `.${rest}` : ''}`;
}
