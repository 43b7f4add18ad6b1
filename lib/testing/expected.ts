import { isDeepStrictEqual } from 'node:util';
import { rawJson } from '../action/raw-object.ts';
import { isObject, isPlainObject } from '../action/raw-value.ts';
import { Actor, type User } from '../session/actor.ts';
import type { Id } from '../session/id.ts';

/** A changed column, as the option `trace` of `logaction` keeps it. */
export interface TestChange {
  /** What it was; null where there was nothing, or where it is masked. */
  before: string | null;
  /** What it was set to; null where it is nothing now, or where it is masked. */
  after: string | null;
  masked: boolean;
}

/** What an entry, or an event, is to have. What is left out may be anything. */
export interface Expected {
  /** The message: the whole of it, or what it matches. */
  message?: string | RegExp | null | undefined;
  /** What the raw object has, at least: keys of objects may be left out, and a RegExp stands for a text that it matches. */
  rawobj?: unknown;
  /** The record; `null`: of none. */
  record?: { rectype: string; recid?: Id | undefined } | null | undefined;
  /** Who did it: an actor, or the ids or the login alone. */
  user?: { userid?: Id | undefined; gsid?: Id | undefined; login?: string | undefined } | undefined;
  /** What the additions to the event have, at least. */
  extra?: unknown;
  ctxid?: number | null | undefined;
  /** What it belongs together with. */
  correlation?: string | RegExp | null | undefined;
  /** What was kept of changed columns, at least: `{ price: { before: '9.00', after: '8.50' } }`. */
  trace?: Readonly<Record<string, Partial<TestChange>>> | undefined;
  /** The connection id of the page whose request it was; 0 for none. */
  connection?: number | undefined;
  /** Whether it was saved over a conflict that the user knew of. */
  conflicted?: boolean | undefined;
}

/** What can be compared with an {@link Expected}. */
export interface Comparable {
  message: string | null;
  rawobj: unknown;
  record: { rectype: string; recid: string } | undefined;
  userid: string;
  gsid: string;
  login: string;
  extra: unknown;
  ctxid: number | null;
  correlation: string | null;
  trace: Readonly<Record<string, TestChange>>;
  connection: number;
  conflicted: boolean;
}

/** One thing that is not as expected. */
export interface Difference {
  path: string;
  expected: unknown;
  actual: unknown;
}

const names = [
  ...(['message', 'rawobj', 'record', 'user', 'extra', 'ctxid', 'correlation', 'trace', 'connection'] as const),
  'conflicted',
] satisfies (keyof Expected)[];
const recordNames = ['rectype', 'recid'] as const;
const userNames = ['userid', 'gsid', 'login'] as const;
/** What else a user may have, whom a test signs in and expects. */
const besideUser = ['dispname', 'groups', 'gsexpiry', 'gstier'] satisfies (keyof User)[];
const changeNames = ['before', 'after', 'masked'] as const;

/** @throws TypeError where it names what no entry has: such an assertion would say nothing */
export function checkExpected(expected: Expected, where: string): void {
  const { record, user, trace } = expected;
  checkNames(expected, names, where);
  if (isObject(record)) {
    checkNames(record, recordNames, `${where}: record`);
    checkSaysSomething(record, recordNames, `${where}: record`);
  }
  if (isObject(user) && !Actor.is(user)) {
    checkNames(user, [...userNames, ...besideUser], `${where}: user`);
    checkSaysSomething(user, userNames, `${where}: user`);
  }
  for (const [field, change] of Object.entries(trace ?? {})) {
    if (isObject(change)) checkNames(change, changeNames, `${where}: trace.${field}`);
  }
}

function checkNames(given: object, known: readonly string[], where: string): void {
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new TypeError(`${where}: unknown ${unknown.join(', ')}; there is ${known.join(', ')}`);
}

function checkSaysSomething(given: object, known: readonly string[], where: string): void {
  const said = known.some((name) => (given as Record<string, unknown>)[name] !== undefined);
  if (!said) throw new TypeError(`${where}: expected at least one of ${known.join(', ')}`);
}

/** What of an entry is not as expected. */
export function differences(expected: Expected, actual: Comparable): Difference[] {
  const found: Difference[] = [];
  const compare = (path: string, wanted: unknown, is: unknown) => {
    if (wanted !== undefined) found.push(...within(path, wanted, is));
  };
  const { record, user } = expected;
  compare('message', expected.message, actual.message);
  if (record === null && actual.record) found.push({ path: 'record', expected: null, actual: actual.record });
  compare('record.rectype', record?.rectype, actual.record?.rectype);
  compare('record.recid', textOf(record?.recid), actual.record?.recid);
  compare('user.userid', textOf(user?.userid), actual.userid);
  compare('user.gsid', textOf(user?.gsid), actual.gsid);
  compare('user.login', user?.login, actual.login);
  compare('rawobj', expected.rawobj, actual.rawobj);
  compare('extra', expected.extra, actual.extra);
  compare('trace', expected.trace, actual.trace);
  for (const name of ['ctxid', 'correlation', 'connection', 'conflicted'] as const)
    compare(name, expected[name], actual[name]);
  return found;
}

const textOf = (id: Id | undefined) => (id === undefined ? undefined : String(id));

/** Compares part by part: objects by the keys that are wanted, lists by all of their items. */
function within(path: string, wanted: unknown, actual: unknown): Difference[] {
  if (wanted instanceof RegExp) {
    // search() begins at the beginning, also where the expression has found something before
    return typeof actual === 'string' && actual.search(wanted) >= 0 ? [] : [{ path, expected: wanted, actual }];
  }
  if (Array.isArray(wanted) && Array.isArray(actual) && wanted.length === actual.length) {
    return wanted.flatMap((item, index) => within(`${path}[${index}]`, item, actual[index]));
  }
  if (isPlainObject(wanted) && isPlainObject(actual)) {
    return Object.entries(wanted).flatMap(([key, value]) => within(`${path}.${key}`, value, actual[key]));
  }
  const plain = stored(wanted);
  return isDeepStrictEqual(plain, actual) ? [] : [{ path, expected: plain, actual }];
}

/** A value as it comes back from a row: dates and bigints have another form there. */
function stored(value: unknown): unknown {
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'number') return value;
  return (JSON.parse(rawJson({ value }, { maxBytes: 65_535 })) as { value?: unknown }).value;
}
