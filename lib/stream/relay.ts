import { randomUUID } from 'node:crypto';
import { Client } from 'undici';
import { z } from 'zod';
import { ActionlogError } from '../errors.ts';
import type { Id } from '../session/id.ts';
import { startBudget } from './budget.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
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
import { RelayQueue } from './relay-queue.ts';
import { RelayRetries, type RetriedRelay, type RetryBounds, retryAfterMs } from './relay-retries.ts';

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
  /** How much waits in memory to be sent again; left out where nothing is. */
  readonly retrying?: { events: number; bytes: number };
  /** Waits for what is under way, at most `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/** Options of the relay on the default wire. */
export interface HttpRelayOptions {
  /** Address of the streaming server: `http://127.0.0.1:9999`, or with the path that it is attached on. */
  url: string;
  /** Shared with the streaming server; the first signs. */
  secrets: readonly string[];
  /** Budget for making the connection, in milliseconds. */
  connectTimeoutMs: number;
  /** Budget for one relay in all, in milliseconds. */
  timeoutMs: number;
  maxConnections: number;
  maxQueued: number;
  /** Keeps a dead server from being asked; always asked where it is left out. */
  breaker?: CircuitBreaker | undefined;
  /** Within which bounds a relay is tried again; once only where it is left out. */
  retry?: RetryBounds | undefined;
}

const answerSchema = z.object({
  accepted: z.number(),
  refused: z.array(z.object({ index: z.number(), code: z.string() })),
  dump: z.custom<Dump>((value) => value === undefined || (typeof value === 'object' && value !== null)).optional(),
});
const errorSchema = z.object({ error: z.object({ code: z.string().optional(), message: z.string() }) });

/** An event as it waits: its JSON, whether it asks for a dump, and when it began, by `performance.now()`. */
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

/** Bytes kept free in a relay for what stands around its events. */
const margin = 1024;

/** The relay on the default wire: `POST /relay`, signed, on a connection of its own. */
export class HttpRelay implements Relay {
  readonly #options: HttpRelayOptions;
  readonly #keys: StreamKeys;
  readonly #origin: string;
  readonly #path: string;
  readonly #queue: RelayQueue<WireEvent, RelayOutcome | Promise<RelayOutcome>>;
  readonly #retries: RelayRetries<SameRelay, RelayOutcome[]> | undefined;

  constructor(options: HttpRelayOptions) {
    const url = new URL(options.url);
    this.#options = options;
    this.#keys = new StreamKeys(options.secrets);
    this.#origin = url.origin;
    this.#path = `${url.pathname.replace(/\/$/, '')}/relay`;
    this.#queue = new RelayQueue({ ...options, maxBatch: maxRelayEvents, deliver: (batch) => this.#deliver(batch) });
    const { retry, breaker } = options;
    const paused = () => breaker?.paused ?? false;
    this.#retries = retry && new RelayRetries({ ...retry, paused, attempt: (relay) => this.#attempt(relay) });
  }

  /** How much waits to be tried again. */
  get retrying(): { events: number; bytes: number } {
    return this.#retries?.size ?? { events: 0, bytes: 0 };
  }

  async send(event: OutgoingEvent): Promise<RelayOutcome> {
    const text = wireText(event);
    if (text.length > maxEventLength) return { refused: 'event-too-large' }; // it must not take others with it
    const paused = this.#options.breaker?.admit();
    if (paused) throw paused;
    const item = { text, asks: dumpRectypes.includes(event.rectype), since: beginningOf(event) };
    return await this.#queue.add(item, () => this.#options.breaker?.withdrawn());
  }

  /** Has the server close the pages of revoked sessions; otherwise as {@link send}. */
  async revoke(item: RevokeItem): Promise<RelayOutcome> {
    return await this.#queue.add({ text: JSON.stringify(item), asks: false, since: performance.now() });
  }

  async close(timeoutMs: number): Promise<void> {
    await this.#queue.close(timeoutMs);
    this.#retries?.close();
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

  async #post({ id, body, asks }: SameRelay): Promise<RelayOutcome[]> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': this.#keys.signRelay({ id, timestamp, body }),
    };
    const { status, text, retryAfter } = await this.#request(headers, body);
    if (status !== 202) throw refusal(status, text, this.#options.url, retryAfterMs(retryAfter));
    const answer = answerSchema.safeParse(json(text));
    if (!answer.success) {
      const message = `${this.#options.url} answered with something other than a streaming server's 202: is the address right?`;
      throw new ActionlogError('relay-refused', message, { fields: { status } });
    }
    const { refused, dump } = answer.data;
    return asks.map((asked, index) => ({
      refused: refused.find((one) => one.index === index)?.code,
      ...(asked ? { dump } : {}),
    }));
  }

  /** One request on a connection of its own, which the server ends; given up when its budget is spent. */
  async #request(
    headers: Record<string, string>,
    body: string,
  ): Promise<{ status: number; text: string; retryAfter: unknown }> {
    const { url, connectTimeoutMs, timeoutMs } = this.#options;
    const client = new Client(this.#origin, { pipelining: 1 });
    let spent: ActionlogError | undefined;
    const giveUp = (code: 'relay-unreachable' | 'relay-timeout', what: string) => {
      spent = new ActionlogError(code, `streaming server at ${url}: ${what}`);
      client.destroy(spent).catch(() => undefined); // what destroying rejects with is what is being thrown below
    };
    const stopConnecting = startBudget(connectTimeoutMs, () =>
      giveUp('relay-unreachable', `no connection within ${connectTimeoutMs} ms`),
    );
    const stopWhole = startBudget(timeoutMs, () => giveUp('relay-timeout', `no answer within ${timeoutMs} ms`));
    client.once('connect', stopConnecting);
    try {
      const answer = await client.request({ method: 'POST', path: this.#path, headers, body });
      const text = await answer.body.text();
      return { status: answer.statusCode, text, retryAfter: answer.headers['retry-after'] };
    } catch (error) {
      if (spent) throw spent;
      const message = `streaming server at ${url} cannot be reached: is it running, and is the address right?`;
      throw new ActionlogError('relay-unreachable', message, { cause: error });
    } finally {
      stopConnecting();
      stopWhole();
      client.destroy().catch(() => undefined); // everything that it carried is settled
    }
  }
}

/** The event's JSON on the default wire: ids as text. */
function wireText(event: OutgoingEvent): string {
  const { sid, gsid, userid, recid, ...rest } = event;
  return JSON.stringify({
    type: 'update',
    sid: sidOf(typeof sid === 'bigint' ? String(sid) : sid),
    gsid: String(gsid),
    userid: String(userid),
    ...rest,
    recid: String(recid),
  });
}

/** The event of an entry began when that was written: the sweep of any process counts its age from then. */
function beginningOf({ time }: OutgoingEvent): number {
  return performance.now() - (time === undefined ? 0 : Math.max(0, Date.now() - time));
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

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON: the schema refuses it, and the caller says so
  }
}

function refusal(status: number, text: string, url: string, retryAfterMs: number | undefined): ActionlogError {
  const answer = errorSchema.safeParse(json(text));
  const said = answer.success ? answer.data.error.message : `answered with status ${status}`;
  const code = status === 401 || status === 403 ? 'relay-unauthorized' : 'relay-refused';
  const refusal = answer.success ? answer.data.error.code : undefined;
  const hint =
    status === 404 || status === 405
      ? '; is this the address of a streaming server? One that is attached to an app needs its path too, such as /actionlog'
      : '';
  return new ActionlogError(code, `streaming server at ${url}: ${said}${hint}`, {
    fields: { status, refusal, retryAfterMs },
  });
}
