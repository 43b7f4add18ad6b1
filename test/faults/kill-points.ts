import { Socket } from 'node:net';
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
  const { write } = Socket.prototype;
  Socket.prototype.write = function follow(this: Socket, ...given: unknown[]): boolean {
    const next = (...what: unknown[]) => Reflect.apply(write, this, what) as boolean;
    if (!String(given[0]).startsWith('POST ')) return next(...given);
    pass('relay begun');
    this.prependListener('data', () => pass('answer came'));
    return next(given[0], () => pass('relay sent'));
  } as typeof write;
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
