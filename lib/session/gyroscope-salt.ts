import { hash } from 'node:crypto';
import { type ClientAddresses, saltOriginalAddr, saltRemoteAddr } from './gyroscope-address.ts';
import { hourMs, sessionHour } from './hours.ts';

/** The cookies that the signature covers. */
export interface SignedCookies {
  login: string;
  dispname: string;
  userid: string;
  gsid: string;
  gsexpiry: string;
  gstier: string;
  groupnames: string;
}

/** What stands before the hour in the salt: the root and the two addresses. */
export function saltBase(saltroot: string, addresses: ClientAddresses): string {
  return `${saltroot}${saltRemoteAddr(addresses.remoteAddr)}-${saltOriginalAddr(addresses.originalAddr)}`;
}

/** The cookie `auth`: an md5 over the others, the salt between them, but none between userid and groupnames. */
export function authOf(salt: string, cookies: SignedCookies): string {
  const { login, dispname, userid, gsid, gsexpiry, gstier, groupnames } = cookies;
  const text = [userid + groupnames, login, dispname, gsid, gsexpiry, gstier].join(salt);
  return hash('md5', salt + text);
}

/** The hours of one moment. */
export interface SaltHours {
  /** The current hour, the one before, and so on for a day. */
  hours: readonly string[];
  /** When a cookie of the current hour is no longer taken, Unix time in milliseconds. */
  endsAt: number;
  /** When the current hour and the one before began, Unix time in milliseconds. */
  beganAt: readonly [number, number];
}

const quarterMs = hourMs / 4;

/**
 * Gives the hours of a moment. Local hours turn on a quarter of an hour in every time zone, so it works them out once in
 * a quarter rather than at each request.
 */
export function saltClock(timeZone: string): (ms: number) => SaltHours {
  let quarter = Number.NaN;
  let known: SaltHours;
  return (ms) => {
    const current = Math.floor(ms / quarterMs);
    if (current !== quarter) {
      known = hoursAt(ms, timeZone);
      quarter = current;
    }
    return known;
  };
}

function hoursAt(ms: number, timeZone: string): SaltHours {
  const hours = Array.from({ length: 24 }, (_, back) => sessionHour(ms - back * hourMs, timeZone));
  const stillTaken = (at: number) =>
    sessionHour(at, timeZone) === hours[0] || sessionHour(at - hourMs, timeZone) === hours[0];
  let endsAt = (Math.floor(ms / quarterMs) + 1) * quarterMs;
  while (stillTaken(endsAt)) endsAt += quarterMs;
  const beganAt = (at: number) => {
    const hour = sessionHour(at, timeZone);
    let began = Math.floor(at / quarterMs) * quarterMs;
    while (sessionHour(began - 1, timeZone) === hour) began -= quarterMs;
    return began;
  };
  return { hours, endsAt, beganAt: [beganAt(ms), beganAt(ms - hourMs)] };
}
