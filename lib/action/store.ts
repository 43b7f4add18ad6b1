import type { Id } from '../session/id.ts';

/** One row of the action log, as read back: ids as text, no digit lost. */
export interface Entry {
  alogid: string;
  gsid: string;
  userid: string;
  /** Login name. */
  logname: string;
  logmessage: string | null;
  /** The raw object as JSON text. */
  rawobj: string;
  /** Unix time in seconds. */
  logdate: number;
  /** Connection id that the request claimed; 0 where there was none, or once it is of no use. */
  sid: number;
  /** Record type; empty where no record was changed. */
  rectype: string;
  /** Record id, also where it does not fit the table's column and stands beside it. */
  recid: string;
  /** The application's own additions to the event, as JSON text. */
  extra: string | null;
  ctxid: number | null;
  /** 0: yet to be announced. */
  wssdone: 0 | 1;
  /** 1: saved over a conflict that the user knew of. */
  bulldozed: 0 | 1;
}

/** An entry on its way into a store, before it is cut to the table's columns. */
export interface NewEntry extends Omit<Entry, 'alogid' | 'rawobj' | 'extra'> {
  /** The raw object as the caller gave it: any value, however large or odd. */
  rawobj: unknown;
  /** As the caller gave it; `undefined` where there is none. */
  extra: unknown;
}

/** What an action log asks of its store. */
export interface StoreNeeds {
  /** `php`: raw objects in the form of Gyroscope's own rows; `json`: plain JSON. */
  rawobjStyle: 'json' | 'php';
  /**
   * Whether everything of an event must stand in the row, so that it can be announced later: then the columns that the
   * default schema adds to Gyroscope's table are required.
   */
  rebuildsEvents: boolean;
}

/**
 * The caller's own open transaction: a mysql2 connection (promise or callback style), or a function that runs one
 * statement with `?` placeholders on it and resolves with the new row's id.
 */
export type CallerConnection =
  | { execute(sql: string, params: (string | number | null)[]): unknown }
  | ((sql: string, params: (string | number | null)[]) => Promise<{ insertId: Id }>);

/** Which entries to read: always of one tenant. */
export interface HistoryQuery {
  gsid: Id;
  userid?: Id | undefined;
  rectype?: string | undefined;
  recid?: Id | undefined;
  /** Only entries written before this one: the last `alogid` of the page before. */
  before?: Id | undefined;
  /** Most entries to give: 1 to 1,000, default 50. */
  limit?: number | undefined;
}

/**
 * Where entries are kept. The two stores of the package are `mysqlStore` and `sqliteStore`; another one must pass the
 * same contract suite.
 */
export interface ActionStore {
  /**
   * Reads the table's columns, once; a later call gives the same answer. A failure is not kept: the next call tries again.
   *
   * @throws ActionlogError `database-unreachable`, `table-missing` or `table-unfit`, each with the remedy
   */
  open(needs: StoreNeeds): Promise<void>;
  /**
   * Writes one entry, cut to what the columns hold. Resolves once it is durable, with `connection` once it is written there.
   *
   * @returns the row as it stands
   * @throws ActionlogError `id-unfit` where the tenant's or user's id does not fit the column; `entry-not-written` where
   * the database refused it, or its answer was lost; `closed`
   * @throws TypeError where `connection` is none that the store takes
   */
  write(entry: NewEntry, connection?: CallerConnection): Promise<Entry>;
  /** Sets `wssdone` to 1 for these entries. `announcedat` is Unix time in milliseconds. */
  markAnnounced(alogids: readonly string[], announcedat: number): Promise<void>;
  /**
   * Entries of one tenant that have a message, newest first. Ids that the table's columns cannot hold have no entries.
   *
   * @throws TypeError where an id is none, or the limit is out of range
   * @throws ActionlogError `database-unreachable`, `closed`
   */
  history(query: HistoryQuery): Promise<Entry[]>;
  /** Closes what the store has opened itself, never the caller's pool or connection. A second call does nothing. */
  close(): Promise<void>;
}
