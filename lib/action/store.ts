import type { Id } from '../session/id.ts';
import type { Revocation } from '../session/revocations.ts';
import type { Change } from './changes.ts';
import type { HistoryQuery } from './history-query.ts';
import type { TracedChange, TracedQuery } from './traced-query.ts';

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
  /** What it belongs together with: the request's id as the request claims it, or what `logaction` was given. */
  correlation: string | null;
}

/** An entry on its way into a store, before it is cut to the table's columns. */
export interface NewEntry extends Omit<Entry, 'alogid' | 'rawobj' | 'extra'> {
  /** The raw object as the caller gave it: any value, however large or odd. */
  rawobj: unknown;
  /** As the caller gave it; `undefined` where there is none. */
  extra: unknown;
  /** The changed columns, which are kept beside the entry, in the table `<table>_trace`: all of it stands, or nothing. */
  trace?: readonly Change[] | undefined;
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
  /** False where entries are only announced, never written: then nothing is asked of the columns that no event has. */
  writes?: boolean | undefined;
}

/** What an event is made of, as it stands in the row. */
export type WaitingEntry = Pick<
  Entry,
  'alogid' | 'gsid' | 'userid' | 'logname' | 'logdate' | 'sid' | 'rectype' | 'recid' | 'extra' | 'ctxid'
>;

/** Which of the entries that wait to be announced to read. */
export interface WaitingQuery {
  /** Only entries with a larger `alogid`. */
  after: string;
  /** Only entries written until then, Unix time in milliseconds. */
  writtenBefore: number;
  /** Most entries to give. */
  limit: number;
}

/** A span of `logdate`, both ends included; Unix time in milliseconds. */
export interface WrittenWithin {
  from: number;
  until: number;
}

/** What a page is told of an entry that it may have missed; message and raw object only where they were asked for. */
export type MissedEntry = WaitingEntry & Pick<Entry, 'logmessage' | 'rawobj'>;

/** Which of the entries that a page may have missed to read: always of one tenant. */
export interface MissedQuery {
  gsid: Id;
  /** Unix time in milliseconds: what was announced or written then or later, and what waits to be announced. */
  since: number;
  /** Of what waits, only entries that were not older than this at that time, in milliseconds. */
  announceWithinMs: number;
  /** Only entries with a larger `alogid`: the last one of the page before. */
  after?: Id | undefined;
  /** Most entries to give. */
  limit: number;
  /** Whether to read message and raw object as well; else they are null and `{}`. */
  whole: boolean;
}

/** A transaction on a connection of the store's own. */
export interface StoreTransaction {
  /** For the caller's statements, and as `connection` of `write`. */
  readonly connection: TransactionConnection;
  /** Commits, and gives the connection back. Where it rejects, nobody knows whether the transaction stands. */
  commit(): Promise<void>;
  /** Rolls back, and gives the connection back; one that is dead was rolled back by its database. Never rejects. */
  rollback(): Promise<void>;
}

/** A connection inside a transaction: of mysql2's promise style, and the same for SQLite. */
export interface TransactionConnection {
  /** Runs a prepared statement with `?` placeholders. Resolves with `[rows or header, fields]`. */
  execute<T = unknown>(sql: string, params?: (string | number | null)[]): Promise<[T, unknown]>;
  /** Runs a statement. Resolves with `[rows or header, fields]`. */
  query<T = unknown>(sql: string, params?: (string | number | null)[]): Promise<[T, unknown]>;
}

/**
 * The caller's own open transaction: a mysql2 connection (promise or callback style), or a function that runs one
 * statement with `?` placeholders on it and resolves with the new row's id.
 */
export type CallerConnection =
  | { execute(sql: string, params: (string | number | null)[]): unknown }
  | ((sql: string, params: (string | number | null)[]) => Promise<{ insertId: Id }>);

/** Where revocations are kept, so that every application server learns of them. */
export interface RevocationStore {
  /**
   * Keeps a revocation; of several of one user the latest stays.
   *
   * @throws ActionlogError `table-missing`, with the remedy, or `database-unreachable`
   */
  keep(revocation: Revocation): Promise<void>;
  /**
   * The revocations of that moment and later, Unix time in milliseconds; none where their table is missing.
   *
   * @throws ActionlogError `database-unreachable`
   */
  since(time: number): Promise<Revocation[]>;
}

