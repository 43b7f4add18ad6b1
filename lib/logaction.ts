import {
  type Action,
  type ChangedRecord,
  type Claim,
  type EntryRules,
  entryOf,
  hasRecord,
  keepsRow,
} from './action/entry.ts';
import type { ActionStore, CallerConnection } from './action/store.ts';
import { ActionlogError, type OnError } from './errors.ts';
import type { Actor } from './session/actor.ts';
import type { Id } from './session/id.ts';
import type { Announcement, Announcer } from './stream/announcer.ts';
import { dumpRectypes } from './stream/protocol.ts';
import { Uncommitted } from './uncommitted.ts';

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
 * @throws ActionlogError `not-signed-in` (or why the session is refused), `id-unfit`, `entry-not-written`,
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

/** What an {@link ActionWriter} works with. */
interface ActionWriterOptions {
  /** Open, or opening: resolves once entries can be written. */
  ready(): Promise<void>;
  store: ActionStore;
  announcer: Announcer;
  rules: EntryRules;
  onError: OnError;
}

/** Writes entries and has them announced: what `logaction` and `streamaction` do, once it is known for whom. */
export class ActionWriter {
  readonly #options: ActionWriterOptions;
  /** Entries on open transactions. */
  readonly uncommitted: Uncommitted;

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
      logaction: async (message, rawobj, record, { ctxid, extra, connection } = {}) =>
        await this.#log(actor(), claim(), { message, rawobj, record, ctxid, extra }, connection),
      streamaction: async (rectype, recid, extra) => {
        const { userid, gsid } = actor();
        if (dumpRectypes.includes(rectype)) throw reserved(rectype);
        return await this.stream({ wssid: claim().wssid, rectype, recid, gsid, userid, extra });
      },
    };
  }

  /** Relays an event to the letter. */
  async stream({ wssid, extra, ...event }: RawStreamaction): Promise<Announcement> {
    return await this.#options.announcer.send({ sid: wssid, ...event, ...(extra === undefined ? {} : { extra }) });
  }

  /** Settles the announcements that wait for a commit which nobody told. */
  close(): void {
    this.uncommitted.close();
  }

  async #log(actor: Actor, claim: Claim, action: Action, connection?: CallerConnection): Promise<Logged> {
    const { store, announcer, rules, onError, ready } = this.#options;
    const record = hasRecord(action) ? action.record : undefined;
    const announceable = record !== undefined && !dumpRectypes.includes(record.rectype);
    if (record && !announceable) onError(reserved(record.rectype), { stage: 'announce' });

    if (record && !keepsRow(action, rules)) {
      const { userid, gsid } = actor;
      const event = { wssid: claim.wssid, ...record, gsid, userid, extra: action.extra };
      const announce = () => (announceable ? this.stream(event) : refusedRectype);
      return connection ? this.uncommitted.add(connection, undefined, announce) : logged(undefined, announce());
    }
    await ready();
    const entry = await store.write(entryOf(actor, claim, action, rules, announceable), connection);
    const announce = async (): Promise<Announcement> => {
      if (!record) return { status: 'nothing' };
      if (!announceable) return await refusedRectype;
      return await announcer.announce(entry, plainId(record.recid, entry.recid), claim.wssid);
    };
    const { alogid } = entry;
    return connection ? this.uncommitted.add(connection, alogid, announce) : logged(alogid, announce());
  }
}

const refusedRectype = Promise.resolve<Announcement>({ status: 'failed', code: 'rectype-reserved' });

function logged(alogid: string | undefined, announced: Promise<Announcement>): Logged {
  return { alogid, announced, committed: () => announced, rolledBack: () => announced };
}

/** The record id in the caller's own type, for Gyroscope's wire; what is no id goes as it stands in the row. */
function plainId(given: unknown, stored: string): Id {
  return typeof given === 'number' || typeof given === 'bigint' || typeof given === 'string' ? given : stored;
}

function reserved(rectype: string): ActionlogError {
  const message = `the rectype ${rectype} asks the streaming server who is connected: only actionlog.streamaction() may name it`;
  return new ActionlogError('rectype-reserved', message, { fields: { rectype } });
}
