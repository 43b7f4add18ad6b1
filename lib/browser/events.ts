import type { ExtraOf, RecidTextOf, Rectype } from '../records.ts';
import type { CloseCode, Greeting, UpdateEvent } from '../stream/protocol.ts';

/**
 * What the client is at:
 * - `connecting`: asks the application server for the way in, or waits for the streaming server's greeting
 * - `open`: greeted, events come in
 * - `waiting`: lost the connection, or did not get one; tries again by itself
 * - `offline`: the browser has no network; connects as soon as it has
 * - `signed-out`: nobody is signed in any more; waits for `connect()`
 * - `off`: the application does not stream; waits for `connect()`
 * - `closed`: by `close()`, or the server wants this page no more; waits for `connect()`
 */
export type ActionlogClientStatus = 'connecting' | 'open' | 'waiting' | 'offline' | 'signed-out' | 'off' | 'closed';

/**
 * A record was changed. Where the application has named its record types (`Records`), one of them by its `rectype`, with the
 * `extra` that belongs to it.
 */
export type ReceivedUpdate<K extends Rectype = Rectype> = { [R in K]: UpdateOf<R> }[K];

interface UpdateOf<R extends Rectype> extends Omit<UpdateEvent, 'rectype' | 'recid' | 'extra'> {
  rectype: R;
  recid: RecidTextOf<R>;
  /** The application's own additions. */
  extra?: ExtraOf<R>;
  /** Whether a request of this very page changed it: then no conflict, and any mark of one may go. */
  own: boolean;
}

/** The client's events, by name. */
export interface ActionlogClientEvents {
  /** A record of the tenant was changed; each entry comes once, also where the server repeats it. */
  update: ReceivedUpdate;
  /** The status has changed. `cause` is what went wrong, where an attempt to connect failed. */
  status: { status: ActionlogClientStatus; cause?: unknown };
  /** The server has greeted the page; comes again after each reconnect. */
  open: Greeting;
  /**
   * The page may have missed changes, more than its server remembers: every record that it watches counts as possibly
   * changed until it is read again. Where `resolved`, those with an entry have come as `update` by now, and what is not
   * known are changes without one (`streamaction`); else `cause` may say what went wrong.
   */
  gap: { resolved: boolean; cause?: unknown };
  /**
   * The server or the network closed the web socket. A connection that the client itself gave up (silence, no network,
   * `close()`) is told by `status` alone.
   */
  close: { code: number; mayReturn: CloseCode['mayReturn'] };
}

/** Calls `listener` on each event of the type. Returns the function that ends it; the same listener may be given twice. */
export type On = <K extends keyof ActionlogClientEvents>(
  type: K,
  listener: (event: ActionlogClientEvents[K]) => void,
) => () => void;

/** Calls the listeners of an event. */
export type Emit = <K extends keyof ActionlogClientEvents>(type: K, event: ActionlogClientEvents[K]) => void;

/** A listener that throws does not keep the event from the others: its error goes to the page's `error` event. */
export function createEvents(): { on: On; emit: Emit } {
  const entries = new Set<readonly [type: string, listener: (event: never) => void]>();
  return {
    on(type, listener) {
      const entry = [type, listener] as const;
      entries.add(entry);
      return () => {
        entries.delete(entry);
      };
    },
    emit(type, event) {
      for (const entry of [...entries]) {
        if (entry[0] !== type || !entries.has(entry)) continue;
        try {
          entry[1](event as never);
        } catch (error) {
          reportError(error);
        }
      }
    },
  };
}
