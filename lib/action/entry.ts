import type { ChangedRecord } from '../records.ts';
import type { Actor } from '../session/actor.ts';
import type { Change } from './changes.ts';
import type { NewEntry } from './store.ts';

/** What `logaction` is told. */
export interface Action {
  message: string | null | undefined;
  rawobj: unknown;
  record: ChangedRecord | null | undefined;
  ctxid: number | null | undefined;
  extra: unknown;
  /** Wins over what the request claims; null or empty for none. */
  correlation?: string | null | undefined;
  trace?: readonly Change[] | undefined;
}

/** What a request says of itself, unverified: at fan-out the streaming server checks the connection id. */
export interface Claim {
  /** Connection id of the initiating page: 0, where there is none, to 2^32 - 1. */
  wssid: number;
  /** Whether the user saves over a conflict that he knows of. */
  conflicted: boolean;
  /** The request's id, by which what belongs together is found. */
  correlation?: string | undefined;
}

/** How an action log announces what it writes; it decides some columns of the row. */
export interface EntryRules {
  /**
   * `relay`: handed to the streaming server by this process. `poll`: the row waits for a polling server. `off`: nobody
   * announces.
   */
  announcing: 'relay' | 'poll' | 'off';
  delivery: 'at-least-once' | 'at-most-once';
  /** Rows exactly as Gyroscope's PHP writes them. */
  gyroscope: boolean;
}

/** Whether an action has a record that can be announced. */
export function hasRecord(action: Action): action is Action & { record: ChangedRecord } {
  return typeof action.record === 'object' && action.record !== null && text(action.record.rectype) !== '';
}

/**
 * What is wrong with an action's record, in words; undefined where there is none, or where it can be announced. A
 * record that cannot be announced is kept all the same.
 */
export function recordProblem(action: Action): string | undefined {
  const { record } = action;
  if (record === undefined || record === null) return undefined;
  if (!hasRecord(action)) return 'it has no rectype';
  if (typeof action.record.rectype !== 'string') return 'its rectype is no string';
  const { recid } = action.record as { recid: unknown };
  const isId = typeof recid === 'bigint' || (typeof recid === 'string' && recid !== '') || Number.isFinite(recid);
  return isId ? undefined : `its recid is ${recid === '' ? 'empty' : recid === null ? 'null' : typeof recid}`;
}

/**
 * Whether a row is written at all. Always, but for Gyroscope's way of announcing a further record: a record without a
 * message, relayed at once.
 */
export function keepsRow(action: Action, rules: EntryRules): boolean {
  const announcesOnly = rules.gyroscope && rules.announcing !== 'poll' && rules.delivery === 'at-most-once';
  return !(announcesOnly && hasRecord(action) && text(action.message) === '');
}

/**
 * Makes the row of an action. Tenant and user come from the actor alone.
 *
 * @param announceable whether the record may be announced: reserved rectypes are kept and never announced
 * @param now Unix time in milliseconds
 */
export function entryOf(
  actor: Actor,
  claim: Claim,
  action: Action,
  rules: EntryRules,
  announceable: boolean,
  now = Date.now(),
): NewEntry {
  const record = hasRecord(action) ? action.record : undefined;
  const waits = record !== undefined && announceable && rules.announcing !== 'off';
  const announcedLater = waits && (rules.announcing === 'poll' || rules.delivery === 'at-least-once');
  return {
    gsid: actor.gsid,
    userid: actor.userid,
    logname: actor.login,
    logmessage: action.message === undefined || action.message === null ? null : text(action.message),
    rawobj: action.rawobj,
    logdate: Math.floor(now / 1000),
    // by it a page that catches up knows its own, also those that a list's one event stands for; PHP has it where a row waits
    sid: announcedLater || (record && !rules.gyroscope && rules.delivery === 'at-least-once') ? claim.wssid : 0,
    rectype: record ? text(record.rectype) : '',
    recid: record ? text(record.recid) : '0',
    extra: action.extra ?? undefined,
    ctxid: action.ctxid ?? null,
    // Gyroscope leaves 0 in rows that have nothing to announce; we do not, since they would fill the index for good.
    wssdone: announcedLater || (rules.gyroscope && record === undefined) ? 0 : 1,
    bulldozed: claim.conflicted ? 1 : 0,
    correlation: (action.correlation === undefined ? claim.correlation : text(action.correlation)) || null,
    trace: action.trace,
  };
}

/** Text of whatever a caller without types gave: an action is never lost to its form. */
function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value).toString();
  try {
    return String(value);
  } catch {
    return '[unreadable]';
  }
}
