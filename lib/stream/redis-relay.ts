import { phpJson, phpText } from '../action/php.ts';
import { connectionId } from './claim.ts';
import { maxEventLength, parseEvent, parseRevoke, type RevokeItem, type UpdateEvent } from './protocol.ts';
import type { OutgoingEvent } from './relay.ts';

/** The key of the list that actions are pushed to, on the left; they are taken from the right. */
export function redisActionsKey(prefix: string): string {
  return `${prefix}actions`;
}

/** An event as Gyroscope's PHP pushes it to Redis: to the byte. It is not signed; who reaches Redis is trusted. */
export function redisAction({ sid, rectype, recid, gsid, userid, extra }: OutgoingEvent): string {
  return phpJson({
    wssid: connectionId(typeof sid === 'bigint' ? String(sid) : sid),
    rectype,
    recid: phpText(recid),
    gsid: phpText(gsid),
    from_userid: phpText(userid),
    extra: extra ?? null,
  });
}

/** The same in default mode: what Gyroscope's format has no place for is within `extra`, under a name of ours. */
export function redisEntryAction(event: OutgoingEvent): string {
  const { alogid, time, login, ctxid, extra } = event;
  if (alogid === undefined) return redisAction(event);
  return redisAction({ ...event, extra: { actionlog: { alogid, time, login, ctxid, extra } } });
}

/** What a text that was taken from the list says; undefined where it is neither an event nor a revocation. */
export function parseRedisItem(text: string): UpdateEvent | RevokeItem | undefined {
  return parseRedisRevoke(text) ?? parseRedisAction(text);
}

/** The event of a text that was taken from the list; undefined where it is none. */
export function parseRedisAction(text: string): UpdateEvent | undefined {
  const value = objectOf(text);
  if (!value) return undefined;
  const { wssid: sid, from_userid: userid, rectype, recid, gsid, extra } = value;
  const own = (extra as { actionlog?: unknown } | null | undefined)?.actionlog;
  const told = typeof own === 'object' && own !== null ? own : { extra };
  const event = parseEvent({ ...told, type: 'update', sid, gsid, userid, rectype, recid });
  if (typeof event === 'string') return undefined;
  const { epoch: _epoch, offset: _offset, ...taken } = event; // the engine's alone to say
  return taken;
}

function parseRedisRevoke(text: string): RevokeItem | undefined {
  return text.startsWith('{"type":"revoke"') ? parseRevoke(objectOf(text)) : undefined;
}

function objectOf(text: string): Record<string, unknown> | undefined {
  if (text.length > 2 * maxEventLength) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // whoever pushed it: the list goes on
  }
}
