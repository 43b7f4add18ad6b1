import type { RecidOf, RecidTextOf, Rectype } from '../records.ts';
import type { On, ReceivedUpdate } from './events.ts';

/** What is known of a change by somebody else. */
export type RecordChange<K extends Rectype = Rectype> =
  /** Somebody else has changed the record; `event` is the newest change. */
  | { certain: true; event: ReceivedUpdate<K> }
  /** Changes may have been missed: whether there was one is known once the record is read again. */
  | { certain: false };

/** One record that the page shows, and whether somebody else has changed it since. */
export interface RecordWatch<K extends Rectype = Rectype> {
  /** The change that the page does not show yet; undefined where none is known. Another object for each change. */
  readonly change: RecordChange<K> | undefined;
  /** Calls `listener` whenever `change` is another one, until the function that it returns is called. */
  subscribe(listener: () => void): () => void;
  /** To be called when the page shows the record as it is now. A save from this very page does it by itself. */
  reset(): void;
  /** Watches no more. */
  close(): void;
}

/** Watches one record, over a client's events. */
export function watchRecord<K extends Rectype>(on: On, rectype: K, recid: RecidOf<K> | RecidTextOf<K>): RecordWatch<K> {
  const listeners = new Set<() => void>();
  let change: RecordChange<K> | undefined;
  const set = (next: RecordChange<K> | undefined) => {
    if (change === next) return;
    change = next;
    for (const listener of [...listeners]) listener();
  };
  const ends = [
    on('update', (event) => {
      if (event.rectype !== rectype) return;
      // an event of a list names its records, or says by null that they are too many
      const recids = (event.extra as { recids?: unknown } | null | undefined)?.recids;
      if (event.recid === String(recid) || (Array.isArray(recids) && recids.includes(String(recid))))
        set(event.own ? undefined : { certain: true, event: event as ReceivedUpdate<K> });
      else if (recids === null && !event.own) set(change ?? { certain: false });
    }),
    on('gap', () => set(change ?? { certain: false })),
  ];
  return {
    get change() {
      return change;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    reset: () => set(undefined),
    close() {
      for (const end of ends) end();
      listeners.clear();
    },
  };
}
