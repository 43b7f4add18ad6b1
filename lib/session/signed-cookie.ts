import { timingSafeEqual } from 'node:crypto';
import { HmacKey } from './hmac-key.ts';

/** What the signed session's cookie says. */
export interface SessionPayload {
  userid: string;
  gsid: string;
  login: string;
  dispname: string;
  groups: string[];
  /** When the user signed in, Unix time in milliseconds. */
  at: number;
  /** When the cookie was last renewed, Unix time in milliseconds. */
  seen: number;
  /** Names this session, at random. */
  id: string;
}

/** A payload whose signature was right. */
export interface Unsealed {
  payload: SessionPayload;
  /** Which of the keys signed it: 0 is the one that signs now. */
  keyIndex: number;
}

const version = 'v1';
const prefix = `${version}.`;
/** Of a signature, in characters: 32 bytes in base64url. */
export const signatureLength = 43;

/** The key of one secret for one cookie: the same secret elsewhere, or under another cookie's name, gives another key. */
export function sessionKey(secret: string, cookieName: string): HmacKey {
  return new HmacKey(secret, `express-actionlog session ${version} ${cookieName}`);
}

/** The cookie's value: `v1.<payload>.<signature>`. */
export function seal(payload: SessionPayload, key: HmacKey): string {
  const text = `${prefix}${Buffer.from(JSON.stringify(payload)).toString('base64url')}`;
  return `${text}.${key.sign(text)}`;
}

/** The payload of a cookie's value, or undefined where none of the keys signed it or it is no session of ours. */
export function unseal(value: string, keys: readonly HmacKey[]): Unsealed | undefined {
  const dot = value.length - signatureLength - 1;
  if (!value.startsWith(prefix) || dot < prefix.length || value[dot] !== '.') return undefined;
  const text = value.slice(0, dot);
  const given = Buffer.from(value.slice(dot + 1));
  if (given.length !== signatureLength) return undefined;
  // the texts are compared rather than the bytes: base64url has several texts for the same bytes
  const keyIndex = keys.findIndex((key) => timingSafeEqual(Buffer.from(key.sign(text)), given));
  if (keyIndex < 0) return undefined;
  const payload = parsePayload(text.slice(prefix.length));
  return payload && { payload, keyIndex };
}

/** A check by hand, since it stands in the path of every request; what the actor asks of its fields is checked there. */
function parsePayload(base64: string): SessionPayload | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(base64, 'base64url').toString());
  } catch {
    return undefined; // not JSON: no session
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { userid, gsid, login, dispname, groups, at, seen, id } = value as Record<keyof SessionPayload, unknown>;
  if (typeof userid !== 'string' || typeof gsid !== 'string' || typeof id !== 'string') return undefined;
  if (typeof login !== 'string' || typeof dispname !== 'string') return undefined;
  if (!Number.isSafeInteger(at) || !Number.isSafeInteger(seen) || !Array.isArray(groups)) return undefined;
  if (!groups.every((group) => typeof group === 'string')) return undefined;
  return { userid, gsid, login, dispname, groups, at: at as number, seen: seen as number, id };
}
