import { changesOf } from './action/changes.ts';
import { type Action, hasRecord, recordProblem } from './action/entry.ts';
import { maxExtraBytes } from './action/fit.ts';
import { rawJson } from './action/raw-object.ts';
import { ActionlogError } from './errors.ts';
import type { ListedAction } from './logaction.ts';
import type { ChangedRecord } from './records.ts';
import { dumpRectypes } from './stream/protocol.ts';

/** What becomes of an action. */
export interface Plan {
  action: Action;
  record: ChangedRecord | undefined;
  /** Why its record is kept and not announced. */
  problem: ActionlogError | undefined;
  /** Whether it has a row. */
  kept: boolean;
}

/** The options of one `logaction` call. */
export const logactionKeys: ReadonlySet<string> = new Set(['ctxid', 'extra', 'trace', 'correlation', 'connection']);
/** What an action of a list may have. */
export const listedKeys: ReadonlySet<string> = new Set([
  ...['message', 'rawobj', 'record'],
  ...['ctxid', 'extra', 'trace', 'correlation'],
]);

/** @throws TypeError where it has changed columns of no record, or what has not come from `changes()` */
export function actionOf(given: ListedAction, who: string): Action {
  const { message, rawobj, record, ctxid, extra, correlation } = given;
  const action: Action = { message, rawobj, record, ctxid, extra, correlation };
  if (given.trace === undefined) return action;
  const trace = changesOf(given.trace);
  if (!trace) throw new TypeError(`${who}: option trace: expected what changes() gave, the object itself and no copy`);
  if (!hasRecord(action)) {
    throw new TypeError(`${who}: option trace: expected a record as well, such as { rectype: 'product', recid: 12 }`);
  }
  return { ...action, trace };
}

/** Why an action's record is kept and not announced; undefined where it may be, or where there is none. */
export function unannounceable(action: Action): ActionlogError | undefined {
  const problem = recordProblem(action);
  if (problem) {
    const message = `nothing is announced for this record: ${problem}; expected { rectype: 'product', recid: 12 }`;
    return new ActionlogError('record-malformed', message);
  }
  return hasRecord(action) && dumpRectypes.includes(action.record.rectype)
    ? reserved(action.record.rectype)
    : undefined;
}

/** Additions to an event as the row has them; null for none. */
export function extraJson(extra: unknown): string | null {
  return extra === undefined || extra === null ? null : rawJson(extra, { maxBytes: maxExtraBytes });
}

/** Refuses the rectypes that ask the streaming server who is connected. */
export function reserved(rectype: string): ActionlogError {
  const message = `the rectype ${rectype} asks the streaming server who is connected: only actionlog.streamaction() may name it`;
  return new ActionlogError('rectype-reserved', message, { fields: { rectype } });
}
