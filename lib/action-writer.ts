import {
  type Action,
  type Claim,
  type EntryRules,
  entryOf,
  hasRecord,
  keepsRow,
  recordProblem,
} from './action/entry.ts';
import type { ActionStore, CallerConnection, Entry } from './action/store.ts';
import { actionOf, extraJson, listedKeys, logactionKeys, type Plan, reserved, unannounceable } from './action-plan.ts';
import type { Clock } from './clock.ts';
import { ActionlogError, type OnError } from './errors.ts';
import type { ActorActions, Logaction, Logged, LoggedMany, LogMany, RawStreamaction } from './logaction.ts';
import { type CheckedManyOptions, checkList, checkManyOptions, checkOneList, listExtra } from './logaction-many.ts';
import { refuseOthers } from './options.ts';
import type { Actor } from './session/actor.ts';
import { idText } from './session/id.ts';
import type { Announcement, Announcer } from './stream/announcer.ts';
import { dumpRectypes } from './stream/protocol.ts';
import { Uncommitted } from './uncommitted.ts';
import { UnderWay } from './under-way.ts';
import type { WriteMeter } from './write-meter.ts';

const eventKeys: ReadonlySet<string> = new Set(['wssid', 'rectype', 'recid', 'gsid', 'userid', 'extra']);

/** @throws TypeError where a field that every event needs is missing: it would reach nobody; or where there is another */
function checkRaw(event: RawStreamaction): void {
  const { rectype, recid, gsid, userid } = event;
  refuseOthers(event, eventKeys, 'streamaction');
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
  clock: Clock;
}

