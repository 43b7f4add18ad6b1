import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { ActionStore } from '../../lib/action/store.ts';

/** The steps between row and mark, in their order, at which an application server can be made to die. */
export const killPoints = [
  'before the row',
  'row written',
  'relay begun',
  'relay sent',
  'answer came',
  'before the mark',
  'marked',
] as const;
export type KillPoint = (typeof killPoints)[number];

/** Follows each relay on its real socket: it is the one on which a request is posted. */
function followRelays(pass: (here: KillPoint) => void): void {
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { socket: Socket };
    const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
    socket.write = (...given: unknown[]): boolean => {
      if (!String(given[0]).startsWith('POST ')) return write(...given);
      pass('relay begun');
      socket.prependListener('data', () => pass('answer came'));
      return write(given[0], () => pass('relay sent'));
    };
  });
}

/**
 * The store as it is, with its real SQL, in a process that kills itself by SIGKILL when it passes the point for the
 * `turn`-th time.
 */
export function dieAt(point: KillPoint, turn: number, store: ActionStore): ActionStore {
  let left = turn;
  const pass = (here: KillPoint): void => {
    if (here !== point) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
  followRelays(pass);
  return new Proxy(store, {
    get(target, name) {
      if (name === 'write') {
        return async (...given: Parameters<ActionStore['write']>) => {
          pass('before the row');
          const entry = await target.write(...given);
          pass('row written');
          return entry;
        };
      }
      if (name === 'markAnnounced') {
        return async (...given: Parameters<ActionStore['markAnnounced']>) => {
          pass('before the mark');
          await target.markAnnounced(...given);
          pass('marked');
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
