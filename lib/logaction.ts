import type { Changes } from './action/changes.ts';
import type { CallerConnection } from './action/store.ts';
import type { ChangedRecord, ExtraOf, RecidOf, Rectype } from './records.ts';
import type { Actor } from './session/actor.ts';
import type { Id } from './session/id.ts';
import type { Announcement } from './stream/announcer.ts';

/** Options of one `logaction` call. */
export interface LogactionOptions<K extends Rectype = Rectype> {
  /** The application's own number for the context of the action, such as 1 for access control. */
  ctxid?: number | undefined;
  /** Additions to the event, any JSON: every page of the tenant gets them. */
  extra?: ExtraOf<K> | undefined;
  /**
   * What `changes()` gave, the object itself: each changed column of the record is kept beside the entry, where `history`
   * finds it. At most 500 columns.
   */
  trace?: Changes | undefined;
  /**
   * What the entry belongs together with, such as the number of a job: at most 64 characters. Default: the request's id,
   * from its header `X-Request-Id`. Null for none.
   */
  correlation?: string | null | undefined;
  /**
   * The caller's own open transaction: the entry is written there, and announced once the caller has committed and
   * called `committed()`.
   */
  connection?: CallerConnection | undefined;
}

/** What `logaction` resolves with. */
export interface Logged {
  /** Number of the entry, decimal; undefined where Gyroscope's mode keeps no row (a record without a message). */
  alogid: string | undefined;
  /** What becomes of the event; never rejects, and need not be awaited. */
  announced: Promise<Announcement>;
  /** With `connection`: tells that the caller has committed. Else the same as `announced`. */
  committed(): Promise<Announcement>;
  /**
   * With `connection`: tells that the caller has rolled back, and `announced` says so. Else the same as `announced`.
   */
  rolledBack(): Promise<Announcement>;
}

/**
 * Writes the entry of an action, and has the changed record announced. Resolves once the entry is durable.
 *
 * @param message what was done, for people; without one the entry only announces
 * @param rawobj any value: kept as JSON, cut where it is too large
 * @param record what was changed; without it nothing is announced
 * @throws ActionlogError `not-signed-in` (or why the session is refused), `id-unfit`, `entry-not-written`, `writer-full`,
 * `database-unreachable`, `table-missing`, `table-unfit`; never for what became of the event
 * @throws TypeError where an option is unknown, `trace` is not what `changes()` gave, or there is no record whose columns they
 * are; then no entry is written
 */
export interface Logaction {
  <K extends Rectype>(
    message: string | null | undefined,
    rawobj?: unknown,
    record?: ChangedRecord<K> | null,
    options?: LogactionOptions<K>,
  ): Promise<Logged>;
  /** The same for a bulk update: one statement, and an event for each record or one for the list. */
  readonly many: LogMany;
}

/** One action of a list: what `logaction` takes, by name. */
export interface ListedAction<K extends Rectype = Rectype> extends Omit<LogactionOptions<K>, 'connection'> {
  /** What was done, for people; without one the entry only announces. */
  message: string | null | undefined;
  /** Any value: kept as JSON, cut where it is too large. */
  rawobj?: unknown;
  /** What was changed; without it nothing is announced. */
  record?: ChangedRecord<K> | null | undefined;
}

/** Options of `logaction.many`. */
export interface LogManyOptions {
  /**
   * `each` (default): an event for each record. `list`: one event for all of them, which must be of one rectype: that of
   * the first record, its `extra` with `{ count, recids }`; without `recids` where these have more than 8 kB.
   */
  announce?: 'each' | 'list' | undefined;
  /** With `list`: further additions to the one event. */
  extra?: Readonly<Record<string, unknown>> | undefined;
  /** The correlation of all actions that name none themselves; see {@link LogactionOptions}. */
  correlation?: string | null | undefined;
  /** The caller's own open transaction, as for `logaction`. */
  connection?: CallerConnection | undefined;
}

/** What `logaction.many` resolves with. */
export interface LoggedMany {
  /** Numbers of the entries, in order; undefined where Gyroscope's mode keeps no row (a record without a message). */
  alogids: (string | undefined)[];
  /** What becomes of each action's event, in order, and with `announce: 'list'` of the one; never rejects. */
  announced: Promise<Announcement[]>;
  /** With `connection`: tells that the caller has committed. Else the same as `announced`. */
  committed(): Promise<Announcement[]>;
  /** With `connection`: tells that the caller has rolled back, and `announced` says so. Else the same as `announced`. */
  rolledBack(): Promise<Announcement[]>;
}

/**
 * Writes the entries of a bulk update, at most 1,000: by one statement, all of them or none. Resolves once they are
 * durable, with `connection` once they are written there.
 *
 * @throws TypeError where the list or an option is wrong
 * @throws ActionlogError as `logaction`; then no entry of the list stands
 */
export type LogMany = <K extends Rectype>(
  actions: readonly ListedAction<K>[],
  options?: LogManyOptions,
) => Promise<LoggedMany>;

/**
 * Announces a changed record without an entry.
 *
 * @throws ActionlogError `not-signed-in`, or `rectype-reserved` for `gsidmap` and `wsclientmap`
 */
export type Streamaction = <K extends Rectype>(
  rectype: K,
  recid: RecidOf<K>,
  extra?: ExtraOf<K>,
) => Promise<Announcement>;

/** The two functions for one actor. */
export interface ActorActions {
  readonly actor: Actor;
  readonly logaction: Logaction;
  readonly streamaction: Streamaction;
}

/** What the raw `streamaction` sends, to the letter. */
export interface RawStreamaction {
  /** Connection id whose page takes the event for its own; default 0 for none. */
  wssid?: Id | undefined;
  rectype: string;
  recid: Id;
  /** Tenant; 0 for every tenant. */
  gsid: Id;
  userid: Id;
  extra?: unknown;
}
