import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { ExpressActionlog } from '../actionlog.ts';
import { checkOptions } from '../actionlog-options.ts';
import { type ErrorStage, guardedOnError } from '../errors.ts';
import { parseOptions } from '../options.ts';
import { type Actor, type User, vouchFor } from '../session/actor.ts';
import { signedSessionBy } from '../session/signed-session.ts';
import { checkUser } from '../session/user.ts';
import type { UpdateEvent } from '../stream/protocol.ts';
import { checkExpected, differences, type Expected } from './expected.ts';
import { FaultBoard, type Faults } from './faults.ts';
import { MemoryStore } from './memory-store.ts';
import { MemoryStream } from './memory-stream.ts';
import { found, notFound, type Shown } from './nearest.ts';
import { cookiesOf } from './sign-in-cookie.ts';
import type { Sought, TestActionlog, TestActionlogOptions } from './test-actionlog-api.ts';
import { realTimers, TestClock, turn } from './test-clock.ts';
import { shownEvent, type TestEntry, testEntry } from './test-entry.ts';
import type { TestPage } from './test-page.ts';

/** No less than the longest wait for the next attempt of a relay, in milliseconds. */
const longestWaitMs = 10_000;

const any = z.unknown().optional();
const schema = z.strictObject({
  stream: z.literal(false, 'false, or nothing: the streaming server is part of it').optional(),
  sessionOptions: z.looseObject({}).optional(),
  ...{ session: any, delivery: any, announcer: any, signInUrl: any, onError: any, ids: any, writer: any, execute: any },
});

/**
 * Makes an action log in memory, for tests: no database, no port, no further package. All but the store and the sockets is
 * the code of `createActionlog` and of the streaming server. Whoever makes it closes it.
 *
 * @throws TypeError where an option is wrong
 */
export function createTestActionlog(options: TestActionlogOptions = {}): TestActionlog {
  parseOptions(schema, options, 'createTestActionlog');
  return new MemoryActionlog(partsOf(options));
}

interface Seen {
  events: UpdateEvent[];
  errors: { error: unknown; stage: ErrorStage }[];
  /** Told of each event. */
  waiting: Set<(event: UpdateEvent) => void>;
}

function partsOf(options: TestActionlogOptions) {
  const { session, sessionOptions, ids, writer, execute, stream: wanted, onError, ...rest } = options;
  const seen: Seen = { events: [], errors: [], waiting: new Set() };
  const clock = new TestClock();
  const faults = new FaultBoard();
  const secrets = [randomBytes(32).toString('hex')];
  const tell = guardedOnError((error, context) => {
    seen.errors.push({ error, ...context });
    onError?.(error, context);
  });
  const ground = { clock, faults, onError: (error: unknown) => tell(error, { stage: 'announce' }) };
  const store = new MemoryStore({ ids, writer, execute }, ground);
  const checked = checkOptions({
    ...rest,
    database: store,
    session: session ?? signedSessionBy(clock, { secrets, secure: false, ...sessionOptions }),
    stream: wanted === false ? undefined : { url: 'http://actionlog.test', secrets },
    onError: tell,
  });
  const onEvent = (event: UpdateEvent) => {
    seen.events.push(event);
    for (const tell of seen.waiting) tell(event);
  };
  const { timeoutMs = 2000 } = checked.stream ?? {};
  const stream = new MemoryStream({ clock, faults, secrets, timeoutMs, onEvent });
  return { checked, clock, faults, store, stream, seen };
}

class MemoryActionlog extends ExpressActionlog implements TestActionlog {
  readonly #parts: ReturnType<typeof partsOf>;

  constructor(parts: ReturnType<typeof partsOf>) {
    super(parts.checked, { clock: parts.clock, transport: parts.stream });
    this.#parts = parts;
  }

  get entries(): TestEntry[] {
    return this.#parts.store.table.rows.map(testEntry);
  }

  get events(): readonly UpdateEvent[] {
    return this.#parts.seen.events;
  }

  get errors(): readonly { error: unknown; stage: ErrorStage }[] {
    return this.#parts.seen.errors;
  }

  eventsFor(user: Pick<User, 'userid' | 'gsid'>): UpdateEvent[] {
    const { gsid } = this.actorFor(user);
    return this.events.filter((event) => event.gsid === gsid || event.gsid === '0');
  }

  cookieFor(user: User): string {
    return cookiesOf((req, res) => this.signIn(req, res, user));
  }

  actorFor(user: User): Actor {
    return vouchFor(checkUser(user, 'actorFor'));
  }

  openPage(user: Pick<User, 'userid' | 'gsid'>): TestPage {
    const actor = this.actorFor(user);
    return this.#parts.stream.open(actor, this.inner.revoker.revocations.earliest(actor));
  }

