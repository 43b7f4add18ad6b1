import type { ActionStore } from './action/store.ts';
import type { CheckedStreamOptions } from './actionlog-options.ts';
import type { Clock } from './clock.ts';
import { ActionlogError, type OnError } from './errors.ts';
import { type Id, idText } from './session/id.ts';
import { Revocations } from './session/revocations.ts';
import type { Session } from './session/session.ts';
import type { Announcement } from './stream/announcer.ts';
import { sessionName } from './stream/keys.ts';
import type { RevokeItem } from './stream/protocol.ts';
import { HttpRelay } from './stream/relay.ts';
import type { Transport } from './stream/relay-connection.ts';
import type { RevokingRelay } from './stream/relay-way.ts';

/** Whose sessions to end. */
export interface RevokedUser {
  userid: Id;
  /** Tenant; default 1. */
  gsid?: Id | undefined;
}

/** What `revoke` resolves with. */
export interface RevokeResult {
  /** Sessions that began at or before it are refused, Unix time in milliseconds. */
  at: number;
  /** What becomes of closing the user's pages; never rejects, and need not be awaited. */
  announced: Promise<Announcement>;
}

/** What a {@link Revoker} works with. */
interface RevokerOptions {
  session: Session;
  store: ActionStore;
  stream: CheckedStreamOptions | undefined;
  /** Where it is not the one that `stream.url` names. */
  relay?: RevokingRelay | undefined;
  onError: OnError;
  ready: () => Promise<void>;
  clock: Clock;
  /** How requests reach the streaming server; over the network where it is left out. */
  transport?: Transport | undefined;
}

/** The longest that browsers keep a cookie, in milliseconds. */
const longestSessionMs = 400 * 24 * 3_600_000;
/** A revocation is tried again as long as an old token could still open a connection, in milliseconds. */
const retry = { retryWithinMs: 60_000, maxRetryEvents: 1_000, maxRetryBytes: 1_048_576 };

/** Ends sessions from elsewhere: keeps it for all application servers, and has the streaming server close the pages. */
export class Revoker {
  readonly revocations: Revocations;
  readonly #options: RevokerOptions;
  /** Of its own, so that a revocation waits behind no event. */
  readonly #relay: Pick<RevokingRelay, 'revoke' | 'retrying' | 'close'> | undefined;

  constructor(options: RevokerOptions) {
    const { session, store, stream, onError, ready, clock, transport } = options;
    this.#options = options;
    const read = async (since: number) => {
      await ready();
      return await store.revoked.since(since);
    };
    this.revocations = new Revocations({ read, keepMs: session.maxAgeMs ?? longestSessionMs, onError, clock });
    const { url, secrets } = stream ?? {};
    const ofUrl =
      stream && url && secrets
        ? new HttpRelay({ ...stream, url, secrets, maxConnections: 1, keepAlive: false, retry, clock, transport })
        : undefined;
    this.#relay = options.relay ?? ofUrl;
  }

  /** Ends all sessions of a user that have begun by now. @throws ActionlogError where it could not be kept */
  async revoke(user: RevokedUser): Promise<RevokeResult> {
    const userid = idText(user.userid, 'actionlog.revoke: userid');
    const gsid = idText(user.gsid ?? 1, 'actionlog.revoke: gsid');
    if (gsid === '0') throw new TypeError('actionlog.revoke: gsid: name the tenant, or leave it out for 1; got 0');
    await this.#options.ready();
    const at = this.#options.clock.now();
    await this.#options.store.revoked.keep({ gsid, userid, at });
    this.revocations.add({ gsid, userid, at });
    return { at, announced: this.#send({ type: 'revoke', gsid, userid, at }) };
  }

  /** Has the pages of one session closed, whose user has signed out. */
  signedOut({ gsid, userid }: { gsid: string; userid: string }, sessionId: string | undefined): void {
    if (sessionId === undefined) return;
    const item: RevokeItem = {
      type: 'revoke',
      gsid,
      userid,
      at: this.#options.clock.now(),
      session: sessionName(sessionId),
    };
    this.#send(item).catch((error) => this.#options.onError(error, { stage: 'relay' }));
  }

  /** How many revocations wait to be told to the streaming server again. */
  get retrying(): number {
    return this.#relay?.retrying?.events ?? 0;
  }

  async close(timeoutMs: number): Promise<void> {
    await this.#relay?.close(timeoutMs);
  }

  async #send(item: RevokeItem): Promise<Announcement> {
    if (!this.#relay) return { status: 'off' };
    try {
      const { refused } = await this.#relay.revoke(item);
      if (refused === undefined) return { status: 'sent' };
      throw new ActionlogError('event-refused', `the streaming server refused a revocation: ${refused}`);
    } catch (error) {
      this.#options.onError(error, { stage: 'relay' });
      return { status: 'failed', code: error instanceof ActionlogError ? error.code : 'relay-refused' };
    }
  }
}
