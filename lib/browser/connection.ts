import { type Greeting, mayReturn, parseServerMessage, type UpdateEvent } from '../stream/protocol.ts';
import { backoffMs } from './backoff.ts';
import type { ActionlogClientStatus, Emit } from './events.ts';
import { createRepeats } from './repeats.ts';
import { leaveResume, takeResume } from './resume.ts';
import { askWayIn } from './way-in.ts';

/** Milliseconds from the start of an attempt within which the server must have greeted. */
const greetWithinMs = 10_000;
/** Milliseconds that a connection must have held for the waiting times to begin anew. */
const steadyMs = 10_000;

export interface ConnectionSettings {
  connectUrl: string;
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

export function createConnection(settings: ConnectionSettings, emit: Emit): Connection {
  const isFirst = createRepeats();
  let status: ActionlogClientStatus = 'closed';
  let sid = 0;
  let tenant: string | undefined;
  let resume = takeResume();
  /** Whether the page is to be connected whenever it can be. */
  let wanted = false;
  /** Failures since the last connection that held. */
  let tries = 0;
  let greetedAt = 0;
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
    if (!resume) sid = 0; // nothing proves that it is ours: the server may give it to another page
  };

  const stop = (next: ActionlogClientStatus): void => {
    wanted = false;
    drop();
    become(next);
  };

  const retry = (cause?: unknown): void => {
    drop();
    arm(backoffMs(tries++, settings.minDelayMs, settings.maxDelayMs), begin);
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
    const way = await askWayIn(settings.connectUrl, resume, signal);
    signal.throwIfAborted();
    if (typeof way === 'string') return stop(way);
    const socket = new WebSocket(way.url, way.protocols);
    signal.addEventListener('abort', () => socket.close());
    socket.addEventListener('message', ({ data }) => hear(data, way.heartbeats), { signal });
    socket.addEventListener('close', ({ code }) => end(code), { signal });
  };

  const hear = (data: unknown, heartbeats: boolean): void => {
    const message = parseServerMessage(data);
    const greeting = message?.type === 'getsid';
    if (greeting || (greetedAt && heartbeats)) heartbeats ? arm(settings.watchdogMs, retry) : clearTimeout(timer);
    if (greeting) greeted(message);
    else if (message?.type === 'update') update(message);
  };

  const greeted = (greeting: Greeting): void => {
    ({ sid, resume, gsid: tenant } = greeting);
    greetedAt = Date.now();
    takeResume(); // where the user went back, the page that was left may have run its `pagehide` after our `pageshow`
    become('open');
    emit('open', greeting);
  };

  const update = (event: UpdateEvent): void => {
    // a server of the past sends every tenant's events to every page
    if (tenant !== undefined && event.gsid !== tenant && event.gsid !== '0') return;
    if (event.alogid !== undefined && !isFirst(event.alogid)) return;
    emit('update', { ...event, own: event.sid !== 0 && event.sid === sid });
  };

  const end = (code: number): void => {
    const may = mayReturn(code);
    if (may === 'no') resume = undefined; // the id may be another page's by now
    if (may === 'again') retry();
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
        leaveResume(resume);
        pause('waiting'); // an open web socket would keep the page out of the back/forward cache
      });
      listen('pageshow', ({ persisted }) => {
        if (!persisted) return;
        resume = takeResume() ?? resume;
        if (wanted) begin();
      });
    },
  };
}
