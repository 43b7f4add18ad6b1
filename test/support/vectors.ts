import { readFileSync } from 'node:fs';

/** Recordings of the real PHP implementation, its clock fixed at `utc`. */
export interface Vectors {
  stream: {
    utc: string;
    timezone: string;
    internalKey: string;
    wssecret: string;
    input: {
      wssid: string | number;
      rectype: string;
      recid: string | number;
      gsid: string | number;
      userid: string | number;
    };
    handshake: string;
    message: string;
  }[];
  browserKeys: {
    utc: string;
    timezone: string;
    wssecret: string;
    gsid: string;
    userid: string;
    key: string;
    key178: string;
  }[];
  sessions: {
    utc: string;
    timezone: string;
    saltroot: string;
    remoteAddr: string;
    originalAddr: string;
    cookies: Record<string, string>;
    salt: string;
    userinfo: {
      login: string;
      dispname: string;
      userid: string;
      gsid: string;
      gsexpiry: string;
      gstier: string;
      groups: Record<string, boolean>;
    };
    validOneHourLater: boolean;
    validTwoHoursLater: boolean;
  }[];
  logaction: {
    title: string;
    utc: string;
    mode: 'streaming' | 'legacy';
    user: Record<'login' | 'dispname' | 'userid' | 'gsid' | 'gsexpiry' | 'gstier' | 'groupnames', string>;
    query: Record<string, string>;
    call: {
      message: string | null;
      rawobj: Record<string, unknown> | null;
      syncobj: { rectype: string; recid: string | number } | null;
    };
    rows: Record<string, string | number | null>[];
    relayed: Record<string, string | number>[];
  }[];
  redis: {
    prefix: string;
    key: string;
    command: string;
    input: {
      wssid: string | number;
      rectype: string;
      recid: string | number;
      gsid: string | number;
      userid: string | number;
      extra: unknown;
    };
    payload: string;
  }[];
  setCookie: string[];
}

export const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../fixtures/gyroscope.json', import.meta.url), 'utf8'),
) as Vectors;
