/*
 * The messages and close codes of the default wires, shared by both ends. It imports nothing, so that the page's client
 * can carry it. `docs/protocol.md` describes what stands here, and a test holds the two together.
 */

/** The web socket subprotocol of the page's connection, and the one that the server answers with. */
export const subprotocol = 'actionlog';
/** Prefix of the subprotocol that carries the page's token. */
export const bearerPrefix = 'bearer.';
/** Prefix of the subprotocol that carries the statement which gives a returning page its connection id back. */
export const resumePrefix = 'resume.';
/** Prefix of the subprotocol that carries a returning page's last place: `at.<epoch>.<offset>.<offset0>`. */
export const atPrefix = 'at.';
/** Prefix of the subprotocol that carries the server time at which a new page began to be rendered: `since.<ms>`. */
export const sincePrefix = 'since.';

/** Rectypes that ask the streaming server who is connected; only the raw `streamaction` may name them. */
export const dumpRectypes: readonly string[] = ['gsidmap', 'wsclientmap'];

/** The header in which a page's request names its connection id. */
export const connectionHeader = 'actionlog-connection';
/** The header in which a page's request says that it saves over a conflict that its user knows of. */
export const conflictHeader = 'actionlog-conflicted';
/** The query value or form field of the same use as {@link connectionHeader}; Gyroscope's name. */
export const connectionField = 'wssid_';
/** The query value or form field of the same use as {@link conflictHeader}; Gyroscope's name. */
export const conflictField = '__tabconflicted';

/** Milliseconds between two heartbeats of the server. */
export const heartbeatMs = 25_000;

/** A record has changed. */
export interface UpdateEvent {
  type: 'update';
  /** Connection id of the page whose request changed it; 0 where there is none, or where it is not to be believed. */
  sid: number;
  /** Tenant; `'0'` for every tenant. */
  gsid: string;
  /** Who changed it. */
  userid: string;
  rectype: string;
  recid: string;
  /** Number of the entry; missing where no row was written. Pages drop repeats by it. */
  alogid?: string;
  /** When, Unix time in milliseconds. */
  time?: number;
  /** Login name of the user. */
  login?: string;
  /** The application's own number for the context of the action. */
  ctxid?: number;
  /** The application's own additions, any JSON. */
  extra?: unknown;
  /** Names one life of the tenant's sequence of events. */
  epoch?: string;
  /** Position among the tenant's events in that epoch, from 1; tenant 0 has a sequence of its own. */
  offset?: number;
}

/** The server's first message to a page. */
export interface Greeting {
  type: 'getsid';
  /** The page's connection id, 1 to 2^32 - 1. */
  sid: number;
  gsid: string;
  userid: string;
  /** See {@link UpdateEvent.epoch}; missing on Gyroscope's wire. */
  epoch?: string;
  /** The position after which the page's events come; missing on Gyroscope's wire. */
  offset?: number;
  /** The same in the sequence of tenant 0, whose events reach every page; missing on Gyroscope's wire. */
  offset0?: number;
  /** Whether the page gets all since the place that it named; missing where it named none. */
  recovered?: boolean;
  /** Statement that gives the page its connection id back when it returns; missing on Gyroscope's wire. */
  resume?: string;
  /** The server's time, Unix time in milliseconds; missing on Gyroscope's wire. */
  time?: number;
}

/** Says that the connection is alive; sent every {@link heartbeatMs}. */
export interface Heartbeat {
  type: 'heartbeat';
  time: number;
}

/** Says that the server is about to go, and when the page is to come back. */
export interface Leave {
  type: 'leave';
  /** Milliseconds from now; another number for each page, so that they do not all come at once. */
  afterMs: number;
}

/** In a relay, beside events: a user's sessions, or one of them, have ended, and so do their connections. */
export interface RevokeItem {
  type: 'revoke';
  gsid: string;
  userid: string;
  /** Sessions that began at or before it have ended, Unix time in milliseconds; default: when it arrives. */
  at?: number;
  /** Only this session, as its pages' tokens name it. */
  session?: string;
}