/** Writes entries and has them announced: what `logaction` and `streamaction` do, once it is known for whom. */
export class ActionWriter {
  readonly #options: ActionWriterOptions;
  /** Entries on open transactions. */
  readonly uncommitted: Uncommitted;
  readonly #writing = new UnderWay();
  /** Whether the store was open once: it opens itself anew. */
  #isOpen = false;
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
    const one: OmitThisParameter<(...given: Parameters<Logaction>) => Promise<Logged>> = (
      message,
      rawobj,
      record,
      options,
    ) =>
      this.#track(() => {
        if (options) refuseOthers(options, logactionKeys, 'logaction');
        const action = actionOf({ ...options, message, rawobj, record }, 'logaction');
        return this.#log(actor(), claim(), action, options?.connection);
      });
    const many: LogMany = (actions, options) =>
      this.#track(() => {
        const checked = checkManyOptions(options, this.#options.rules.gyroscope);
        checkList(actions);
        const { correlation } = checked;
        const list = actions.map((action, index) => {
          const who = `logaction.many: action ${index}`;
          refuseOthers(action, listedKeys, who);
          return actionOf(
            { ...action, correlation: action.correlation === undefined ? correlation : action.correlation },
            who,
          );
        });
        if (checked.announce === 'list') checkOneList(list);
        return this.#logMany(actor(), claim(), list, checked);
      });
    return {
      logaction: Object.assign(one, { many }),
      streamaction: async (rectype, recid, extra) => {
        const { userid, gsid } = actor();
        if (typeof rectype !== 'string') throw new TypeError('streamaction: rectype: expected a string');
        if (dumpRectypes.includes(rectype)) throw reserved(rectype);
        return await this.stream({ wssid: claim().wssid, rectype, recid, gsid, userid, extra });
      },
    };
  }

  /** Relays an event to the letter. */
  async stream(given: RawStreamaction): Promise<Announcement> {
    checkRaw(given);
    const { wssid = 0, extra, ...event } = given;
    const json = extraJson(extra);
    return await this.#options.announcer.send({
      ...{ sid: wssid, ...event },
      ...(json === null ? {} : { extra: JSON.parse(json) }),
    });
  }

  /** Waits for the entries that are being written, then settles the announcements whose commit nobody has told. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing.over();
    this.uncommitted.close();
  }

  async #track<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new ActionlogError('closed', 'the action log is closed');
    this.#writing.begin();
    try {
      return await work();
    } finally {
      this.#writing.end();
    }
  }

  async #ready(): Promise<void> {
    await this.#options.ready();
    this.#isOpen = true;
  }

  async #log(actor: Actor, claim: Claim, action: Action, connection?: CallerConnection): Promise<Logged> {
    const { store, announcer, rules, meter, clock } = this.#options;
    const plan = this.#plan(action);
    const { problem } = plan;
    if (plan.record && !problem && !connection) announcer.expect();
    const write = () => store.write(entryOf(actor, claim, action, rules, !problem, clock.now()), connection);
    const written = () => meter.follow(this.#isOpen ? write() : this.#ready().then(write));
    const entry = plan.kept ? await written() : undefined;
    const announce = () => this.#announce(plan, actor, claim, entry);
    const waits = connection && plan.record && !problem;
    return waits ? this.uncommitted.add(connection, entry?.alogid, announce) : logged(entry?.alogid, announce());
  }

  async #logMany(
    actor: Actor,
    claim: Claim,
    actions: readonly Action[],
    { announce, extra, connection }: CheckedManyOptions,
  ): Promise<LoggedMany> {
    const { store, rules, meter, ready, clock } = this.#options;
    const plans = actions.map((action) => this.#plan(action));
    const announceable = plans.filter(({ problem }) => problem === undefined);
    // what an event says stands in one row: the others have nothing to announce
    const [carrier] = announce === 'list' ? announceable : [];
    if (carrier) {
      const records = announceable.flatMap(({ record }) => record ?? []);
      carrier.action = { ...carrier.action, extra: listExtra(records, extra) };
    }
    const announces = (plan: Plan) => (announce === 'list' ? plan === carrier : plan.problem === undefined);
    const now = clock.now();
    const kept = plans.filter((plan) => plan.kept);
    const rows = kept.map((plan) => entryOf(actor, claim, plan.action, rules, announces(plan), now));
    const written =
      rows.length > 0
        ? await meter.follow(
            ready().then(() => store.writeMany(rows, connection)),
            rows.length,
          )
        : [];
    const entries = new Map(kept.map((plan, index) => [plan, written[index]]));
    const alogids = plans.map((plan) => entries.get(plan)?.alogid);

    const told = announce === 'list' ? [carrier ?? plans[0]].filter((plan) => plan !== undefined) : plans;
    const outcomes = told.map((plan) => ({
      alogid: entries.get(plan)?.alogid,
      announce: () => this.#announce(plan, actor, claim, entries.get(plan)),
      waits: plan.record !== undefined && plan.problem === undefined,
    }));
    if (connection) return { alogids, ...this.uncommitted.addAll(connection, outcomes) };
    const announced = Promise.all(outcomes.map((outcome) => outcome.announce()));
    return { alogids, announced, committed: () => announced, rolledBack: () => announced };
  }

  /** What becomes of an action, and tells of a record that cannot be announced. */
  #plan(action: Action): Plan {
    const { rules, onError } = this.#options;
    const record = hasRecord(action) ? action.record : undefined;
    const problem = unannounceable(action);
    if (problem) onError(problem, { stage: 'announce' });
    const announcesOnly = record && !problem && !action.trace?.length && !keepsRow(action, rules);
    return { action, record, problem, kept: !announcesOnly };
  }

  async #announce(
    { action, record, problem }: Plan,
    actor: Actor,
    claim: Claim,
    entry: Entry | undefined,
  ): Promise<Announcement> {
    if (problem) return { status: 'failed', code: problem.code };
    if (!record) return { status: 'nothing' };
    const { rectype, recid } = record;
    const { announcer, rules } = this.#options;
    if (entry && !rules.gyroscope) return await announcer.announce(entry, entry.recid, claim.wssid);
    if (entry) {
      // to the letter and in the caller's types, also where PHP's table could not keep it so
      const given = { ...entry, rectype, extra: entry.extra ?? extraJson(action.extra) };
      return await announcer.announce(given, recid, claim.wssid);
    }
    const { userid, gsid } = actor;
    return await this.stream({ wssid: claim.wssid, rectype, recid, gsid, userid, extra: action.extra });
  }
}

function logged(alogid: string | undefined, announced: Promise<Announcement>): Logged {
  return { alogid, announced, committed: () => announced, rolledBack: () => announced };
}
