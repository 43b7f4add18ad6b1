import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../clock.ts';
import type { Id } from '../session/id.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import { KeptConnections } from './kept-connections.ts';
import { StreamKeys } from './keys.ts';
import {
  type Dump,
  dumpRectypes,
  maxEventLength,
  maxRelayBytes,
  maxRelayEvents,
  type RevokeItem,
  sidOf,
  type UpdateEvent,
} from './protocol.ts';
import { takenRelay } from './relay-answer.ts';
import { LoneRequests, type RelayTarget, type Transport } from './relay-connection.ts';
import { RelayQueue } from './relay-queue.ts';
import { RelayRetries, type RetriedRelay, type RetryBounds } from './relay-retries.ts';

/** An event on its way to the streaming server; ids keep the caller's type, since Gyroscope's wire shows it. */
export interface OutgoingEvent extends Omit<UpdateEvent, 'type' | 'sid' | 'gsid' | 'userid' | 'recid'> {
  sid: Id;
  gsid: Id;
  userid: Id;
  recid: Id;
}

/** What became of one event that reached the streaming server. */
export interface RelayOutcome {
  /** Why the server refused it; undefined where it took it. */
  refused?: string | undefined;
  /** What `gsidmap` or `wsclientmap` asked for. */
  dump?: Dump | undefined;
}

/** Hands events to the streaming server. */
export interface Relay {
  /**
   * Resolves once the server has acknowledged the event or refused it for good.
   *
   * @throws ActionlogError `relay-unreachable`, `relay-timeout`, `relay-unauthorized`, `relay-refused`,
   * `relay-queue-full`, `relay-paused` or `closed`: not delivered, as far as is known
   */
  send(event: OutgoingEvent): Promise<RelayOutcome>;
  /** An event comes soon, once its row is written: what it needs may be made ready meanwhile. */
  expect?(): void;
  /** How much waits in memory to be sent again; left out where nothing is. */
  readonly retrying?: { events: number; bytes: number };
  /** Waits for what is under way, at most `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/** Options of the relay on the default wire. */
export interface HttpRelayOptions extends RelayTarget {
  /** Shared with the streaming server; the first signs. */
  secrets: readonly string[];
  maxConnections: number;
  maxQueued: number;
  /** Keeps connections open between relays. Default: each relay has one of its own. */
  keepAlive?: boolean | undefined;
  /** Keeps a dead server from being asked; always asked where it is left out. */
  breaker?: CircuitBreaker | undefined;
  /** Within which bounds a relay is tried again; once only where it is left out. */
  retry?: RetryBounds | undefined;
  /** Default: the system's. */
  clock?: Clock | undefined;
  /** How requests reach the server. Default: over the network. */
  transport?: Transport | undefined;
}

/** An event as it waits: its JSON, whether it asks for a dump, and when it began, by the clock's `elapsed()`. */
interface WireEvent {
  text: string;
  asks: boolean;
  since: number;
}

/** A relay that may be sent more than once: always with the same id and body, each time with a stamp of that moment. */
interface SameRelay extends RetriedRelay {
  id: string;
  body: string;
  asks: boolean[];
}

/** What became of most events. */
const taken: RelayOutcome = Object.freeze({ refused: undefined });

/** Bytes kept free in a relay for what stands around its events. */
const margin = 1024;

/** The relay on the default wire: `POST /relay`, signed, on a connection of its own unless it is to stay open. */
export class HttpRelay implements Relay {
  readonly #options: HttpRelayOptions;
  readonly #clock: Clock;
  readonly #keys: StreamKeys;
  readonly #withdrawn = () => this.#options.breaker?.withdrawn();
  readonly #transport: Transport;
  readonly #queue: RelayQueue<WireEvent, RelayOutcome | Promise<RelayOutcome>>;
  readonly #retries: RelayRetries<SameRelay, RelayOutcome[]> | undefined;

  constructor(options: HttpRelayOptions) {
    const { retry, breaker, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#keys = new StreamKeys(options.secrets);
    this.#transport = options.transport ?? overNetwork(options);
    this.#queue = new RelayQueue({
      ...options,
      maxConnectionsPerSecond: undefined, // Gyroscope's pace, which may stand in the options: no port of ours is kept here
      maxBatch: maxRelayEvents,
      deliver: (batch) => this.#deliver(batch),
    });
    const paused = () => breaker?.paused ?? false;
    this.#retries = retry && new RelayRetries({ ...retry, clock, paused, attempt: (relay) => this.#attempt(relay) });
  }

  /** How much waits to be tried again. */
  get retrying(): { events: number; bytes: number } {
    return this.#retries?.size ?? { events: 0, bytes: 0 };
  }