  assertLogged(expected: Sought): TestEntry {
    const wanted = soughtIn(expected, 'assertLogged');
    const entries = this.entries;
    const match = entries.findLast((entry) => differences(wanted, entry).length === 0);
    if (match) return match;
    throw notFound(
      'nothing was logged with',
      { what: 'entry', expected: wanted, all: entries, notes: this.#notes() },
      this.assertLogged,
    );
  }

  assertNotLogged(expected: Sought): void {
    const wanted = soughtIn(expected, 'assertNotLogged');
    const all = this.entries.filter((entry) => differences(wanted, entry).length === 0);
    if (all.length > 0)
      throw found('logged, though it should not be', { what: 'entry', expected: wanted, all }, this.assertNotLogged);
  }

  async assertAnnounced(expected: Sought): Promise<UpdateEvent> {
    const wanted = soughtIn(expected, 'assertAnnounced');
    await this.settled();
    const event = this.events.findLast((one) => this.#is(wanted, one));
    if (event) return event;
    throw this.#notAnnounced('nothing was announced with', wanted, this.assertAnnounced);
  }

  async assertNotAnnounced(expected: Sought): Promise<void> {
    const wanted = soughtIn(expected, 'assertNotAnnounced');
    await this.settled();
    const all = this.events.filter((one) => this.#is(wanted, one)).map((one) => this.#shown(one));
    if (all.length === 0) return;
    throw found(
      'announced, though it should not be',
      { what: 'event', expected: wanted, all },
      this.assertNotAnnounced,
    );
  }

  async waitForEvent(
    selector: Sought | ((event: UpdateEvent) => boolean),
    { timeoutMs = 1000 }: { timeoutMs?: number | undefined } = {},
  ): Promise<UpdateEvent> {
    const chosen = typeof selector === 'function' ? selector : undefined;
    const wanted = typeof selector === 'function' ? {} : soughtIn(selector, 'waitForEvent');
    const matches = (event: UpdateEvent) => (chosen ? chosen(event) : this.#is(wanted, event));
    const past = this.events.find(matches);
    if (past) return past;
    const { waiting } = this.#parts.seen;
    return await new Promise((resolve, reject) => {
      const stop = () => {
        realTimers.stop(timer);
        waiting.delete(tell);
      };
      const tell = (event: UpdateEvent) => {
        if (!matches(event)) return;
        stop();
        resolve(event);
      };
      const timer = realTimers.after(() => {
        stop();
        const which = chosen ? 'that the function takes' : 'with';
        reject(this.#notAnnounced(`within ${timeoutMs} ms there was no event ${which}`, wanted, this.waitForEvent));
      }, timeoutMs);
      waiting.add(tell);
    });
  }

  async settled(): Promise<void> {
    await turn();
    await turn();
  }

  now(): number {
    return this.#parts.clock.now();
  }

  async advance(ms: number): Promise<void> {
    if (!Number.isFinite(ms) || ms < 0) throw new TypeError(`advance: expected milliseconds, got ${ms}`);
    await this.#parts.clock.advance(ms);
  }

  fail(faults: Faults): void {
    this.#parts.faults.set(faults);
  }

  heal(): void {
    this.#parts.faults.heal();
  }

  async reset(): Promise<void> {
    const { stream, store, seen } = this.#parts;
    const { breaker, uncommitted, revoker } = this.inner;
    this.heal();
    uncommitted.close();
    await this.settled();
    breaker.reset(); // before time goes on: what is tried again then is let pass
    if (this.announcer.stats.retrying.events + revoker.retrying > 0) await this.advance(longestWaitMs);
    stream.reset();
    store.clear();
    seen.events.length = 0;
    seen.errors.length = 0;
  }

  override async close(options?: { timeoutMs?: number | undefined }): Promise<void> {
    this.heal();
    await super.close(options);
    this.#parts.clock.close();
    await this.#parts.stream.close();
  }

  #is(expected: Expected, event: UpdateEvent): boolean {
    return differences(expected, this.#shown(event)).length === 0;
  }

  #shown(event: UpdateEvent): Shown {
    const row = this.#parts.store.table.rows.find(({ alogid }) => alogid === event.alogid);
    return shownEvent(event, row && testEntry(row));
  }

  #notAnnounced(problem: string, expected: Expected, stackStart: (...args: never[]) => unknown): Error {
    const all = this.events.map((one) => this.#shown(one));
    return notFound(problem, { what: 'event', expected, all, notes: this.#notes() }, stackStart);
  }

  /** What else may explain that something is missing. */
  #notes(): string[] {
    const { faults, seen } = this.#parts;
    const set = Object.entries(faults.now).map(([name, value]) => `${name}: ${String(value)}`);
    const { size } = this.inner.uncommitted;
    const codes = seen.errors.map(({ error }) => (error as { code?: unknown } | null)?.code ?? String(error));
    return [
      ...(set.length > 0 ? [`faults that are set: ${set.join(', ')}`] : []),
      ...(size > 0
        ? [`announcements that wait for the end of their transactions, committed() or rolledBack(): ${size}`]
        : []),
      ...(codes.length > 0 ? [`errors that were told: ${[...new Set(codes)].join(', ')}`] : []),
    ];
  }
}

function soughtIn(given: Sought, where: string): Expected {
  const expected = typeof given === 'string' || given instanceof RegExp ? { message: given } : given;
  checkExpected(expected, where);
  return expected;
}
