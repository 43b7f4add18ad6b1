import { closeCodes, type Greeting, mayReturn, parseServerMessage, type UpdateEvent } from '../stream/protocol.ts';
import { backoffMs } from './backoff.ts';
import type { ActionlogClientStatus, Emit } from './events.ts';
import { leaveHandover, takeHandover } from './handover.ts';
import { askMissed } from './missed.ts';
import { createRepeats } from './repeats.ts';
import { askWayIn, tell } from './way-in.ts';

/** Milliseconds from the start of an attempt within which the server must have greeted. */
const greetWithinMs = 10_000;
/** Milliseconds that a connection must have held for the waiting times to begin anew. */
const steadyMs = 10_000;

export interface ConnectionSettings {
  connectUrl: string;
  entriesUrl: string;
  since: number | undefined;
  minDelayMs: number;
  maxDelayMs: number;
  watchdogMs: number;
}

/** The page's connection, over all its web sockets. */
export interface Connection {
  readonly sid: number;
  readonly status: ActionlogClientStatus;
  /** Connects at once, unless it is connected or connecting already. */
  connect(): void;
  close(): void;
  /** Follows the page: network lost and found, page left and shown again. */
  followPage(signal: AbortSignal): void;
}

/** A browser tells its page nothing of an answer that is no web socket. */
const refused = (url: string) =>
  `no web socket at ${url}: the streaming server is not running, not reached there, or refuses the page; then its log says why`;

