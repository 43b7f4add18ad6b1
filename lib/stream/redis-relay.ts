import { phpJson, phpText } from '../action/php.ts';
import { connectionId } from './claim.ts';
import { parseEvent, type UpdateEvent } from './protocol.ts';
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

/** The event of a text that was taken from the list; undefined where it is none. */
export function parseRedisAction(text: string): UpdateEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // whoever pushed it: the list goes on
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { wssid, from_userid: userid, ...rest } = value as Record<string, unknown>;
  const event = parseEvent({ ...rest, type: 'update', sid: wssid, userid });
  return typeof event === 'string' ? undefined : event;
}