export type ServerMessage = UpdateEvent | Greeting | Heartbeat | Leave;

/** What the application server answers a page that asks for the way in (200, JSON); 401 where nobody is signed in. */
export type ConnectAnswer =
  | {
      wire: 'default';
      /** Of the streaming server: `ws(s):` or `http(s):`, or relative to the page. */
      url: string;
      /** Goes into the subprotocol that begins with {@link bearerPrefix}. */
      token: string;
    }
  | {
      wire: 'gyroscope';
      /** The same, with the key in its query: `ws://host/path?WSS<key>=`. */
      url: string;
    }
  /** The application does not stream. */
  | { wire: 'off' };

/** An entry that the page may have missed, as the application server tells it. */
export interface MissedUpdate extends UpdateEvent {
  alogid: string;
  /** Message of the entry, only where the application lets this user read it. */
  message?: string | null;
  /** Raw object of the entry as JSON text, only where the application lets this user read it. */
  rawobj?: string;
}

/** What the application server answers a page that asks what it has missed (200, JSON). */
export interface EntriesAnswer {
  /** Oldest first; some may have been seen by the page. */
  entries: MissedUpdate[];
  /** False where entries may have been missed that are not in the answer: then anything may have changed. */
  complete: boolean;
  /** There is more: to be asked for with this `alogid` as `after`. */
  more?: string;
}

/** What a close code tells the page. */
export interface CloseCode {
  code: number;
  /** The reason that is sent with it, at most 123 bytes. */
  reason: string;
  /** `again`: the page may come back; `signed-in`: after its user has signed in anew; `no`: it must not. */
  mayReturn: 'again' | 'signed-in' | 'no';
}

/** Every close code that the server sends, by name. */
export const closeCodes = {
  shutdown: { code: 1001, reason: 'server is shutting down', mayReturn: 'again' },
  tooLarge: { code: 1009, reason: 'message too large', mayReturn: 'no' },
  failed: { code: 1011, reason: 'server failed', mayReturn: 'again' },
  spoke: { code: 4400, reason: 'a page does not send messages', mayReturn: 'no' },
  unauthorized: { code: 4401, reason: 'key does not prove this user', mayReturn: 'signed-in' },
  revoked: { code: 4403, reason: 'session was revoked', mayReturn: 'signed-in' },
  silent: { code: 4408, reason: 'page did not introduce itself in time', mayReturn: 'again' },
  replaced: { code: 4409, reason: 'connection id was claimed by a later connection', mayReturn: 'no' },
  lifetime: { code: 4410, reason: 'connection reached its lifetime', mayReturn: 'again' },
  unresponsive: { code: 4411, reason: 'no answer to pings', mayReturn: 'again' },
  tooSlow: { code: 4412, reason: 'page reads too slowly', mayReturn: 'again' },
  renew: { code: 4413, reason: 'session must be proven anew', mayReturn: 'again' },
} as const satisfies Record<string, CloseCode>;

/** Whether a page that was closed with this code may come back; a code of the network's own, such as 1006, may. */
export function mayReturn(code: number): CloseCode['mayReturn'] {
  for (const entry of Object.values(closeCodes)) if (entry.code === code) return entry.mayReturn;
  return 'again';
}

/** The largest relay, in bytes. */
export const maxRelayBytes = 1_048_576;
/** Most events in one relay. */
export const maxRelayEvents = 100;
/** The largest event in a relay, in characters of JSON. */
export const maxEventLength = 65_536;
/** How deep `extra` may be nested. */
export const maxEventDepth = 32;

/** Every reason for which the server refuses one event of a relay. */
export const eventRefusals = ['event-malformed', 'event-too-large', 'event-too-deep', 'gsid-missing'] as const;

/** Why the server refused one event of a relay. */
export type EventRefusal = (typeof eventRefusals)[number];

/** The server's answer to a relay. */
export interface RelayAnswer {
  accepted: number;
  refused: { index: number; code: EventRefusal }[];
  /** What `gsidmap` and `wsclientmap` asked for. */
  dump?: Dump;
}

