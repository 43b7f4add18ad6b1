import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { RecidOf, RecidTextOf, Rectype } from '../records.ts';
import { type ActionlogClient, createActionlogClient, pageClient } from './client.ts';
import type { ActionlogClientEvents, ActionlogClientStatus } from './events.ts';
import type { RecordChange, RecordWatch } from './watch-record.ts';

export type { RecordChange } from './watch-record.ts';

const Context = createContext<ActionlogClient | undefined>(undefined);

/** Gives the components inside it a client of the application's own making. Whoever makes the client closes it. */
export function ActionlogProvider({
  client,
  children,
}: {
  client: ActionlogClient;
  children?: ReactNode;
}): ReactElement {
  return createElement(Context.Provider, { value: client }, children);
}

/** The client of the nearest `ActionlogProvider`; else the one that the page has made last, or one with the defaults. */
export function useActionlog(): ActionlogClient {
  const given = useContext(Context);
  const [own] = useState(() => given ?? pageClient() ?? createActionlogClient());
  return given ?? own;
}

/** What the client is at; the component is rendered again when it changes. `closed` where it is rendered on a server. */
export function useActionlogStatus(): ActionlogClientStatus {
  const client = useActionlog();
  const subscribe = useCallback((changed: () => void) => client.on('status', changed), [client]);
  return useSyncExternalStore(
    subscribe,
    () => client.status,
    () => 'closed',
  );
}

/** Calls `listener` on each event of the type, while the component is there. It need not be the same at each render. */
export function useActionlogEvent<K extends keyof ActionlogClientEvents>(
  type: K,
  listener: (event: ActionlogClientEvents[K]) => void,
): void {
  const client = useActionlog();
  const newest = useRef(listener);
  useEffect(() => {
    newest.current = listener;
  });
  useEffect(() => client.on(type, (event) => newest.current(event)), [client, type]);
}

/**
 * Whether somebody else has changed the record that the component shows; it is rendered again when that changes.
 *
 * @returns `change`, undefined where none is known, and `reset()` to be called once the record has been read again
 */
export function useRecordChange<K extends Rectype>(
  rectype: K,
  recid: RecidOf<K> | RecidTextOf<K>,
): { change: RecordChange<K> | undefined; reset: () => void } {
  const client = useActionlog();
  const key = String(recid) as RecidTextOf<K>;
  const watched = useMemo(() => lazyWatch(client, rectype, key), [client, rectype, key]);
  const change = useSyncExternalStore(watched.subscribe, watched.change, () => undefined);
  return { change, reset: watched.reset };
}

/** Watches from the first subscriber to the last, so that a render that comes to nothing leaves nothing behind. */
function lazyWatch<K extends Rectype>(client: ActionlogClient, rectype: K, recid: RecidTextOf<K>) {
  let watch: RecordWatch<K> | undefined;
  let subscribers = 0;
  return {
    change: () => watch?.change,
    reset: () => watch?.reset(),
    subscribe(listener: () => void) {
      watch ??= client.watchRecord(rectype, recid);
      subscribers += 1;
      const end = watch.subscribe(listener);
      return () => {
        end();
        subscribers -= 1;
        if (subscribers > 0) return;
        watch?.close();
        watch = undefined;
      };
    },
  };
}
