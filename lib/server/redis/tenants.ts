import type { PageName } from '../engine-sink.ts';
import { Follower, type FollowerOptions } from './follower.ts';
import type { EngineKeys } from './keys.ts';
import { parseMessage } from './payload.ts';
import type { Subscriptions } from './subscriptions.ts';

/** What {@link Tenants} work with. */
export interface TenantsOptions {
  keys: EngineKeys;
  subscriptions: Subscriptions;
  followerOf(gsid: string): FollowerOptions;
  /** Called with what was told to a tenant's pages beside events. @param at when, in microseconds */
  told(gsid: string, at: number, text: string): void;
  /** For how long a tenant is listened to after its last page has left, in milliseconds. */
  lingerMs: number;
}

interface Tenant {
  readonly follower: Follower;
  pages: number;
  idle: NodeJS.Timeout | undefined;
  /** Whether its channel is listened to, and its place known. */
  begun: Promise<void>;
}

/** How many tenants catch up at a time. */
const atOnce = 32;

/** The tenants that this node listens for: those that it has pages of, and tenant 0. */
export class Tenants {
  readonly #options: TenantsOptions;
  readonly #tenants = new Map<string, Tenant>();

  constructor(options: TenantsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#tenants.size;
  }

  get ids(): string[] {
    return [...this.#tenants.keys()];
  }

  get fills(): number {
    return [...this.#tenants.values()].reduce((sum, { follower }) => sum + follower.fills, 0);
  }

  /** Whether one of them is behind, and could not catch up. */
  get anyStale(): boolean {
    return [...this.#tenants.values()].some(({ follower }) => follower.stale);
  }

  follower(gsid: string): Follower | undefined {
    return this.#tenants.get(gsid)?.follower;
  }

  /** Listens for a tenant. Resolves once its place is known, rejects where Redis is away. */
  async follow(gsid: string): Promise<Follower> {
    const tenant = this.#tenants.get(gsid) ?? this.#add(gsid);
    if (!tenant.follower.isPlaced) {
      try {
        await tenant.begun;
      } catch {
        tenant.begun = this.#begin(gsid, tenant.follower);
        await tenant.begun;
      }
    }
    return tenant.follower;
  }

  /** A page has joined. Returns what is to be called once it has left. */
  joined({ gsid }: PageName): () => void {
    const tenant = this.#tenants.get(gsid) ?? this.#add(gsid);
    tenant.pages += 1;
    clearTimeout(tenant.idle);
    return () => {
      tenant.pages -= 1;
      this.#linger(gsid, tenant);
    };
  }

  /** Has all tenants, or those that could not, ask for what they missed. */
  async catchUp(which: 'all' | 'stale'): Promise<void> {
    const left = [...this.#tenants].filter(([, { follower }]) => which === 'all' || follower.stale);
    const one = async () => {
      for (let next = left.pop(); next; next = left.pop()) {
        const [gsid, { follower }] = next;
        // `add` again: it may have failed, and costs nothing where the channel is listened to
        const caughtUp = follower.isPlaced ? follower.catchUp() : this.follow(gsid);
        await Promise.resolve(caughtUp).catch(() => undefined); // told by the follower; stale ones are tried again
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
  }

  close(): void {
    for (const { idle } of this.#tenants.values()) clearTimeout(idle);
  }

  #add(gsid: string): Tenant {
    const follower = new Follower(this.#options.followerOf(gsid));
    const tenant: Tenant = { follower, pages: 0, idle: undefined, begun: this.#begin(gsid, follower) };
    tenant.begun.catch(() => undefined); // whoever waits for it is told
    this.#tenants.set(gsid, tenant);
    this.#linger(gsid, tenant);
    return tenant;
  }

  /** The channel first, then the place: nothing can come between the two. */
  async #begin(gsid: string, follower: Follower): Promise<void> {
    await this.#options.subscriptions.add(this.#options.keys.events(gsid), (message) => {
      const said = parseMessage(message);
      if (said?.kind === 'event') follower.take(said.epoch, said.offset, said.payload);
      else if (said) this.#options.told(gsid, said.at, said.text);
    });
    await follower.catchUp();
  }

  #linger(gsid: string, tenant: Tenant): void {
    if (tenant.pages > 0 || gsid === '0') return;
    clearTimeout(tenant.idle);
    tenant.idle = setTimeout(() => {
      this.#tenants.delete(gsid);
      this.#options.subscriptions.remove(this.#options.keys.events(gsid));
    }, this.#options.lingerMs).unref();
  }
}
