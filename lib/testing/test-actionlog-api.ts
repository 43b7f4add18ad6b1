import type { Actionlog } from '../actionlog-api.ts';
import type { AnnouncerBounds } from '../actionlog-options.ts';
import type { ErrorStage, OnError } from '../errors.ts';
import type { Actor, User } from '../session/actor.ts';
import type { Session, SessionFunction } from '../session/session.ts';
import type { SignedSessionOptions } from '../session/signed-options.ts';
import type { UpdateEvent } from '../stream/protocol.ts';
import type { Expected } from './expected.ts';
import type { Faults } from './faults.ts';
import type { MemoryStoreOptions } from './memory-store.ts';
import type { TestEntry } from './test-entry.ts';
import type { TestPage } from './test-page.ts';

/** Options of `createTestActionlog`. Unknown ones are refused. */
export interface TestActionlogOptions extends MemoryStoreOptions {
  /**
   * Who is acting: the application's own session. Default: `signedSession` with a secret of this log's own, whose time
   * `advance()` moves. A session that is passed in goes by the system's time.
   */
  session?: Session | SessionFunction | undefined;
  /** Options of that default session, such as `idleTimeoutMs`. */
  sessionOptions?: Partial<SignedSessionOptions> | undefined;
  /** `false`: entries are kept, nothing is announced, as with an app that has no streaming server. */
  stream?: false | undefined;
  /** As in `createActionlog`. */
  delivery?: 'at-least-once' | 'at-most-once' | undefined;
  /** As in `createActionlog`. */
  announcer?: AnnouncerBounds | undefined;
  /** As in `createActionlog`. */
  signInUrl?: string | undefined;
  /** Told of what is kept in `errors` as well. */
  onError?: OnError | undefined;
}

/** What to look for: what an entry or event is to have, or its message alone. */
export type Sought = Expected | string | RegExp;

/** An action log in memory: what `createTestActionlog` gives. An application takes it in place of the real one. */
export interface TestActionlog extends Actionlog {
  /** All entries that are committed, oldest first. */
  readonly entries: TestEntry[];
  /** What pages have got, of all tenants, oldest first: as the wire has it, with the connection id of the initiating page. */
  readonly events: readonly UpdateEvent[];
  /** What `onError` was told. */
  readonly errors: readonly { error: unknown; stage: ErrorStage }[];
  /** What a page of this user gets: the events of his tenant, and those for every tenant. */
  eventsFor(user: Pick<User, 'userid' | 'gsid'>): UpdateEvent[];
  /**
   * The header of a user who has signed in, for supertest: `.set('Cookie', log.cookieFor({ userid: 7, login: 'anna' }))`.
   *
   * @throws ActionlogError `sign-in-unsupported` with a session function: its requests are signed in by the application
   */
  cookieFor(user: User): string;
  /** An actor, for code that takes one. */
  actorFor(user: User): Actor;
  /**
   * Connects a page of the user: for own events, and for what a page gets. Closed by `reset()`, `close()`, by `revoke()`
   * of its user, and by `signOut()`.
   */
  openPage(user: Pick<User, 'userid' | 'gsid'>): TestPage;
  /**
   * Fails unless such an entry is there.
   *
   * @returns the newest one
   * @throws AssertionError with the nearest entries, and what differs
   */
  assertLogged(expected: Sought): TestEntry;
  /** @throws AssertionError where such an entry is there */
  assertNotLogged(expected: Sought): void;
  /**
   * Fails unless such an event has reached pages, by the time that all which is under way is done. Message and raw object
   * are those of the entry that it announces.
   *
   * @returns the newest one
   * @throws AssertionError with the nearest events, and what differs
   */
  assertAnnounced(expected: Sought): Promise<UpdateEvent>;
  /** @throws AssertionError where such an event has reached pages by the time that all which is under way is done */
  assertNotAnnounced(expected: Sought): Promise<void>;
  /**
   * Resolves with the first such event, at once where it has been already.
   *
   * @param options `timeoutMs`: how long to wait, by the system's time; default 1,000
   * @throws AssertionError with the nearest events, once that is over
   */
  waitForEvent(
    selector: Sought | ((event: UpdateEvent) => boolean),
    options?: { timeoutMs?: number | undefined },
  ): Promise<UpdateEvent>;
  /** Resolves once what is under way is done, as far as it waits for no time to pass. */
  settled(): Promise<void>;
  /** The log's own time, Unix time in milliseconds. */
  now(): number;
  /**
   * Moves the log's time ahead, in milliseconds: what is due on the way (retries, sweeps, marks, the end of sessions) is
   * done in order. It moves the time of this log alone, and resolves once all of it is done.
   *
   * @throws TypeError where that is no number of milliseconds
   */
  advance(ms: number): Promise<void>;
  /** Has something go wrong from now on, beside what does already. @throws TypeError where that is no fault */
  fail(faults: Faults): void;
  /** All is well again. What was deferred meanwhile goes out with a later retry or sweep: `advance()`. */
  heal(): void;
  /**
   * For the next test: heals, lets go what is under way (what is tried again is sent, a pause of the relay ends, what waits
   * for a commit is given up), closes pages, and takes away entries, events and errors. The numbers of entries go on, and so
   * does time.
   */
  reset(): Promise<void>;
}
