import type { RecidOf, RecidTextOf, Rectype } from '../records.ts';
import { createConnection } from './connection.ts';
import { type ActionlogClientStatus, createEvents, type On } from './events.ts';
import { fetchAs, fillForms } from './requests.ts';
import { type RecordWatch, watchRecord } from './watch-record.ts';

export interface ActionlogClientOptions {
  /** The application server's route that tells the way in; default `/actionlog/connect`, of the page's own origin. */
  connectUrl?: string;
  /** The route that tells what the page has missed; default `entries` beside `connectUrl`. */
  entriesUrl?: string;
  /**
   * When the server began to render this page, Unix time in milliseconds by the server's clock: what was changed between
   * then and the first connection comes as well. Default: what `<meta name="actionlog-since" content="…">` says.
   */
  since?: number;
  /** Whether forms that are posted to the page's own origin carry the connection id; default true. */
  forms?: boolean;
  /** Bound of the first wait before a reconnect, in milliseconds; it doubles with each failure. Default 500. */
  minDelayMs?: number;
  /** Bound of the longest wait before a reconnect, in milliseconds; default 30,000. */
  maxDelayMs?: number;
  /**
   * Milliseconds of silence after which a connection counts as dead; default 60,000, two heartbeats and some. Not used
   * on Gyroscope's wire, which has no heartbeat.
   */
  watchdogMs?: number;
}

/** A page's connection to the action log. */
export interface ActionlogClient {
  /** The page's connection id, 1 to 2^32 - 1; 0 until the server has greeted, and where it can no more be kept. */
  readonly sid: number;
  readonly status: ActionlogClientStatus;
  /** Calls `listener` on each event of the type, until the function that it returns is called. */
  readonly on: On;
  /**
   * Watches one record that the page shows: tells when somebody else changes it, and forgets that when this page saves it.
   * Whoever watches closes it; leaving the page is enough.
   */
  watchRecord<K extends Rectype>(rectype: K, recid: RecidOf<K> | RecidTextOf<K>): RecordWatch<K>;
  /** The page's `fetch`, with the header `Actionlog-Connection` on requests to the page's own origin. */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** Connects now: after `signed-out`, `off` or `closed`, or instead of waiting. Does nothing while connected. */
  connect(): void;
  /** Disconnects, and takes all listeners off the page; those of `on` stay, for a later `connect()`. */
  close(): void;
}

/**
 * Connects the page to the streaming server, and keeps it connected. Where there is no document (a page rendered on a
 * server) it stays `closed`, and does nothing. Whoever makes it closes it; leaving the page is enough.
 */
export function createActionlogClient(options: ActionlogClientOptions = {}): ActionlogClient {
  const {
    connectUrl = '/actionlog/connect',
    entriesUrl = connectUrl.replace(/[^/]*$/, 'entries'),
    since = renderedAt(),
    forms = true,
    minDelayMs = 500,
    maxDelayMs = 30_000,
    watchdogMs = 60_000,
  } = options;
  const { on, emit } = createEvents();
  const connection = createConnection({ connectUrl, entriesUrl, since, minDelayMs, maxDelayMs, watchdogMs }, emit);
  let page: AbortController | undefined;

  const client: ActionlogClient = {
    get sid() {
      return connection.sid;
    },
    get status() {
      return connection.status;
    },
    on,
    watchRecord: (rectype, recid) => watchRecord(on, rectype, recid),
    fetch: (input, init) => fetchAs(connection.sid, input, init),
    connect() {
      if (typeof document === 'undefined') return;
      if (!page) {
        page = new AbortController();
        connection.followPage(page.signal);
        if (forms) fillForms(() => connection.sid, page.signal);
      }
      connection.connect();
    },
    close() {
      page?.abort();
      page = undefined;
      connection.close();
      if (newest === client) newest = undefined;
    },
  };
  client.connect();
  newest = client;
  return client;
}

let newest: ActionlogClient | undefined;

/** The client that the page has made last, while it is not closed. */
export function pageClient(): ActionlogClient | undefined {
  return newest;
}

/** What the page says of the time at which its rendering began. */
function renderedAt(): number | undefined {
  if (typeof document === 'undefined') return undefined;
  return Number(document.querySelector<HTMLMetaElement>('meta[name="actionlog-since"]')?.content) || undefined;
}
