import { createHash, timingSafeEqual } from 'node:crypto';
import { phpText } from '../action/php.ts';
import { hourMs, streamHour } from '../session/hours.ts';
import type { Id } from '../session/id.ts';

/** The clock of Gyroscope's keys: they change with the local hour, and those of the hour before are still taken. */
export interface KeyClock {
  /** The application's IANA time zone: sender and receiver must agree on it. */
  timeZone: string;
}

/** A relay on Gyroscope's wire; values keep the type that the caller gave. */
export interface GyroscopeRelay {
  sid: Id;
  userid: Id;
  gsid: Id;
  type: 'update';
  rectype: string;
  recid: Id;
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** The key in the address of a relay, and of a browser up to 17.8: proves the tenant alone. */
export function tenantKey(wssecret: string, gsid: Id, { timeZone }: KeyClock, now = Date.now()): string {
  return `${md5(`${wssecret}${gsid}${streamHour(now, timeZone)}`)}-${gsid}`;
}

/** The key in the address of a browser since 18.6: proves tenant and user. */
export function userKey(wssecret: string, gsid: Id, userid: Id, { timeZone }: KeyClock, now = Date.now()): string {
  return `${md5(`${wssecret}${gsid}${streamHour(now, timeZone)}${userid}`)}-${gsid}-${userid}`;
}

/** The `auth` of a relay. */
export function relayAuth(
  internalKey: string,
  relay: GyroscopeRelay,
  { timeZone }: KeyClock,
  now = Date.now(),
): string {
  const { sid, userid, gsid, type, rectype, recid } = relay;
  const values = [sid, userid, gsid, type, rectype, recid].map(phpText).join('-');
  return createHash('sha1')
    .update(`${internalKey}${values}${streamHour(now, timeZone)}`)
    .digest('hex');
}

/** Whether a key is right now, or was an hour ago. */
function rightLately(given: string, keyAt: (now: number) => string): boolean {
  const now = Date.now();
  // Both hours are always compared, so that the time taken tells nothing.
  return [now, now - hourMs].map((at) => equal(given, keyAt(at))).some(Boolean);
}

function equal(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Whom a key in a browser's or relay's address names: the user is missing in keys up to 17.8. */
export interface KeyHolder {
  gsid: string;
  userid?: string;
}

/** The holder of a key of this or the last hour; undefined where the key is none, or wrong. */
export function holderOfKey(key: string, wssecret: string, clock: KeyClock): KeyHolder | undefined {
  const match = /^[0-9a-f]{32}-([^-]{1,64})(?:-(.{1,191}))?$/.exec(key);
  const [, gsid, userid] = match ?? [];
  if (gsid === undefined) return undefined;
  if (userid === undefined) {
    return rightLately(key, (at) => tenantKey(wssecret, gsid, clock, at)) ? { gsid } : undefined;
  }
  return rightLately(key, (at) => userKey(wssecret, gsid, userid, clock, at)) ? { gsid, userid } : undefined;
}

/** Whether a relay's `auth` is right for this or the last hour. */
export function relayAuthIsRight(auth: string, internalKey: string, relay: GyroscopeRelay, clock: KeyClock): boolean {
  return rightLately(auth, (at) => relayAuth(internalKey, relay, clock, at));
}
