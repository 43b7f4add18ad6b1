import type { Refusal } from './http-answers.ts';
import type { Page } from './page.ts';
import type { Roster } from './roster.ts';
import type { CheckedStreamServerOptions } from './stream-server-options.ts';
import { TokenBuckets } from './token-buckets.ts';

type Limits = Pick<
  CheckedStreamServerOptions,
  'maxConnectionsPerTenant' | 'maxConnectionsPerUser' | 'maxConnectsPerMinute' | 'maxRelaysPerSecond'
>;

/** Who wants to connect: proven, and not yet upgraded. */
export interface Applicant {
  gsid: string;
  /** Undefined where the page has yet to say. */
  userid: string | undefined;
  /** The connection id that it comes back for: the page that holds it leaves, and is not counted. */
  claimed?: number | undefined;
}

/** How many pages a tenant and a user may have, how often a user may connect, and an application server relay. */
export class Admission {
  readonly #limits: Limits;
  readonly #roster: Roster<Page>;
  readonly #connects: TokenBuckets;
  readonly #relays: TokenBuckets;

  constructor(limits: Limits, roster: Roster<Page>) {
    this.#limits = limits;
    this.#roster = roster;
    this.#connects = new TokenBuckets({ max: limits.maxConnectsPerMinute, perMs: 60_000 });
    this.#relays = new TokenBuckets({ max: limits.maxRelaysPerSecond, perMs: 1_000 });
  }

  /** Why a page is not let in; each question counts as one attempt of its user. */
  refusesPage({ gsid, userid, claimed }: Applicant): Refusal | undefined {
    const { maxConnectionsPerTenant = Number.POSITIVE_INFINITY, maxConnectionsPerUser } = this.#limits;
    let returning = 0;
    if (userid !== undefined) {
      const waitMs = this.#connects.take(JSON.stringify([gsid, userid]));
      if (waitMs > 0) return { code: 'too-many-attempts', retryAfterMs: waitMs };
      const pages = this.#roster.pagesOf(gsid, userid);
      returning = claimed !== undefined && pages.some(({ sid }) => sid === claimed) ? 1 : 0;
      if (pages.length - returning >= maxConnectionsPerUser) return { code: 'too-many-of-user' };
    }
    const isFull = this.#roster.sizeOfTenant(gsid) - returning >= maxConnectionsPerTenant;
    return isFull ? { code: 'too-many-of-tenant' } : undefined;
  }

  /** Why a relay is not taken now. @param key names the secret that has signed it */
  refusesRelay(key: string): Refusal | undefined {
    const waitMs = this.#relays.take(key);
    return waitMs > 0 ? { code: 'too-many-relays', retryAfterMs: waitMs } : undefined;
  }
}