/** Most entries that are written together. */
export const maxMany = 1000;

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
   * Writes one entry, cut to what the columns hold, and its changed columns. Resolves once it is durable, with
   * `connection` once it is written there.
   *
   * @returns the row as it stands
   * @throws ActionlogError `id-unfit` where the tenant's or user's id does not fit the column; `entry-not-written` where
   * the database refused it, or its answer was lost; `writer-full` where too many wait; `table-missing` where it has
   * changed columns and there is no table for them; `closed`
   * @throws TypeError where `connection` is none that the store takes, or where there are changed columns and the store
   * stands on a single connection of the caller's
   */
  write(entry: NewEntry, connection?: CallerConnection): Promise<Entry>;
  /**
   * Writes entries together, with the changed columns of each: all of them, or none, on a caller's connection as well,
   * whose transaction goes on. They go by one statement where the database takes one so large, and share it with no other
   * entry. At most 1,000.
   *
   * @returns the rows as they stand, in the same order; their numbers go up
   * @throws as `write`; `table-unfit` where the table has no transactions
   */
  writeMany(entries: readonly NewEntry[], connection?: CallerConnection): Promise<Entry[]>;
  /**
   * Sets `wssdone` to 1 for these entries. `announcedat` is Unix time in milliseconds; undefined where they are only not
   * to wait any longer.
   */
  markAnnounced(alogids: readonly string[], announcedat: number | undefined): Promise<void>;
  /**
   * Entries with `wssdone=0` and a record type, by `alogid`, oldest first: what is committed, whoever wrote it, read
   * without a lock and outside of any transaction.
   *
   * @throws ActionlogError `database-unreachable`, `closed`
   */
  waiting(query: WaitingQuery): Promise<WaitingEntry[]>;
  /**
   * The `alogid` of the last entry that was written before the span and stands before all that were written within it; '0'
   * where there is none. What is above it came after one of them, whatever the clock of its writer said; what is committed
   * meanwhile, within the span, is above it as well.
   */
  lastBefore(written: WrittenWithin): Promise<string>;
  /** Which of these entries stand in the table, committed. */
  standing(alogids: readonly string[]): Promise<string[]>;
  /**
   * Takes or renews the right to announce what waits in this table; it ends after `leaseMs` by the database's clock.
   * Resolves with whether it is the holder's. It is one for all processes, whatever announces in them.
   *
   * @throws ActionlogError `lease-missing`, `database-unreachable`, `closed`
   */
  takeLease(holder: string, leaseMs: number): Promise<boolean>;
  /** Gives the lease back, where it is the holder's. */
  releaseLease(holder: string): Promise<void>;
  /**
   * The database's own clock, Unix time in milliseconds, to the second.
   *
   * @throws ActionlogError `database-unreachable`, `closed`
   */
  now(): Promise<number>;
  /**
   * Begins a transaction on a connection of its own, which refuses once the transaction is over. Nobody waits for one for
   * good: where none comes for 15 s, it is `database-unreachable`.
   *
   * @throws TypeError where the store stands on a single connection of the caller's
   * @throws ActionlogError `database-unreachable`, `closed`
   */
  begin(): Promise<StoreTransaction>;
  /** False where the store cannot keep a lease and begin transactions: on a single connection of the caller's. */
  readonly pooled: boolean;
  /**
   * Entries of one tenant that have a record type and that a page may have missed, by `alogid`, oldest first. Entries
   * that were too old to be announced at `since` are left out.
   *
   * @throws TypeError where an id is none
   * @throws ActionlogError `database-unreachable`, `closed`
   */
  missed(query: MissedQuery): Promise<MissedEntry[]>;
  /**
   * A page of entries that have a message, newest first, full unless it is the last: exactly those that the query asks
   * for, as `entryMatcher` says. Ids that the table's columns cannot hold have no entries.
   *
   * @param signal once it is aborted, the search goes no further and its reason is thrown
   * @throws TypeError where the query is wrong
   * @throws ActionlogError `database-unreachable`, `closed`; `table-missing` where it asks for traced changes and they are
   * not kept
   */
  history(query: HistoryQuery, signal?: AbortSignal): Promise<Entry[]>;
  /**
   * Changed columns of entries of one tenant, those of the newest entry first.
   *
   * @throws TypeError where the query is wrong
   * @throws ActionlogError `table-missing`, `database-unreachable`, `closed`
   */
  traced(query: TracedQuery): Promise<TracedChange[]>;
  /** Revocations, beside the entries. */
  readonly revoked: RevocationStore;
  /** Closes what the store has opened itself, never the caller's pool or connection. A second call does nothing. */
  close(): Promise<void>;
}