  send(event: OutgoingEvent): Promise<RelayOutcome> {
    const text = wireText(event);
    if (text.length > maxEventLength) return Promise.resolve({ refused: 'event-too-large' }); // it must not take others with it
    const paused = this.#options.breaker?.admit();
    if (paused) return Promise.reject(paused);
    const item = { text, asks: dumpRectypes.includes(event.rectype), since: beginningOf(event, this.#clock) };
    return this.#queue.add(item, this.#withdrawn) as Promise<RelayOutcome>; // a promise of a promise is one
  }

  expect(): void {
    if (this.#queue.isIdle && !this.#options.breaker?.paused) this.#transport.expect?.();
  }

  /** Has the server close the pages of revoked sessions; otherwise as {@link send}. */
  async revoke(item: RevokeItem): Promise<RelayOutcome> {
    return await this.#queue.add({ text: JSON.stringify(item), asks: false, since: this.#clock.elapsed() });
  }

  async close(timeoutMs: number): Promise<void> {
    await this.#queue.close(timeoutMs);
    this.#retries?.close();
    await this.#transport.close();
  }

  async #deliver(batch: WireEvent[]): Promise<(RelayOutcome | Promise<RelayOutcome>)[]> {
    const outcomes: (RelayOutcome | Promise<RelayOutcome>)[] = [];
    for (const events of splitByBytes(batch)) outcomes.push(...(await this.#first(sameRelay(events))));
    return outcomes;
  }

  /** The first attempt. What is tried again after it does not keep others from the connection. */
  async #first(relay: SameRelay): Promise<(RelayOutcome | Promise<RelayOutcome>)[]> {
    try {
      return await this.#attempt(relay);
    } catch (error) {
      const later = this.#retries ? this.#retries.take(relay, error) : Promise.reject(error);
      return relay.asks.map((_, index) => {
        const outcome = later.then((outcomes) => outcomes[index] ?? {});
        outcome.catch(() => undefined); // whoever sent the event is told; other relays of this batch come first
        return outcome;
      });
    }
  }

  async #attempt(relay: SameRelay): Promise<RelayOutcome[]> {
    const { breaker } = this.#options;
    if (!breaker) return await this.#post(relay);
    try {
      return await breaker.attempt(() => this.#post(relay));
    } finally {
      if (breaker.paused) this.#retries?.wake();
    }
  }

  async #post(relay: SameRelay): Promise<RelayOutcome[]> {
    const answer = await this.#transport.post(() => this.#signed(relay), relay.body);
    const { refused, dump } = takenRelay(answer, this.#options.url);
    return relay.asks.map((asked, index) => {
      if (!asked && refused.length === 0) return taken;
      const outcome: RelayOutcome = { refused: refused.find((one) => one.index === index)?.code };
      if (asked) outcome.dump = dump;
      return outcome;
    });
  }

  /** The headers of a relay that goes out now. */
  #signed({ id, body }: SameRelay): Record<string, string> {
    const timestamp = String(Math.floor(this.#clock.now() / 1000));
    return {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': this.#keys.signRelay({ id, timestamp, body }),
    };
  }
}

/** The event's JSON on the default wire: ids as text; what is undefined is left out. */
function wireText({ sid, gsid, userid, rectype, recid, alogid, time, login, ctxid, extra }: OutgoingEvent): string {
  return JSON.stringify({
    type: 'update',
    sid: sidOf(typeof sid === 'bigint' ? String(sid) : sid),
    gsid: String(gsid),
    userid: String(userid),
    rectype,
    recid: String(recid),
    alogid,
    time,
    login,
    ctxid,
    extra,
  });
}

/** The event of an entry began when that was written: the sweep of any process counts its age from then. */
function beginningOf({ time }: OutgoingEvent, clock: Clock): number {
  return clock.elapsed() - (time === undefined ? 0 : Math.max(0, clock.now() - time));
}

function overNetwork(options: HttpRelayOptions): Transport {
  return options.keepAlive ? new KeptConnections(options, options.maxConnections) : new LoneRequests(options);
}

function sameRelay(events: WireEvent[]): SameRelay {
  const body = `{"events":[${events.map(({ text }) => text).join(',')}]}`;
  const asks = events.map((event) => event.asks);
  const since = Math.min(...events.map((event) => event.since));
  return { id: `msg_${randomUUID()}`, body, asks, events: events.length, bytes: Buffer.byteLength(body), since };
}

function splitByBytes(batch: WireEvent[]): WireEvent[][] {
  const groups: WireEvent[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const event of batch) {
    const size = Buffer.byteLength(event.text) + 1;
    if (bytes + size > maxRelayBytes - margin) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(event);
    bytes += size;
  }
  return groups;
}
