import { z } from 'zod';
import { type Action, hasRecord } from './action/entry.ts';
import { maxExtraBytes } from './action/fit.ts';
import { rawJson } from './action/raw-object.ts';
import { type CallerConnection, maxMany } from './action/store.ts';
import type { ListedAction, LogManyOptions } from './logaction.ts';
import { parseOptions } from './options.ts';
import type { ChangedRecord } from './records.ts';

const schema = z.strictObject({
  announce: z.enum(['each', 'list']).default('each'),
  extra: z.record(z.string(), z.unknown()).optional(),
  correlation: z.string().nullable().optional(),
  connection: z.custom<CallerConnection>().optional(),
});

/** {@link LogManyOptions} as checked. */
export type CheckedManyOptions = z.output<typeof schema>;

/** @throws TypeError */
export function checkManyOptions(options: LogManyOptions | undefined, gyroscope: boolean): CheckedManyOptions {
  const checked = parseOptions(schema, options ?? {}, 'logaction.many');
  if (checked.announce === 'each' && checked.extra !== undefined) {
    throw new TypeError(
      'logaction.many: option extra: it belongs to announce: "list"; give each action its own extra instead',
    );
  }
  if (checked.announce === 'list' && gyroscope) {
    throw new TypeError(
      'logaction.many: option announce: expected "each": an event of Gyroscope\'s is of one record, and its table has no column for the others',
    );
  }
  return checked;
}

/** @throws TypeError where it is no list of actions, or too long */
export function checkList(actions: unknown): asserts actions is readonly ListedAction[] {
  if (!Array.isArray(actions)) throw new TypeError(`logaction.many: expected a list of actions, got ${typeof actions}`);
  if (actions.length > maxMany) {
    throw new TypeError(
      `logaction.many: expected at most ${maxMany} actions, got ${actions.length}; give it several lists, in a transaction where it must be all or none`,
    );
  }
  const odd = actions.findIndex((action) => typeof action !== 'object' || action === null);
  if (odd !== -1) throw new TypeError(`logaction.many: action ${odd}: expected { message, rawobj, record, … }`);
}

/** @throws TypeError where the actions are not of one rectype, or have additions of their own */
export function checkOneList(actions: readonly Action[]): void {
  const rectype = actions[0]?.record?.rectype;
  for (const [index, action] of actions.entries()) {
    if (!hasRecord(action) || action.record.rectype !== rectype) {
      throw new TypeError(
        `logaction.many: action ${index}: with announce: "list" each needs a record, all of one rectype; announce "each" instead`,
      );
    }
    if (action.extra !== undefined) {
      throw new TypeError(`logaction.many: action ${index}: extra: with announce: "list" it is an option of the list`);
    }
  }
}

/** The additions to the one event of a list: which records it stands for, or only how many where they are too many. */
export function listExtra(records: readonly ChangedRecord[], extra: LogManyOptions['extra']): unknown {
  const count = records.length;
  const named = { ...extra, count, recids: records.map(({ recid }) => String(recid)) };
  const bytes = Buffer.byteLength(rawJson(named, { maxBytes: 16 * maxExtraBytes }));
  return bytes <= maxExtraBytes ? named : { ...extra, count, recids: null };
}
