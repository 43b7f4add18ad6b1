import { ActionlogError } from '../errors.ts';
import { fitJson, fitRawJson, fitText } from './fit-text.ts';
import { migrateCommand } from './migrate-command.ts';
import { phpRawobj } from './php.ts';
import type { Entry, NewEntry, StoreNeeds } from './store.ts';
import { asInteger, type Columns, fitsInteger, type IntegerColumn, type TableShape } from './table-shape.ts';

/** An entry as its table holds it. */
export interface FittedEntry {
  /** What a later read of the row gives. */
  row: Omit<Entry, 'alogid'>;
  /** Value of the column recid. */
  recid: string;
  /** Value of the column recref, where there is one. */
  recref: string | null;
  /** The record id that the entry is of: as the row has it, and where that has lost it, as it was given. */
  record: string;
}

/** Most bytes of the application's additions to an event. */
export const maxExtraBytes = 8192;
/** The largest connection id. */
const maxSid = 0xffff_ffff;

/**
 * Cuts an entry to its table's columns. Nothing makes it fail but an id of the tenant or user that the column cannot
 * hold: what does not fit is cut with a mark, and stands whole in the raw object, under `_message` and the like.
 *
 * @throws ActionlogError `id-unfit`
 */
export function fitEntry(
  entry: NewEntry,
  { table, columns }: TableShape,
  style: StoreNeeds['rawobjStyle'],
): FittedEntry {
  for (const name of ['gsid', 'userid'] as const) refuseUnfitId(name, entry[name], table, columns);
  const kept = new Map<string, string>();
  const text = (name: 'logname' | 'logmessage' | 'rectype', keptAs: string) => {
    const given = entry[name];
    if (given === null) return null;
    const fitted = fitText(given, columns[name]);
    if (!fitted.whole) kept.set(keptAs, given);
    return fitted.text;
  };
  const logmessage = text('logmessage', '_message');
  const logname = text('logname', '_logname') ?? '';
  const rectype = text('rectype', '_rectype') ?? '';
  const place = placeRecid(entry.recid, columns, style);
  if (!place.whole) kept.set('_recid', entry.recid);
  const { ctxid, extra, correlation } = columns;

  const rawobj =
    style === 'php'
      ? fitJson(columns.rawobj, Number.MAX_SAFE_INTEGER, (maxBytes) => phpRawobj(entry.rawobj, { maxBytes, kept }))
      : fitRawJson(entry.rawobj, columns.rawobj, undefined, kept);
  // every field by its name: this runs for each entry, and spreading would cost as much as all the rest
  const row: FittedEntry['row'] = {
    gsid: entry.gsid,
    userid: entry.userid,
    logname,
    logmessage,
    rawobj,
    logdate: clamped(entry.logdate, columns.logdate),
    sid: entry.sid > 0 && entry.sid <= maxSid && holdsNumber(entry.sid, columns.sid) ? entry.sid : 0,
    rectype,
    recid: place.recref ?? place.recid,
    extra:
      extra && entry.extra !== undefined && entry.extra !== null ? fitRawJson(entry.extra, extra, maxExtraBytes) : null,
    ctxid: ctxid && entry.ctxid !== null && holdsNumber(entry.ctxid, ctxid) ? entry.ctxid : null,
    wssdone: entry.wssdone,
    bulldozed: columns.bulldozed ? entry.bulldozed : 0,
    correlation: correlation && entry.correlation !== null ? fitText(entry.correlation, correlation).text : null,
  };
  return {
    row,
    recid: place.recid,
    recref: place.recref,
    record: place.whole ? row.recid : entry.recid,
  };
}

/** Where a recid stands. */
export interface RecidPlace {
  /** Value of the column recid. */
  recid: string;
  /** Value of the column recref; null where the recid stands in its own column, or where the table has no recref. */
  recref: string | null;
  /** False where the recid as given can be read from neither. */
  whole: boolean;
}

/**
 * Decides where a recid stands: in its own column where it fits, else beside it, else as the number that it is. In the
 * style of PHP the column has what PHP's INSERT would leave there, whatever stands beside it.
 */
export function placeRecid(
  given: string,
  { recid, recref }: Pick<Columns, 'recid' | 'recref'>,
  style: StoreNeeds['rawobjStyle'] = 'json',
): RecidPlace {
  if (given === '') return { recid: '0', recref: null, whole: true };
  if (recid.kind === 'integer' && fitsInteger(given, recid)) return { recid: given, recref: null, whole: true };
  const own = recid.kind === 'text' ? fitText(given, recid) : undefined;
  if (own?.whole && own.text !== '') return { recid: own.text, recref: null, whole: true };
  const instead = style === 'php' && recid.kind === 'integer' ? asInteger(given, recid) : '0';
  if (recref) {
    const beside = fitText(given, recref);
    if (beside.text !== '') return { recid: instead, recref: beside.text, whole: beside.whole };
  }
  if (own) return { recid: own.text === '' ? '0' : own.text, recref: null, whole: false };
  const digits = given.replace(/^0+(?=\d)/, '');
  if (recid.kind === 'integer' && fitsInteger(digits, recid)) return { recid: digits, recref: null, whole: true };
  return { recid: instead, recref: null, whole: false };
}

/** Whether the column holds an id of a tenant or user exactly as it is: another form of it would be another identity. */
export function holdsId(id: string, column: Columns['gsid']): boolean {
  if (column.kind === 'integer') return fitsInteger(id, column);
  const fitted = fitText(id, column);
  return fitted.whole && fitted.text === id;
}

function refuseUnfitId(name: 'gsid' | 'userid', id: string, table: string, columns: Columns): void {
  const column = columns[name];
  if (holdsId(id, column)) return;
  throw new ActionlogError(
    'id-unfit',
    `${name} ${JSON.stringify(id)}: column ${name} of table ${table} is ${column.type}, which cannot hold it; for ids that are UUIDs or names run: ${migrateCommand(table, 'gsid', ' --ids text')}`,
    { fields: { table, column: name, type: column.type, id } },
  );
}

function holdsNumber(value: number, column: IntegerColumn): boolean {
  return Number.isSafeInteger(value) && fitsInteger(String(value), column);
}

function clamped(value: number, column: IntegerColumn): number {
  const whole = Number.isFinite(value) ? Math.trunc(value) : 0;
  return Math.min(Math.max(whole, Number(column.min)), Number(column.max));
}
