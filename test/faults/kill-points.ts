import { subscribe } from 'node:diagnostics_channel';
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

/** The relay is undici's: it tells by these channels what it does on the socket. */
const channels = new Map<KillPoint, string>([
  ['relay begun', 'undici:request:create'],
  ['relay sent', 'undici:request:bodySent'],
  ['answer came', 'undici:request:headers'],
]);

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
  const channel = channels.get(point);
  if (channel) subscribe(channel, () => pass(point));
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
