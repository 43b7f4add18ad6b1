import { z } from 'zod';
import { parseOptions } from '../options.ts';
import { Actor } from '../session/actor.ts';
import { type Id, idText } from '../session/id.ts';
import { recidText } from './history-query.ts';

/** Whose changed columns to read: exactly one of both. */
export interface TracedTenant {
  gsid?: Id | undefined;
  /** A signed-in user, whose tenant it is. */
  actor?: Actor | undefined;
}

/** The changed columns of these entries. */
export interface TracedOfEntries extends TracedTenant {
  /** At most 1,000. */
  alogids: readonly Id[];
}

/** The changed columns of a record, page by page. */
export interface TracedOfRecord extends TracedTenant {
  rectype: string;
  recid: Id;
  /** Only of entries written before this one: the last `alogid` of the page before. */
  before?: Id | undefined;
  /** Most entries of a page, each with all of its changed columns: 1 to 1,000, default 50. */
  limit?: number | undefined;
}

/** Of each column of a record, the last change until a time. */
export interface TracedAt extends TracedTenant {
  rectype: string;
  recid: Id;
  /** A Date, or Unix time in milliseconds. */
  at: Date | number;
}

/** Which changed columns to read, among those that were written with `trace`: always of one tenant. */
export type TracedQuery = TracedOfEntries | TracedOfRecord | TracedAt;

/** One changed column of an entry. */
export interface TracedChange {
  alogid: string;
  /** When the entry was written, Unix time in seconds. */
  logdate: number;
  /** The column, as `changes()` names it. */
  field: string;
  /** What it was; null where there was nothing, or where it is masked. */
  before: string | null;
  /** What it was set to; null where it is nothing now, or where it is masked. */
  after: string | null;
  masked: boolean;
}

/** A {@link TracedQuery} in the one form that stores answer. */
export type TracedFilter = { gsid: string } & (
  | { alogids: readonly string[] }
  | ({ rectype: string; recid: string } & ({ before: string | undefined; limit: number } | { at: number }))
);

const anId = z.union([z.string(), z.number(), z.bigint()], 'a number, bigint or string');
const aTime = 'a Date, or Unix time in milliseconds';
const schema = z.strictObject({
  gsid: anId.optional(),
  actor: z.custom<Actor>((value) => Actor.is(value), 'req.actor: an authenticated user').optional(),
  alogids: z.array(anId).max(1000, 'at most 1,000 entries').optional(),
  rectype: z.string().max(1000).optional(),
  recid: anId.optional(),
  before: anId.optional(),
  limit: z.number().int().min(1).max(1000).optional(),
  at: z
    .union([z.date(aTime), z.number(aTime)], aTime)
    .transform(Number)
    .optional(),
});

/**
 * Takes a query apart.
 *
 * @throws TypeError where it names no tenant, an unknown key, or a value that is none
 */
export function parseTracedQuery(query: TracedQuery): TracedFilter {
  const where = 'tracedChanges';
  const { gsid, actor, alogids, rectype, recid, before, limit, at } = parseOptions(schema, query, where);
  if ((gsid === undefined) === (actor === undefined)) {
    throw new TypeError(`${where}: gsid: expected exactly one of gsid and actor`);
  }
  const tenant = { gsid: actor?.gsid ?? idText(gsid, `${where}: gsid`) };
  const ofRecord = rectype !== undefined && recid !== undefined;
  if (alogids) {
    const others = [rectype, recid, before, limit, at].some((given) => given !== undefined);
    if (others) throw new TypeError(`${where}: alogids: expected nothing but the tenant beside it`);
    return { ...tenant, alogids: alogids.map((alogid) => entryId(alogid, 'alogids')) };
  }
  if (!ofRecord) throw new TypeError(`${where}: expected alogids, or rectype and recid`);
  const record = { ...tenant, rectype, recid: recidText(recid, `${where}: recid`) };
  if (at === undefined) {
    return { ...record, before: before === undefined ? undefined : entryId(before, 'before'), limit: limit ?? 50 };
  }
  if (before !== undefined || limit !== undefined) throw new TypeError(`${where}: at: expected no before and no limit`);
  return { ...record, at: Math.floor(at / 1000) };
}

function entryId(given: Id, name: string): string {
  const alogid = idText(given, name);
  if (!/^\d{1,20}$/.test(alogid)) throw new TypeError(`tracedChanges: ${name}: expected the alogid of an entry`);
  return alogid;
}
