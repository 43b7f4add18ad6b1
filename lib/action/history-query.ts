import { z } from 'zod';
import { Actor } from '../session/actor.ts';
import { type Id, idText } from '../session/id.ts';
import { isPlainObject } from './raw-value.ts';

/** A condition on what a changed column was set to, among the changes that were written with `trace`. */
export interface TraceQuery {
  /** The column, as `changes()` names it: `price`, `address.city`. */
  field: string;
  /** What it was set to: a number, or the whole text. A text of digits also finds that number. */
  is?: string | number | bigint | undefined;
  /** Set to a number below this one. */
  below?: number | undefined;
  /** Set to a number above this one. */
  above?: number | undefined;
  /** Set to a text with this one in it, whatever the case of its letters. */
  contains?: string | undefined;
}

/** What a pair of the raw object may be compared with. */
export type RawValue = string | number | boolean | null;

/** Pairs of the raw object: by key, or as a list, where a key may stand several times. */
export type RawPairs = Readonly<Record<string, RawValue>> | readonly (readonly [key: string, value: RawValue])[];

/** Which entries to read. Exactly one of `gsid`, `actor` and `tenants` says whose. */
export interface HistoryQuery {
  /** The tenant. */
  gsid?: Id | undefined;
  /** A signed-in user, whose tenant it is: `req.actor`. */
  actor?: Actor | undefined;
  /** Entries of all tenants: for code without a request, such as a report of the operator's. */
  tenants?: 'all' | undefined;
  userid?: Id | undefined;
  /** Login name, the whole of it, whatever the case of its letters. */
  login?: string | undefined;
  rectype?: string | undefined;
  recid?: Id | undefined;
  /** Written at that time or later: a Date, or Unix time in milliseconds. Entries know the second. */
  from?: Date | number | undefined;
  /** Written before that time. */
  to?: Date | number | undefined;
  /** Words, each of which begins a word of the message, the login name or the raw object. At most 20 of 100 characters. */
  text?: string | undefined;
  /** Pairs of the raw object, at any depth, at most 10, all of which must be there: `{ price: '9' }` also finds the number 9. */
  raw?: RawPairs | undefined;
  /** What a changed column was set to; of several, at most 5, all must hold. */
  trace?: TraceQuery | readonly TraceQuery[] | undefined;
  /** What belongs together: the request's id, or the one that was given. */
  correlation?: string | undefined;
  /** Only entries written before this one: the last `alogid` of the page before. */
  before?: Id | undefined;
  /** Most entries of a page: 1 to 1,000, default 50. */
  limit?: number | undefined;
}

/** A query in the one form that stores answer: ids as text, times in seconds, texts taken apart. */
export interface HistoryFilter {
  /** Undefined for all tenants. */
  gsid: string | undefined;
  userid: string | undefined;
  login: string | undefined;
  rectype: string | undefined;
  recid: string | undefined;
  /** Unix time in seconds: at or after. */
  from: number | undefined;
  /** Unix time in seconds: before. */
  to: number | undefined;
  words: readonly string[];
  /** Keys and values as text. */
  raw: readonly (readonly [key: string, value: string])[];
  trace: readonly TraceQuery[];
  correlation: string | undefined;
  before: string | undefined;
  limit: number;
}

const maxWords = 20;
const maxWordLength = 100;
const maxTextLength = 2500;
const maxPairs = 10;
const maxConditions = 5;
/** More characters than any column of record ids has. */
const maxRecid = 1000;

/** A text of a bounded size, without halves of characters and NUL, which no column has. */
const text = (most: number) =>
  z
    .string('expected a text')
    .max(most, `expected ${most} characters at most`)
    .refine((given) => given.isWellFormed() && !given.includes('\0'), 'expected a text of whole characters');
const aTime = 'expected a Date, or Unix time in milliseconds';
const time = z
  .union([z.date(aTime), z.number(aTime)], aTime)
  .transform(Number)
  .refine((value) => Math.abs(value) <= 8.64e15, aTime);
const number = z.number('expected a number');
const aLimit = 'expected a whole number from 1 to 1,000';
const whole = number.or(z.bigint());
const aRawValue = 'expected a text, a number, true, false or null';
const rawValue = z.union([text(500), number, z.boolean(), z.null()], aRawValue);
const rawPair = z.tuple([text(200), rawValue], 'expected pairs such as ["price", 9]');
/** No record of zod's, which leaves `__proto__` out. */
const raw = z.unknown().transform((given, context) => {
  const pairs = Array.isArray(given) ? given : isPlainObject(given) ? Object.entries(given) : undefined;
  const refuse = (message: string, path: string[] = []) => context.addIssue({ code: 'custom', message, path });
  if (!pairs) refuse('expected pairs such as { price: 9 }');
  else if (pairs.length > maxPairs) refuse(`expected ${maxPairs} pairs at most`);
  const checked = (pairs?.slice(0, maxPairs) ?? []).map((pair: unknown) => rawPair.safeParse(pair));
  for (const [index, { error }] of checked.entries()) {
    const name: unknown = pairs?.[index]?.[0];
    if (error) refuse(error.issues[0]?.message ?? aRawValue, [typeof name === 'string' ? name : String(index)]);
  }
  return checked.flatMap(({ data }) => (data ? [data] : []));
});
const trace = z.strictObject({
  field: text(191).min(1, 'expected the name of a column'),
  is: z.union([text(16_000), whole], 'expected a text or a number').optional(),
  ...{ below: number.optional(), above: number.optional(), contains: text(500).optional() },
});
const anId = z.unknown().optional();
const schema = z.strictObject(
  {
    ...{ gsid: anId, userid: anId, recid: anId, before: anId },
    actor: z.custom<Actor>((value) => Actor.is(value), 'expected req.actor: an authenticated user').optional(),
    tenants: z.literal('all', 'expected "all", or a tenant as gsid').optional(),
    ...{ login: text(1000).optional(), rectype: text(1000).optional(), correlation: text(1000).optional() },
    ...{ from: time.optional(), to: time.optional() },
    text: text(maxTextLength).optional(),
    raw: raw.optional(),
    trace: z
      .preprocess(
        (given) => (given === undefined ? [] : [given].flat()),
        z.array(trace).max(maxConditions, `expected ${maxConditions} conditions at most`),
      )
      .optional(),
    limit: z.number(aLimit).int(aLimit).min(1, aLimit).max(1000, aLimit).default(50),
  },
  'expected { gsid: … }: entries are of one tenant',
);

