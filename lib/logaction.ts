import {
  type Action,
  type ChangedRecord,
  type Claim,
  type EntryRules,
  entryOf,
  hasRecord,
  keepsRow,
  recordProblem,
} from './action/entry.ts';
import { maxExtraBytes } from './action/fit.ts';
import { rawJson } from './action/raw-object.ts';
import type { ActionStore, CallerConnection } from './action/store.ts';
import { ActionlogError, type OnError } from './errors.ts';
import type { Actor } from './session/actor.ts';
import { type Id, idText } from './session/id.ts';
import type { Announcement, Announcer } from './stream/announcer.ts';
import { dumpRectypes } from './stream/protocol.ts';
import { Uncommitted } from './uncommitted.ts';
import type { WriteMeter } from './write-meter.ts';

/** Options of one `logaction` call. */
export interface LogactionOptions {
  /** The application's own number for the context of the action, such as 1 for access control. */
  ctxid?: number | undefined;
  /** Additions to the event, any JSON: every page of the tenant gets them. */
  extra?: unknown;
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
 */
export type Logaction = (
  message: string | null | undefined,
  rawobj?: unknown,
  record?: ChangedRecord | null,
  options?: LogactionOptions,
) => Promise<Logged>;

/**
 * Announces a changed record without an entry.
 *
 * @throws ActionlogError `not-signed-in`, or `rectype-reserved` for `gsidmap` and `wsclientmap`
 */
export type Streamaction = (rectype: string, recid: Id, extra?: unknown) => Promise<Announcement>;

/** The two functions for one actor. */
export interface ActorActions {
  readonly actor: Actor;
  readonly logaction: Logaction;
  readonly streamaction: Streamaction;
}

/** What the raw `streamaction` sends, to the letter. */
export interface RawStreamaction {
  /** Connection id whose page takes the event for its own; 0 for none. */
  wssid: Id;
  rectype: string;
  recid: Id;
  /** Tenant; 0 for every tenant. */
  gsid: Id;
  userid: Id;
  extra?: unknown;
}

/** @throws TypeError where a field that every event needs is missing: it would reach nobody */
function checkRaw({ rectype, recid, gsid, userid }: Omit<RawStreamaction, 'wssid' | 'extra'>): void {
  idText(gsid, 'streamaction: gsid (0 for every tenant)');
  idText(userid, 'streamaction: userid');
  const problem = recordProblem({ record: { rectype, recid }, message: null, rawobj: null, ctxid: null, extra: null });
  if (problem) throw new TypeError(`streamaction: expected { rectype: 'product', recid: 12, … }, but ${problem}`);
}

/** What an {@link ActionWriter} works with. */
interface ActionWriterOptions {
  /** Open, or opening: resolves once entries can be written. */
  ready(): Promise<void>;
  store: ActionStore;
  announcer: Announcer;
  rules: EntryRules;
  meter: WriteMeter;
  onError: OnError;
}

/** Writes entries and has them announced: what `logaction` and `streamaction` do, once it is known for whom. */
export class ActionWriter {
  readonly #options: ActionWriterOptions;
  /** Entries on open transactions. */
  readonly uncommitted: Uncommitted;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  constructor(options: ActionWriterOptions) {
    this.#options = options;
    const { store, rules, onError } = options;
    this.uncommitted = new Uncommitted({
      standing: (alogids) => store.standing(alogids),
      undelivered: rules.delivery === 'at-least-once' ? 'deferred' : 'failed',
      onError: (error) => onError(error, { stage: 'announce' }),
    });
  }

  /** The two functions for whoever `actor` and `claim` give at the time of the call. */
  actions(actor: () => Actor, claim: () => Claim): Pick<ActorActions, 'logaction' | 'streamaction'> {
    return {
      logaction: (message, rawobj, record, options) =>
        this.#track(async () => {
          if (this.#closed) throw new ActionlogError('closed', 'the action log is closed');
          const { ctxid, extra, connection } = options ?? {};
          return await this.#log(actor(), claim(), { message, rawobj, record, ctxid, extra }, connection);
        }),
      streamaction: async (rectype, recid, extra) => {
        const { userid, gsid } = actor();
        if (typeof rectype !== 'string') throw new TypeError('streamaction: rectype: expected a string');
        if (dumpRectypes.includes(rectype)) throw reserved(rectype);
        return await this.stream({ wssid: claim().wssid, rectype, recid, gsid, userid, extra });
      },
    };
  }

  /** Relays an event to the letter. */
  async stream({ wssid, extra, ...event }: RawStreamaction): Promise<Announcement> {
    checkRaw(event);
    const plain = extra === undefined ? {} : { extra: JSON.parse(rawJson(extra, { maxBytes: maxExtraBytes })) };
    return await this.#options.announcer.send({ sid: wssid, ...event, ...plain });
  }

  /** Waits for the entries that are being written, then settles the announcements whose commit nobody has told. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    this.uncommitted.close();
  }

  #track<T>(work: () => Promise<T>): Promise<T> {
    const tracked = work().finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
    return tracked;
  }

  async #log(actor: Actor, claim: Claim, action: Action, connection?: CallerConnection): Promise<Logged> {
    const { store, announcer, rules, meter, onError, ready } = this.#options;
    const record = hasRecord(action) ? action.record : undefined;
    const problem = unannounceable(action);
    if (problem) onError(problem, { stage: 'announce' });
    const refused = problem && Promise.resolve<Announcement>({ status: 'failed', code: problem.code });

    if (record && !problem && !keepsRow(action, rules)) {
      const { userid, gsid } = actor;
      const { rectype, recid } = record;
      const send = () => this.stream({ wssid: claim.wssid, rectype, recid, gsid, userid, extra: action.extra });
      return connection ? this.uncommitted.add(connection, undefined, send) : logged(undefined, send());
    }
    if (record && !problem && !connection) announcer.expect();
    const write = () => store.write(entryOf(actor, claim, action, rules, !problem), connection);
    const entry = await meter.follow(ready().then(write));
    const announce = async (): Promise<Announcement> => {
      if (refused) return await refused;
      if (!record) return { status: 'nothing' };
      return await announcer.announce(entry, plainId(record.recid, entry.recid), claim.wssid);
    };
    const { alogid } = entry;
    const waits = connection && record && !problem;
    return waits ? this.uncommitted.add(connection, alogid, announce) : logged(alogid, announce());
  }
}

function logged(alogid: string | undefined, announced: Promise<Announcement>): Logged {
  return { alogid, announced, committed: () => announced, rolledBack: () => announced };
}

/** Why an action's record is kept and not announced; undefined where it may be, or where there is none. */
function unannounceable(action: Action): ActionlogError | undefined {
  const problem = recordProblem(action);
  if (problem) {
    const message = `nothing is announced for this record: ${problem}; expected { rectype: 'product', recid: 12 }`;
    return new ActionlogError('record-malformed', message);
  }
  return hasRecord(action) && dumpRectypes.includes(action.record.rectype)
    ? reserved(action.record.rectype)
    : undefined;
}

/**
 * The record id as it stands in the row; in the caller's own type where that says the same, since Gyroscope's wire shows
 * the type.
 */
function plainId(given: unknown, stored: string): Id {
  const same = (typeof given === 'number' || typeof given === 'bigint') && String(given) === stored;
  return same ? given : stored;
}

function reserved(rectype: string): ActionlogError {
  const message = `the rectype ${rectype} asks the streaming server who is connected: only actionlog.streamaction() may name it`;
  return new ActionlogError('rectype-reserved', message, { fields: { rectype } });
}
