import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, RequestHandler, Response, Router } from 'express';
import type { Registry } from 'prom-client';
import type { HistoryQuery } from './action/history-query.ts';
import { storeFrom } from './action/open-store.ts';
import type { ActionStore, MissedQuery, StoreNeeds } from './action/store.ts';
import type { TracedAt, TracedChange, TracedOfEntries, TracedOfRecord } from './action/traced-query.ts';
import { ActionWriter } from './action-writer.ts';
import type { Actionlog } from './actionlog-api.ts';
import { actionlogMetrics } from './actionlog-metrics.ts';
import { type ActionlogOptions, type CheckedOptions, checkOptions } from './actionlog-options.ts';
import { systemClock } from './clock.ts';
import { checkRoutesOptions, type RoutesOptions } from './entries-route.ts';
import { ActionlogError, guardedOnError, type OnError } from './errors.ts';
import { type History, HistoryPages } from './history.ts';
import type { ActorActions, RawStreamaction } from './logaction.ts';
import { explainUnawaited, refuseAsHandler } from './misuse.ts';
import { openWay, type RelayGround, relayFrom } from './open-relay.ts';
import { Opening } from './opening.ts';
import { refuseOthers } from './options.ts';
import { type KnownValue, recordAt } from './record-at.ts';
import { giveActions, offerActions } from './request-actions.ts';
import { type RevokedUser, type RevokeResult, Revoker } from './revoker.ts';
import { connectRoutes, pageUrl } from './routes.ts';
import { type Actor, type User, vouchFor } from './session/actor.ts';
import { actorOf, type GuardOptions, requireActor, requireGroup } from './session/guards.ts';
import type { Id } from './session/id.ts';
import { sessionFrom } from './session/own-session.ts';
import { readSession, sessionReadingOf } from './session/read-session.ts';
import type { AnyRequestHandler, Session } from './session/session.ts';
import { checkUser } from './session/user.ts';
import { type Announcement, Announcer, type AnnouncerStats } from './stream/announcer.ts';
import { CircuitBreaker } from './stream/circuit-breaker.ts';
import { claimOf, connectionId } from './stream/claim.ts';
import { metricRegistry } from './stream/metric-registry.ts';
import { inTransaction, type TransactionWork } from './transaction.ts';
import type { Uncommitted } from './uncommitted.ts';
import { viewerRouter } from './viewer/viewer.ts';
import { checkViewerOptions, type ViewerOptions } from './viewer/viewer-options.ts';
import { WriteMeter } from './write-meter.ts';

/**
 * Puts the parts together: who is acting, where entries are kept, how they are announced.
 *
 * @throws TypeError where an option is wrong
 */
export function createActionlog(options: ActionlogOptions): Actionlog {
  return new ExpressActionlog(checkOptions(options));
}

const asKeys: ReadonlySet<string> = new Set(['wssid', 'correlation']);

/** The one class of action logs, which the test kit extends; what it stands on beside its options, only that may change. */
export class ExpressActionlog implements Actionlog {
  readonly #options: CheckedOptions;
  readonly #session: Session;
  readonly #store: ActionStore;
  readonly #needs: StoreNeeds;
  /** Whether each announced entry says when: not those of PHP, nor any at most once. */
  readonly #complete: boolean;
  readonly #announcer: Announcer;
  readonly #revoker: Revoker;
  readonly #writer: ActionWriter;
  readonly #opening: Opening;
  /** For the test kit, whose tests each begin anew. */
  protected readonly inner: { breaker: CircuitBreaker; uncommitted: Uncommitted; revoker: Revoker };
  readonly #onError: OnError;
  readonly #writes = new WriteMeter();
  #metrics: Promise<Registry> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: CheckedOptions, ground: RelayGround = { clock: systemClock }) {
    this.#options = options;
    const { clock } = ground;
    const onError = guardedOnError(options.onError);
    this.#onError = onError;
    this.#session = typeof options.session === 'function' ? sessionFrom(options.session) : options.session;
    this.#store = storeFrom(options.database, options);

