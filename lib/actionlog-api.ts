import type { Request, Response, Router } from 'express';
import type { Registry } from 'prom-client';
import type { HistoryQuery } from './action/history-query.ts';
import type { TracedAt, TracedChange, TracedOfEntries, TracedOfRecord } from './action/traced-query.ts';
import type { RoutesOptions } from './entries-route.ts';
import type { History } from './history.ts';
import type { ActorActions, Logaction, RawStreamaction, Streamaction } from './logaction.ts';
import type { KnownValue } from './record-at.ts';
import type { RevokedUser, RevokeResult } from './revoker.ts';
import type { Actor, User } from './session/actor.ts';
import type { GuardOptions } from './session/guards.ts';
import type { Id } from './session/id.ts';
import type { AnyRequestHandler } from './session/session.ts';
import type { Announcement, AnnouncerStats } from './stream/announcer.ts';
import type { TransactionWork } from './transaction.ts';
import type { ViewerOptions } from './viewer/viewer-options.ts';

declare global {
  namespace Express {
    interface Request {
      /** Writes an entry for `req.actor`; see `Logaction` of express-actionlog. */
      logaction: Logaction;
      /** Announces a changed record without an entry; see `Streamaction` of express-actionlog. */
      streamaction: Streamaction;
    }
  }
}

/** An action log: what `createActionlog` gives. */
export interface Actionlog {
  /** Reads the session, and sets `req.actor`, `req.logaction` and `req.streamaction`. Mount it after cookie-parser. */
  middleware(): AnyRequestHandler;
  /** Lets only signed-in users pass: a 401 in JSON, or a redirect to the sign-in page. */
  requireActor(options?: GuardOptions): AnyRequestHandler;
  /** Lets only users of one of these groups pass. */
  requireGroup(groups: string | readonly string[], options?: GuardOptions): AnyRequestHandler;
  /**
   * Begins a session.
   *
   * @throws ActionlogError `sign-in-unsupported` with a session of your own; `session-unsignable` where the user's fields
   * cannot be kept in the cookies
   */
  signIn(req: Request, res: Response, user: User): Actor;
  /**
   * Ends the session of this browser, and closes its pages' connections. A session of your own you end yourself; this
   * closes its pages, where the function names it by `sessionId`.
   *
   * @throws ActionlogError `sign-in-unsupported` with a session of your own that has no `sessionId`
   */
  signOut(req: Request, res: Response): void;
  /**
   * Ends all sessions of a user that have begun by now: within a second every application server on this database refuses
   * them with `session-revoked`, and the streaming server closes the user's pages. Who signs in anew is let in. Resolves
   * once it is stored. Sessions that cannot tell when they began are not refused; `docs/session.md` says which.
   *
   * @throws TypeError where an id is none, or the tenant is 0
   * @throws ActionlogError `table-missing`, with the remedy; `database-unreachable`, `closed`
   */
  revoke(user: RevokedUser): Promise<RevokeResult>;
  /**
   * The same two functions for code without a request, such as a job. The caller vouches for the user. `correlation` goes
   * into every entry that names none itself.
   */
  as(user: User, options?: { wssid?: Id | undefined; correlation?: string | undefined }): ActorActions;
  /**
   * Relays any event at all, to any tenant: for tests and tools. Never give it what a browser sent. Resolves once it
   * is acknowledged or given up.
   *
   * @throws TypeError where a field is missing or none, or unknown; then nothing is sent
   */
  streamaction(event: RawStreamaction): Promise<Announcement>;
  /**
   * A router for the page's client: `GET /connect`, `GET /entries` and `GET /client.js`.
   *
   * @throws TypeError where an option is wrong
   */
  routes(options?: RoutesOptions): Router;
  /**
   * A page that shows the entries of the reader's own tenant: day by day, with search, a record's history, and new
   * entries as they come. Mount it anywhere, after `middleware()`; it needs nothing beside it.
   *
   * @throws TypeError where an option is wrong, or `authorize` is missing
   */
  viewer(options: ViewerOptions): Router;
  /**
   * Does the work in a transaction on a connection of its own: `tx` runs statements, `log(req, message, …)` writes
   * entries. Commits where the work resolves, and rolls back where it throws. What was logged inside is announced after the
   * commit, and never after a rollback. `tx` ends with the transaction.
   *
   * @throws whatever the work throws; ActionlogError `transaction-unknown` where the commit failed; `database-unreachable`
   * where none could be begun
   * @throws TypeError where the log was given a single connection as its database
   */
  transaction<T>(work: TransactionWork<T>): Promise<T>;
  /** What announces entries: how it goes, and how far it is behind. */
  readonly announcer: { readonly stats: AnnouncerStats };
  /**
   * The metrics, as a registry of prom-client's of its own: `registry.metrics()` gives the text, `registry.contentType`
   * its type, and `Registry.merge()` joins it to your own. Values are read when they are asked for.
   */
  metrics(): Promise<Registry>;
  /**
   * Entries that have a message, newest first; of one tenant, unless the query says otherwise. Awaited it is one page,
   * `for await` gives all of them, `.csv()` and `.jsonLines()` stream them. What is wrong with the query is thrown once it
   * is awaited, iterated or exported.
   *
   * @throws TypeError naming the key of the query that is wrong: it may come from a request
   * @throws ActionlogError `database-unreachable`, `closed`; `table-missing` where it asks for traced changes and there is
   * no table of them
   */
  history(query: HistoryQuery): History;
  /**
   * The changed columns that were kept by `trace`, those of the newest entry first: of some entries, or of a record.
   *
   * @throws TypeError where the query is wrong
   * @throws ActionlogError `table-missing`, with the remedy; `database-unreachable`, `closed`
   */
  tracedChanges(query: TracedOfEntries | TracedOfRecord): Promise<TracedChange[]>;
  /**
   * What a record's columns were at a time, by name, as far as changes of them were kept by `trace` until then: each with
   * the entry that set it and when; a masked one without its value. A column of which nothing was kept is missing.
   *
   * @throws TypeError where the query is wrong
   * @throws ActionlogError `table-missing`, with the remedy; `database-unreachable`, `closed`
   */
  recordAt(query: TracedAt): Promise<Map<string, KnownValue>>;
  /** Resolves once the store is open; rejects with what is wrong with it. Worth awaiting before an app listens. */
  ready(): Promise<void>;
  /** Waits for what is being announced, at most `timeoutMs` (5,000), then closes all that this action log has opened. */
  close(options?: { timeoutMs?: number | undefined }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
