import { streamHour } from '../session/hours.ts';
import { type KeyHolder, tenantKey, userKey } from '../stream/gyroscope-keys.ts';
import type { RevokeItem, UpdateEvent } from '../stream/protocol.ts';
import type { Page, ProvenToken } from './page.ts';
import type { Roster } from './roster.ts';
import type { GyroscopeSecrets } from './stream-server-options.ts';

/** How long a token of before a revocation may still come: its own minute, and as much for clocks that are apart. */
const tokenMemoryMs = 120_000;
/** The same for a key of Gyroscope's, which is good for its hour and the next; clocks set back make one longer. */
const keyMemoryMs = 3 * 3_600_000;
/** For how long an application server may issue tokens before it knows of a revocation, and a little for its clock. */
const spreadMs = 2_000;
/** Most that are remembered; beyond it the oldest are forgotten. */
const max = 100_000;

interface Remembered {
  at: number;
  forgetAt: number;
}

/**
 * Remembers who was revoked for as long as a token or key of before it could still open a connection. What is older is
 * kept by the application servers, which give no token to a revoked session.
 */
export class RecentRevocations {
  readonly #gyroscope: GyroscopeSecrets | undefined;
  readonly #known = new Map<string, Remembered>();

  constructor(gyroscope: GyroscopeSecrets | undefined) {
    this.#gyroscope = gyroscope;
  }

  /** For how long one is remembered, in milliseconds. */
  get memoryMs(): number {
    return this.#gyroscope ? keyMemoryMs : tokenMemoryMs;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /** Takes a revocation, and ends the connections that it is about. */
  take(item: RevokeItem, roster: Roster<Page>): void {
    const now = Date.now();
    const at = item.at ?? now;
    const key = keyOf(item.gsid, item.userid, item.session);
    const known = this.#known.get(key);
    this.#known.delete(key);
    this.#known.set(key, { at: Math.max(at, known?.at ?? 0), forgetAt: now + this.memoryMs });
    this.#forget(now);
    for (const page of roster.pagesOf(item.gsid, item.userid)) {
      if (page.token ? this.refuses(page.token) : item.session === undefined) page.link.close('revoked');
    }
  }

  /** Whether a token stands on a session that was revoked. */
  refuses({ gsid, userid, issuedAt, session }: ProvenToken): boolean {
    const ofUser = this.#known.get(keyOf(gsid, userid));
    // A token that does not say when its session began may be of one whose revocation its server had yet to hear of.
    if (ofUser && (session.at ?? issuedAt - spreadMs) <= ofUser.at) return true;
    const ofSession = session.id === undefined ? undefined : this.#known.get(keyOf(gsid, userid, session.id));
    return ofSession !== undefined && issuedAt - spreadMs <= ofSession.at;
  }

  /** Whether a user's key of Gyroscope's wire is of the hour in which he was revoked, or of one before. */
  refusesKey(key: string, { gsid, userid }: Required<KeyHolder>): boolean {
    const known = this.#known.get(keyOf(gsid, userid));
    if (!known || !this.#gyroscope) return false;
    const { wssecret, timeZone } = this.#gyroscope;
    const now = Date.now();
    const lastHour = now - 3_600_000;
    const hour = (ms: number) => streamHour(ms, timeZone);
    const isOfNow = [tenantKey(wssecret, gsid, { timeZone }), userKey(wssecret, gsid, userid, { timeZone })].includes(
      key,
    );
    if (isOfNow) return known.at >= now || hour(known.at) === hour(now);
    return known.at >= lastHour || hour(known.at) === hour(lastHour);
  }

  #forget(now: number): void {
    for (const [key, { forgetAt }] of this.#known) {
      if (forgetAt > now && this.#known.size <= max) return;
      this.#known.delete(key);
    }
  }
}

/** Has the pages of a user whose rights have changed come back with a new token; those of Gyroscope's fetch a new key. */
export function renewPagesOf(event: UpdateEvent, roster: Roster<Page>): void {
  for (const page of roster.pagesOf(event.gsid, event.recid)) {
    if (page.wire === 'default') page.link.close('renew');
  }
}

function keyOf(gsid: string, userid: string, session = ''): string {
  return JSON.stringify([gsid, userid, session]);
}