    const gyroscope = options.compatibility === 'gyroscope';
    const delivery = options.delivery ?? (gyroscope ? 'at-most-once' : 'at-least-once');
    this.#complete = !gyroscope && delivery === 'at-least-once';
    const atLeastOnce = delivery === 'at-least-once';
    const breaker = new CircuitBreaker({ clock, onChange: (error) => onError(error, { stage: 'relay' }) });
    const way = options.stream?.mode === 'poll' ? undefined : openWay(options, breaker, onError);
    const relay = way ?? relayFrom(options, breaker, atLeastOnce, ground);
    const rules = { announcing: relay ? 'relay' : options.stream ? 'poll' : 'off', delivery, gyroscope } as const;
    this.#needs = {
      rawobjStyle: gyroscope ? 'php' : 'json',
      rebuildsEvents: !gyroscope || delivery === 'at-least-once',
    };
    const marks = relay !== undefined && atLeastOnce;
    const sweep = marks && this.#store.pooled ? options.announcer : undefined;
    this.#announcer = new Announcer({ relay, breaker, store: this.#store, marks, sweep, onError, clock });
    const { store, announcer } = { store: this.#store, announcer: this.#announcer };
    const ready = () => store.open(this.#needs);
    this.#writer = new ActionWriter({ store, announcer, rules, onError, ready, meter: this.#writes, clock });
    const revoking = { session: this.#session, store, stream: options.stream, relay: way, ...ground };
    this.#revoker = new Revoker({ ...revoking, onError, ready: () => this.ready() });
    this.inner = { breaker, uncommitted: this.#writer.uncommitted, revoker: this.#revoker };
    offerActions();
    explainUnawaited();
    const openError = (error: unknown) => onError(error, { stage: 'open' });
    this.#opening = new Opening({ open: () => this.ready(), onError: openError, clock });
    this.#announcer.start();
  }

  middleware(...given: unknown[]): AnyRequestHandler {
    refuseAsHandler('middleware()', given);
    const read = readSession(this.#session, this.#revoker.revocations);
    const make = (req: Request) =>
      this.#writer.actions(
        () => actorOf(req),
        () => claimOf(req, this.#options.correlationHeader),
      );
    const attach: RequestHandler = (req, res, next) => {
      giveActions(req, make);
      read(req, res, next);
    };
    return attach as AnyRequestHandler;
  }

  requireActor(options: GuardOptions = {}, ...given: unknown[]): AnyRequestHandler {
    refuseAsHandler('requireActor()', [options, ...given]);
    return requireActor(this.#guard(options));
  }

  requireGroup(groups: string | readonly string[], options: GuardOptions = {}, ...given: unknown[]): AnyRequestHandler {
    refuseAsHandler("requireGroup('admins')", [groups, options, ...given]);
    return requireGroup(groups, this.#guard(options));
  }

  signIn(req: Request, res: Response, user: User): Actor {
    if (!this.#session.signIn) throw unsupported('signIn');
    const actor = this.#session.signIn(req, res, user, (given) => this.#revoker.revocations.earliest(given));
    req.actor = actor;
    return actor;
  }

  signOut(req: Request, res: Response): void {
    const { actor, sessionId } = sessionReadingOf(req) ?? {};
    if (this.#session.signOut) this.#session.signOut(req, res);
    else if (actor && sessionId === undefined)
      throw unsupported('signOut', ' (with a sessionId, signOut closes its pages)');
    if (actor) this.#revoker.signedOut(actor, sessionId);
    req.actor = undefined;
  }

  as(user: User, options?: { wssid?: Id | undefined; correlation?: string | undefined }): ActorActions {
    if (options) refuseOthers(options, asKeys, 'actionlog.as');
    const { wssid = 0, correlation } = options ?? {};
    const actor = vouchFor(checkUser(user, 'actionlog.as'));
    const sid = connectionId(typeof wssid === 'bigint' ? String(wssid) : wssid);
    const claim = { wssid: sid, conflicted: false, correlation };
    const actions = this.#writer.actions(
      () => actor,
      () => claim,
    );
    return { actor, ...actions };
  }

  streamaction(event: RawStreamaction): Promise<Announcement> {
    return this.#writer.stream(event);
  }

  routes(options: RoutesOptions = {}, ...given: unknown[]): Router {
    refuseAsHandler('routes()', [options, ...given]);
    const { stream, compatibility, announcer } = this.#options;
    const missed = async (query: MissedQuery) => {
      await this.ready();
      return await this.#store.missed(query);
    };
    const entries = { missed, announceWithinMs: announcer.announceWithinMs, complete: this.#complete };
    return connectRoutes(stream, compatibility, entries, checkRoutesOptions(options));
  }

  viewer(options: ViewerOptions, ...given: unknown[]): Router {
    refuseAsHandler('viewer({ authorize })', [options, ...given]);
    const { stream } = this.#options;
    return viewerRouter(checkViewerOptions(options), {
      source: this,
      requireActor: this.requireActor(),
      live: this.routes(),
      socketUrl: (req) => stream && pageUrl(stream, req),
    });
  }

  async revoke(user: RevokedUser): Promise<RevokeResult> {
    return await this.#revoker.revoke(user);
  }

  async transaction<T>(work: TransactionWork<T>): Promise<T> {
    await this.ready();
    return await inTransaction(this.#store, this.#writer.uncommitted, work);
  }

  get announcer(): { readonly stats: AnnouncerStats } {
    return { stats: this.#announcer.stats };
  }

  metrics(): Promise<Registry> {
    this.#metrics ??= metricRegistry(actionlogMetrics(this.#writes, this.#announcer));
    return this.#metrics;
  }

  /** @param signal for the viewer, whose reader may leave: once it is aborted, no more is read */
  history(query: HistoryQuery, signal?: AbortSignal): History {
    const read = async (page: HistoryQuery, stopped?: AbortSignal) => {
      await this.ready();
      return await this.#store.history(page, stopped);
    };
    return new HistoryPages(query, read, signal);
  }

  async tracedChanges(query: TracedOfEntries | TracedOfRecord): Promise<TracedChange[]> {
    await this.ready();
    return await this.#store.traced(query);
  }

  async recordAt(query: TracedAt): Promise<Map<string, KnownValue>> {
    await this.ready();
    return await recordAt(this.#store, query);
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
    this.#opening.close();
    const deadline = Date.now() + timeoutMs;
    const within = async (work: Promise<void>, what: string) => {
      const late = new AbortController();
      const over = sleep(Math.max(deadline - Date.now(), 0), true, { signal: late.signal }).catch(() => false);
      const ended = work.catch((cause) => {
        const error = new ActionlogError('closed', `closing: ${what} did not end well`, { cause });
        this.#onError(error, { stage: 'close' });
      });
      const isLate = await Promise.race([ended.then(() => false), over]);
      late.abort();
      if (!isLate) return;
      const error = new ActionlogError('closed', `closing: ${what} did not end within ${timeoutMs} ms`);
      this.#onError(error, { stage: 'close' });
    };
    await within(this.#writer.close(), 'writing entries');
    this.#writer.uncommitted.close(); // nobody waits for a commit any longer, also where writing hangs
    const left = Math.max(deadline - Date.now(), 0);
    await within(this.#announcer.close(left), 'announcing');
    await within(this.#revoker.close(Math.max(deadline - Date.now(), 0)), 'revoking');
    await within(this.#store.close(), 'the store');
  }

  #guard(options: GuardOptions): GuardOptions {
    const { signInUrl } = this.#options;
    return signInUrl === undefined ? options : { signInUrl, ...options };
  }
}

function unsupported(what: string, more = ''): ActionlogError {
  const message = `${what}: this session is your own function, so its beginning and end are yours too; signedSession() has both${more}`;
  return new ActionlogError('sign-in-unsupported', message);
}