export function createConnection(settings: ConnectionSettings, emit: Emit): Connection {
  const isFirst = createRepeats();
  let status: ActionlogClientStatus = 'closed';
  let sid = 0;
  let tenant: string | undefined;
  let { resume, place } = takeHandover();
  /** Since when the page may have missed what it did not get yet. */
  let behind: { since: number | undefined } | undefined;
  /** Whether the page is to be connected whenever it can be. */
  let wanted = false;
  /** Failures since the last connection that held. */
  let tries = 0;
  let greetedAt = 0;
  /** When to come back, as a server that is about to go has said, in milliseconds. */
  let returnIn: number | undefined;
  /** Ends the attempt or web socket of now, with all that listens to it: what an abandoned one says is not heard. */
  let current: AbortController | undefined;
  /** The one timer: an attempt's limit, then the watchdog, or the wait for the next attempt. */
  let timer: ReturnType<typeof setTimeout> | undefined;

  const become = (next: ActionlogClientStatus, cause?: unknown): void => {
    if (next === status) return;
    status = next;
    emit('status', cause === undefined ? { status } : { status, cause });
  };

  const arm = (ms: number, then: () => void): void => {
    clearTimeout(timer);
    timer = setTimeout(then, ms);
  };

  const drop = (): void => {
    clearTimeout(timer);
    current?.abort();
    current = undefined;
    if (greetedAt && Date.now() - greetedAt >= steadyMs) tries = 0;
    greetedAt = 0;
    returnIn = undefined;
    if (!resume) sid = 0; // nothing proves that it is ours: the server may give it to another page
  };

  const stop = (next: ActionlogClientStatus): void => {
    wanted = false;
    drop();
    become(next);
  };

  const retry = (cause?: unknown, waitMs?: number): void => {
    drop();
    arm(waitMs ?? backoffMs(tries++, settings.minDelayMs, settings.maxDelayMs), begin);
    become('waiting', cause);
  };

  const begin = (): void => {
    drop();
    if (!navigator.onLine) {
      become('offline');
      return;
    }
    const attempt = new AbortController();
    current = attempt;
    arm(greetWithinMs, retry);
    become('connecting');
    open(attempt.signal).catch((error) => attempt.signal.aborted || retry(error));
  };

  const open = async (signal: AbortSignal): Promise<void> => {
    const way = await askWayIn(settings.connectUrl, { resume, place, since: settings.since }, signal);
    signal.throwIfAborted();
    if (typeof way === 'string') return stop(way);
    const socket = new WebSocket(way.url, way.protocols);
    signal.addEventListener('abort', () => socket.close());
    socket.addEventListener('message', ({ data }) => hear(data, way.heartbeats, signal), { signal });
    socket.addEventListener(
      'close',
      ({ code }) => {
        if (tenant === undefined && code === 1006) tell(refused(way.url));
        end(code);
      },
      { signal },
    );
  };

  const hear = (data: unknown, heartbeats: boolean, signal: AbortSignal): void => {
    const message = parseServerMessage(data);
    const greeting = message?.type === 'getsid';
    if (greeting || (greetedAt && heartbeats)) heartbeats ? arm(settings.watchdogMs, retry) : clearTimeout(timer);
    if (greeting) greeted(message, signal);
    else if (message?.type === 'update') announced(message);
    else if (message?.type === 'heartbeat' && place) place.time = message.time;
    else if (message?.type === 'leave') returnIn = message.afterMs;
  };

  const greeted = (greeting: Greeting, signal: AbortSignal): void => {
    const { epoch, offset, offset0, time, recovered } = greeting;
    const since = place ? place.time : settings.since;
    if (!recovered && (place || since)) behind ??= { since };
    place = { epoch, offset, offset0, time };
    ({ sid, resume, gsid: tenant } = greeting);
    greetedAt = Date.now();
    takeHandover(); // where the user went back, the page that was left may have run its `pagehide` after our `pageshow`
    become('open');
    emit('open', greeting);
    if (behind && !signal.aborted) catchUp(behind.since, signal);
  };

  /** Asks for what the streaming server does not remember; begun anew with the next connection where this one ends first. */
  const catchUp = (since: number | undefined, signal: AbortSignal): void => {
    const asked = since ? askMissed(settings.entriesUrl, since, signal, update) : Promise.resolve(false);
    asked.then(
      (resolved) => {
        behind = undefined;
        emit('gap', { resolved });
      },
      (cause) => signal.aborted || emit('gap', { resolved: false, cause }),
    );
  };

  const announced = (event: UpdateEvent): void => {
    const { gsid, epoch, offset } = event;
    // a server of the past sends every tenant's events to every page
    if (tenant !== undefined && gsid !== tenant && gsid !== '0') return;
    if (place && offset) Object.assign(place, gsid === '0' ? { offset0: offset } : { epoch, offset });
    update(event);
  };

  const update = (event: UpdateEvent): void => {
    if (event.alogid !== undefined && !isFirst(event.alogid)) return;
    emit('update', { ...event, own: event.sid !== 0 && event.sid === sid });
  };

  const end = (code: number): void => {
    const may = mayReturn(code);
    if (may === 'no') resume = undefined; // the id may be another page's by now
    if (may === 'again') retry(undefined, code === closeCodes.renew.code ? 0 : returnIn);
    else stop(may === 'no' ? 'closed' : 'signed-out');
    emit('close', { code, mayReturn: may });
  };

  const pause = (next: ActionlogClientStatus): void => {
    if (!wanted) return;
    drop();
    become(next);
  };

  return {
    get sid() {
      return sid;
    },
    get status() {
      return status;
    },
    connect() {
      if (current) return;
      wanted = true;
      tries = 0;
      begin();
    },
    close: () => stop('closed'),
    followPage(signal) {
      const listen = <K extends keyof WindowEventMap>(type: K, then: (event: WindowEventMap[K]) => void): void =>
        addEventListener(type, then, { signal });
      listen('offline', () => pause('offline'));
      listen('online', () => wanted && !current && begin());
      listen('pagehide', () => {
        leaveHandover({ resume, place: behind ? { time: behind.since } : place });
        pause('waiting'); // an open web socket would keep the page out of the back/forward cache
      });
      listen('pageshow', ({ persisted }) => {
        if (!persisted) return;
        resume = takeHandover().resume ?? resume; // its place is that of a later page: this one shows less
        if (wanted) begin();
      });
    },
  };
}
