import { changesOf } from './action/changes.ts';
import { type Action, hasRecord, recordProblem } from './action/entry.ts';
import { ActionlogError } from './errors.ts';
import type { ListedAction } from './logaction.ts';
import type { ChangedRecord } from './records.ts';
import type { Id } from './session/id.ts';
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

/**
 * The record id as it stands in the row; in the caller's own type where that says the same, since Gyroscope's wire shows
 * the type.
 */
export function plainId(given: unknown, stored: string): Id {
  const same = (typeof given === 'number' || typeof given === 'bigint') && String(given) === stored;
  return same ? given : stored;
}

/** Refuses the rectypes that ask the streaming server who is connected. */
export function reserved(rectype: string): ActionlogError {
  const message = `the rectype ${rectype} asks the streaming server who is connected: only actionlog.streamaction() may name it`;
  return new ActionlogError('rectype-reserved', message, { fields: { rectype } });
}