/** Who is connected: tenants to connection ids (`gsidmap`), or connection ids to tenant and user (`wsclientmap`). */
export type Dump =
  | { gsidmap: Record<string, number[]> }
  | { wsclientmap: Record<string, { gsid: string; userid: string }> };

/** The connection id of a text or number as the wire takes it: 0 for what cannot be one. */
export function sidOf(value: unknown): number {
  const sid = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  return typeof sid === 'number' && Number.isInteger(sid) && sid > 0 && sid <= 0xffff_ffff ? sid : 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function deeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((item) => deeperThan(item, depth - 1));
}

/** Most UTF-16 units of an id, rectype or login: columns hold 255 characters, of two units at most. */
const maxText = 510;

const isText = (value: unknown, most: number): value is string => typeof value === 'string' && value.length <= most;

/**
 * Takes an event that came over a wire, from unchecked JSON: unknown fields are dropped, a connection id that cannot be
 * one becomes 0.
 */
export function parseEvent(value: unknown): UpdateEvent | EventRefusal {
  if (!isRecord(value) || value['type'] !== 'update') return 'event-malformed';
  const { gsid, userid, rectype, recid, alogid, time, login, ctxid, extra, epoch, offset } = value;
  if (gsid === undefined || gsid === '') return 'gsid-missing';
  if (
    !isText(gsid, maxText) ||
    !isText(userid, maxText) ||
    !isText(rectype, maxText) ||
    rectype === '' ||
    !isText(recid, maxText)
  ) {
    return 'event-malformed';
  }
  if (deeperThan(extra, maxEventDepth)) return 'event-too-deep';
  const event: UpdateEvent = { type: 'update', sid: sidOf(value['sid']), gsid, userid, rectype, recid };
  if (isText(alogid, 20)) event.alogid = alogid;
  if (typeof time === 'number') event.time = time;
  if (isText(login, maxText)) event.login = login;
  if (typeof ctxid === 'number') event.ctxid = ctxid;
  if (extra !== undefined && extra !== null) event.extra = extra;
  if (isText(epoch, 64)) event.epoch = epoch;
  if (typeof offset === 'number') event.offset = offset;
  return event;
}

/** Takes a revocation that came in a relay, from unchecked JSON; undefined where it is none. */
export function parseRevoke(value: unknown): RevokeItem | undefined {
  if (!isRecord(value) || value['type'] !== 'revoke') return undefined;
  const { gsid, userid, at, session } = value;
  if (!isText(gsid, 255) || gsid === '' || gsid === '0' || !isText(userid, 255) || userid === '') return undefined;
  if (at !== undefined && typeof at !== 'number') return undefined;
  if (session !== undefined && !isText(session, 64)) return undefined;
  return { type: 'revoke', gsid, userid, ...(at === undefined ? {} : { at }), ...(session ? { session } : {}) };
}

/**
 * Takes a message of the server's, on either wire; what it does not know is `undefined`, and to be left alone. On
 * Gyroscope's wire ids may be numbers: they become text.
 */
export function parseServerMessage(text: unknown): ServerMessage | undefined {
  if (typeof text !== 'string') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  for (const name of ['gsid', 'userid', 'recid'])
    if (typeof value[name] === 'number') value[name] = String(value[name]);
  if (value['type'] === 'heartbeat' && typeof value['time'] === 'number')
    return { type: 'heartbeat', time: value['time'] };
  if (value['type'] === 'leave' && typeof value['afterMs'] === 'number')
    return { type: 'leave', afterMs: value['afterMs'] };
  if (value['type'] === 'getsid') {
    const sid = sidOf(value['sid']);
    if (!sid || !isText(value['gsid'], maxText) || !isText(value['userid'], maxText)) return undefined;
    return { ...value, type: 'getsid', sid, gsid: value['gsid'], userid: value['userid'] } as Greeting;
  }
  const event = parseEvent(value);
  return typeof event === 'string' ? undefined : event;
}