/**
 * Takes a query apart. It may come from a request.
 *
 * @throws TypeError naming the key, where it is unknown or has no such value; where not exactly one tenant, or all, are named
 */
export function parseHistoryQuery(query: HistoryQuery): HistoryFilter {
  const parsed = schema.safeParse(query);
  if (!parsed.success) throw new TypeError(`history: ${told(parsed.error.issues[0])}`);
  const { gsid, actor, tenants, userid, recid, before, from, to, ...rest } = parsed.data;
  if ([gsid, actor, tenants].filter((given) => given !== undefined).length !== 1) {
    throw new TypeError(
      'history: gsid: expected exactly one of gsid, actor and tenants: "all"; entries are of one tenant',
    );
  }
  const place = optionalId(before, 'before');
  if (place !== undefined && !/^\d{1,20}$/.test(place)) {
    throw new TypeError('history: before: expected the alogid of an entry');
  }
  return {
    gsid: tenants === 'all' ? undefined : (actor?.gsid ?? idText(gsid, 'history: gsid')),
    userid: optionalId(userid, 'userid'),
    ...{
      login: rest.login,
      rectype: rest.rectype,
      recid: recid === undefined ? undefined : recidText(recid, 'history: recid'),
    },
    from: from === undefined ? undefined : Math.floor(from / 1000),
    to: to === undefined ? undefined : Math.ceil(to / 1000),
    words: wordsOf(rest.text ?? ''),
    raw: (rest.raw ?? []).map(([key, value]) => [key, String(value)] as const),
    trace: rest.trace ?? [],
    ...{ correlation: rest.correlation, before: place, limit: rest.limit },
  };
}

/**
 * The text of a record's id, any that is kept: longer than the ids of users and tenants, with spaces and control characters.
 *
 * @throws TypeError where it is none
 */
export function recidText(recid: unknown, name: string): string {
  if (typeof recid !== 'string') return idText(recid, name);
  const problem =
    recid === '' ? 'expected 1 to 1,000 characters' : text(maxRecid).safeParse(recid).error?.issues[0]?.message;
  if (problem !== undefined) throw new TypeError(`${name}: ${problem}, got ${recid.length} characters`);
  return recid;
}

function optionalId(id: unknown, name: string): string | undefined {
  return id === undefined ? undefined : idText(id, `history: ${name}`);
}

function wordsOf(typed: string): string[] {
  const words = [...new Set(typed.split(/\s+/u).filter((word) => word !== ''))];
  if (words.length > maxWords) throw new TypeError(`history: text: expected ${maxWords} words at most`);
  if (words.some((word) => word.length > maxWordLength)) {
    throw new TypeError(`history: text: expected words of ${maxWordLength} characters at most`);
  }
  return words;
}

function told(issue: z.core.$ZodIssue | undefined): string {
  if (!issue) return 'expected a query';
  if (issue.code === 'unrecognized_keys') {
    const where = issue.path.length > 0 ? ` in ${issue.path.join('.')}` : '';
    return `unknown ${issue.keys.join(', ').slice(0, 200)}${where}; there is ${Object.keys(schema.shape).join(', ')}`;
  }
  const path = issue.path.map(String).join('.');
  return path === '' ? issue.message : `${path.slice(0, 200)}: ${issue.message}`;
}

/**
 * What was typed into one search field, as Gyroscope's report takes it: `price=9` is a pair of the raw object, everything
 * else are words. A value with spaces goes in quotes: `name="red lamp"`. Pairs are a list where a key stands several times.
 */
export function parseSearch(typed: string): Pick<HistoryQuery, 'text' | 'raw'> {
  const pairs: [key: string, value: string][] = [];
  const words: string[] = [];
  for (const [all, key, quoted, plain] of typed.matchAll(/(?<!\S)([^\s="]+)=(?:"([^"]*)"(?!\S)|(\S+))|\S+/gu)) {
    if (key === undefined) words.push(all);
    else pairs.push([key, quoted ?? plain ?? '']);
  }
  const keys = new Set(pairs.map(([key]) => key));
  return {
    ...(words.length > 0 ? { text: words.join(' ') } : {}),
    ...(pairs.length > 0 ? { raw: keys.size === pairs.length ? Object.fromEntries(pairs) : pairs } : {}),
  };
}
