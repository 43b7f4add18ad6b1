import { z } from 'zod';
import { type Id, idText } from '../session/id.ts';

/** A condition on what a changed column was set to, among the entries written with `trace`. */
export interface TraceQuery {
  /** The column, as `changes()` names it: `price`, `address.city`. */
  field: string;
  /** What it was set to: a number, or the whole text. */
  is?: string | number | bigint | undefined;
  /** Set to a number below this one. */
  below?: number | undefined;
  /** Set to a number above this one. */
  above?: number | undefined;
  /** Set to a text that contains this one. */
  contains?: string | undefined;
}

/** Which entries to read: of one tenant, unless `tenants` says otherwise. */
export interface HistoryQuery {
  /** The tenant; left out where `tenants` is given. */
  gsid?: Id | undefined;
  /** Entries of all tenants: for code without a request, such as a report of the operator's. */
  tenants?: 'all' | undefined;
  userid?: Id | undefined;
  /** Login name, the whole of it. */
  login?: string | undefined;
  rectype?: string | undefined;
  recid?: Id | undefined;
  /** Written at that time or later: a Date, or Unix time in milliseconds. Entries know the second. */
  from?: Date | number | undefined;
  /** Written before that time. */
  to?: Date | number | undefined;
  /** Words, each of which stands in the message, the login name or the raw object. */
  text?: string | undefined;
  /** Pairs of the raw object, as in Gyroscope: `{ price: '9' }` also finds the number 9. */
  raw?: Readonly<Record<string, string | number | boolean | null>> | undefined;
  /** What a changed column was set to; several must all hold. */
  trace?: TraceQuery | readonly TraceQuery[] | undefined;
  /** What belongs together: the request's id, or the one that was given. */
  correlation?: string | undefined;
  /** Only entries written before this one: the last `alogid` of the page before. */
  before?: Id | undefined;
  /** Most entries of a page: 1 to 1,000, default 50. */
  limit?: number | undefined;
}

/** A query in the one form that stores answer. */
export interface HistoryFilter {
  /** Undefined for all tenants. */
  gsid: string | undefined;
  userid: string | undefined;
  login: string | undefined;
  rectype: string | undefined;
  recid: string | undefined;
  /** Unix time in seconds: at or after, and before. */
  from: number | undefined;
  to: number | undefined;
  words: string[];
  raw: [key: string, value: string | number | boolean | null][];
  trace: TraceQuery[];
  correlation: string | undefined;
  before: string | undefined;
  limit: number;
}

const text = z.string('expected a string').optional();
const time = z
  .union([z.date(), z.number()], 'expected a Date, or Unix time in milliseconds')
  .transform(Number)
  .refine(Number.isSafeInteger, 'expected a Date, or Unix time in milliseconds')
  .optional();
const number = z.number('expected a number').optional();
const traceSchema = z.strictObject({
  field: z.string().min(1),
  is: z.union([z.string(), z.number(), z.bigint()]).optional(),
  ...{ below: number, above: number },
  contains: text,
});
const schema = z.strictObject({
  ...{ gsid: z.unknown(), userid: z.unknown(), recid: z.unknown(), before: z.unknown() },
  tenants: z.literal('all', 'expected "all", or a tenant as gsid').optional(),
  ...{ login: text, rectype: text, text, correlation: text, from: time, to: time },
  raw: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  trace: z.union([traceSchema, z.array(traceSchema)]).optional(),
  limit: z
    .number('expected a whole number from 1 to 1,000')
    .int('expected a whole number from 1 to 1,000')
    .min(1, 'expected a whole number from 1 to 1,000')
    .max(1000, 'expected a whole number from 1 to 1,000')
    .default(50),
});

/** Most words that are looked for. */
const maxWords = 20;

/**
 * Takes a query apart.
 *
 * @throws TypeError where it names no tenant, an unknown key, or a value that is none; it may come from a request
 */
export function parseHistoryQuery(query: HistoryQuery): HistoryFilter {
  if (typeof query !== 'object' || query === null)
    throw new TypeError('history: expected { gsid: … }: entries are of one tenant');
  const parsed = schema.safeParse(query);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new TypeError(`history: ${issue?.path.join('.') || 'the query'}: ${issue?.message}`);
  }
  const { gsid, tenants, userid, recid, before, text: words, raw, trace, from, to, ...rest } = parsed.data;
  if (tenants !== undefined && gsid !== undefined)
    throw new TypeError('history: either gsid or tenants: "all", not both');
  const place = optionalId(before, 'before');
  if (place !== undefined && !/^\d{1,20}$/.test(place)) throw new TypeError('before: expected the alogid of an entry');
  return {
    ...{ login: rest.login, rectype: rest.rectype, correlation: rest.correlation, limit: rest.limit },
    gsid: tenants === 'all' ? undefined : idText(gsid, 'gsid'),
    userid: optionalId(userid, 'userid'),
    recid: optionalId(recid, 'recid'),
    before: place,
    from: from === undefined ? undefined : Math.floor(from / 1000),
    to: to === undefined ? undefined : Math.ceil(to / 1000),
    words: (words ?? '')
      .split(/\s+/)
      .filter((word) => word !== '')
      .slice(0, maxWords),
    raw: Object.entries(raw ?? {}),
    trace: trace === undefined ? [] : [trace].flat(),
  };
}

function optionalId(id: unknown, name: string): string | undefined {
  return id === undefined ? undefined : idText(id, name);
}

/**
 * What was typed into one search field, as Gyroscope's report takes it: `key=value` is a pair of the raw object, everything
 * else are words. A value with spaces goes in quotes: `name="red lamp"`.
 */
export function parseSearch(typed: string): Pick<HistoryQuery, 'text' | 'raw'> {
  const raw = new Map<string, string>();
  const words: string[] = [];
  for (const [whole, key, quoted, plain] of typed.matchAll(/([\p{L}\p{N}_.-]+)=(?:"([^"]*)"|(\S*))|\S+/gu)) {
    if (key === undefined) words.push(whole);
    else raw.set(key, quoted ?? plain ?? '');
  }
  return {
    ...(words.length > 0 ? { text: words.join(' ') } : {}),
    ...(raw.size > 0 ? { raw: Object.fromEntries(raw) } : {}),
  };
}

/**
 * How a pair may stand in a raw object's JSON: the value as text or plain, characters as they are or escaped as PHP does.
 */
export function pairForms(key: string, value: string | number | boolean | null): string[] {
  const name = JSON.stringify(key);
  const plain = typeof value === 'string' ? (isJsonScalar(value) ? value : undefined) : String(value);
  const forms = [`${name}:${JSON.stringify(String(value))}`];
  if (plain !== undefined) forms.push(`${name}:${plain},`, `${name}:${plain}}`);
  const escaped = forms.map((form) =>
    form
      .replaceAll('/', '\\/')
      .replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
  return [...new Set([...forms, ...escaped])];
}

function isJsonScalar(text: string): boolean {
  return /^(-?\d+(\.\d+)?|true|false|null)$/.test(text);
}
