import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, RequestHandler, Response, Router } from 'express';
import { storeFrom } from './action/open-store.ts';
import type { ActionStore, Entry, HistoryQuery, StoreNeeds } from './action/store.ts';
import { type ActionlogOptions, type CheckedOptions, checkOptions } from './actionlog-options.ts';
import { ActionlogError, guardedOnError, type OnError } from './errors.ts';
import {
  ActionWriter,
  type ActorActions,
  type Logaction,
  type RawStreamaction,
  type Streamaction,
} from './logaction.ts';
import { connectRoutes } from './routes.ts';
import { type Actor, type User, vouchFor } from './session/actor.ts';
import { actorOf, type GuardOptions, requireActor, requireGroup } from './session/guards.ts';
import type { Id } from './session/id.ts';
import { sessionFrom } from './session/own-session.ts';
import { readSession } from './session/read-session.ts';
import type { AnyRequestHandler, Session } from './session/session.ts';
import { checkUser } from './session/user.ts';
import { type Announcement, Announcer } from './stream/announcer.ts';
import { claimOf, connectionId } from './stream/claim.ts';
import { GyroscopeTcpRelay } from './stream/gyroscope-relay.ts';
import { HttpRelay, type Relay } from './stream/relay.ts';

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
  /** Ends the session of this browser. */
  signOut(req: Request, res: Response): void;
  /** The same two functions for code without a request, such as a job. The caller vouches for the user. */
  as(user: User, options?: { wssid?: Id | undefined }): ActorActions;
  /**
   * Relays any event at all, to any tenant: for tests and tools. Never give it what a browser sent. Resolves once it
   * is acknowledged or given up.
   */
  streamaction(event: RawStreamaction): Promise<Announcement>;
  /** A router for the page's client: `GET /connect` and `GET /client.js`. */
  routes(): Router;
  /** Entries of one tenant that have a message, newest first. */
  history(query: HistoryQuery): Promise<Entry[]>;
  /** Resolves once the store is open; rejects with what is wrong with it. Worth awaiting before an app listens. */
  ready(): Promise<void>;
  /** Waits for what is being announced, at most `timeoutMs` (5,000), then closes all that this action log has opened. */
  close(options?: { timeoutMs?: number | undefined }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Puts the parts together: who is acting, where entries are kept, how they are announced.
 *
 * @throws TypeError where an option is wrong
 */
export function createActionlog(options: ActionlogOptions): Actionlog {
  return new ExpressActionlog(checkOptions(options));
}

class ExpressActionlog implements Actionlog {
  readonly #options: CheckedOptions;
  readonly #session: Session;
  readonly #store: ActionStore;
  readonly #needs: StoreNeeds;
  readonly #announcer: Announcer;
  readonly #writer: ActionWriter;
  readonly #onError: OnError;
  #closed: Promise<void> | undefined;

  constructor(options: CheckedOptions) {
    this.#options = options;
    const onError = guardedOnError(options.onError);
    this.#onError = onError;
    this.#session = typeof options.session === 'function' ? sessionFrom(options.session) : options.session;
    this.#store = storeFrom(options.database, options);

    const gyroscope = options.compatibility === 'gyroscope';
    const delivery = options.delivery ?? (gyroscope ? 'at-most-once' : 'at-least-once');
    const relay = relayFrom(options);
    const rules = { announcing: relay ? 'relay' : options.stream ? 'poll' : 'off', delivery, gyroscope } as const;
    this.#needs = {
      rawobjStyle: gyroscope ? 'php' : 'json',
      rebuildsEvents: !gyroscope || delivery === 'at-least-once',
    };
    const marks = relay !== undefined && delivery === 'at-least-once';
    this.#announcer = new Announcer({ relay, store: this.#store, marks, onError });
    const { store, announcer } = { store: this.#store, announcer: this.#announcer };
    this.#writer = new ActionWriter({ store, announcer, rules, onError, ready: () => store.open(this.#needs) });
    this.ready().catch((error) => onError(error, { stage: 'open' }));
  }

  middleware(): AnyRequestHandler {
    const read = readSession(this.#session);
    const attach: RequestHandler = (req, res, next) => {
      const actor = () => actorOf(req);
      const claim = () => claimOf(req);
      Object.assign(req, this.#writer.actions(actor, claim));
      read(req, res, next);
    };
    return attach as AnyRequestHandler;
  }

  requireActor(options: GuardOptions = {}): AnyRequestHandler {
    return requireActor(this.#guard(options));
  }

  requireGroup(groups: string | readonly string[], options: GuardOptions = {}): AnyRequestHandler {
    return requireGroup(groups, this.#guard(options));
  }

  signIn(req: Request, res: Response, user: User): Actor {
    if (!this.#session.signIn) throw unsupported('signIn');
    const actor = this.#session.signIn(req, res, user);
    req.actor = actor;
    return actor;
  }

  signOut(req: Request, res: Response): void {
    if (!this.#session.signOut) throw unsupported('signOut');
    this.#session.signOut(req, res);
    req.actor = undefined;
  }

  as(user: User, options?: { wssid?: Id | undefined }): ActorActions {
    const wssid = options?.wssid ?? 0;
    const actor = vouchFor(checkUser(user, 'actionlog.as'));
    const claim = { wssid: connectionId(typeof wssid === 'bigint' ? String(wssid) : wssid), conflicted: false };
    const actions = this.#writer.actions(
      () => actor,
      () => claim,
    );
    return { actor, ...actions };
  }

  async streamaction(event: RawStreamaction): Promise<Announcement> {
    return await this.#writer.stream(event);
  }

  routes(): Router {
    return connectRoutes(this.#options.stream, this.#options.compatibility);
  }

  async history(query: HistoryQuery): Promise<Entry[]> {
    if (typeof query !== 'object' || query === null)
      throw new TypeError('history: expected { gsid: … }: entries are of one tenant');
    await this.ready();
    return await this.#store.history(query);
  }

  async ready(): Promise<void> {
    if (this.#closed) throw new ActionlogError('closed', 'the action log is closed');
    await this.#store.open(this.#needs);
  }

  async close({ timeoutMs = 5000 }: { timeoutMs?: number | undefined } = {}): Promise<void> {
    this.#closed ??= this.#close(timeoutMs);
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Entries first, then their announcements, then the store; what hangs is left behind when the time is over. */
  async #close(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    const within = async (work: Promise<void>, what: string) => {
      const late = new AbortController();
      const over = sleep(Math.max(deadline - Date.now(), 0), true, { signal: late.signal }).catch(() => false);
      const isLate = await Promise.race([work.then(() => false), over]);
      late.abort();
      if (!isLate) return;
      work.catch((error) => this.#onError(error, { stage: 'close' }));
      const error = new ActionlogError('closed', `closing: ${what} did not end within ${timeoutMs} ms`);
      this.#onError(error, { stage: 'close' });
    };
    await within(this.#writer.close(), 'writing entries');
    await within(this.#announcer.close(Math.max(deadline - Date.now(), 0)), 'announcing');
    await within(this.#store.close(), 'the store');
  }

  #guard(options: GuardOptions): GuardOptions {
    const { signInUrl } = this.#options;
    return signInUrl === undefined ? options : { signInUrl, ...options };
  }
}

/** The relay of this process; none where nothing is announced from here. */
function relayFrom({ stream, compatibility }: CheckedOptions): Relay | undefined {
  if (!stream?.url || stream.mode === 'poll') return undefined;
  const { url, secrets, internalKey, wssecret } = stream;
  if (compatibility)
    return internalKey && wssecret ? new GyroscopeTcpRelay({ ...stream, url, internalKey, wssecret }) : undefined;
  return secrets && new HttpRelay({ ...stream, url, secrets });
}

function unsupported(what: string): ActionlogError {
  const message = `${what}: this session is your own function, so its beginning and end are yours too; signedSession() has both`;
  return new ActionlogError('sign-in-unsupported', message);
}
