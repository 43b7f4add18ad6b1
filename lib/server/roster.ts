/** Whom a connection belongs to. */
interface Owned {
  readonly gsid: string;
  readonly userid: string;
}

interface Tenant<P> {
  size: number;
  /** By user; most have a single page, which then needs no set. */
  readonly users: Map<string, P | Set<P>>;
}

/** The connected pages by tenant and user: to count them, and to find those of one user without looking at the others. */
export class Roster<P extends Owned> {
  readonly #tenants = new Map<string, Tenant<P>>();

  add(page: P): void {
    let tenant = this.#tenants.get(page.gsid);
    if (!tenant) {
      tenant = { size: 0, users: new Map() };
      this.#tenants.set(page.gsid, tenant);
    }
    const known = tenant.users.get(page.userid);
    if (known instanceof Set) known.add(page);
    else tenant.users.set(page.userid, known ? new Set([known, page]) : page);
    tenant.size += 1;
  }

  /** Lets a page go; nothing happens where it is not there. */
  remove(page: P): void {
    const tenant = this.#tenants.get(page.gsid);
    const known = tenant?.users.get(page.userid);
    if (!tenant || !known) return;
    if (known instanceof Set ? !known.delete(page) : known !== page) return;
    tenant.size -= 1;
    if (!(known instanceof Set) || known.size === 0) tenant.users.delete(page.userid);
    if (tenant.size === 0) this.#tenants.delete(page.gsid);
  }

  sizeOfTenant(gsid: string): number {
    return this.#tenants.get(gsid)?.size ?? 0;
  }

  /** A tenant's pages at this moment; tenant 0 means all pages. */
  pagesOfTenant(gsid: string): P[] {
    const tenants = gsid === '0' ? [...this.#tenants.values()] : [this.#tenants.get(gsid)];
    return tenants.flatMap((tenant) =>
      [...(tenant?.users.values() ?? [])].flatMap((known) => (known instanceof Set ? [...known] : known)),
    );
  }

  /** A user's pages at this moment; tenant 0 means the user of that id in every tenant. */
  pagesOf(gsid: string, userid: string): P[] {
    const tenants = gsid === '0' ? [...this.#tenants.values()] : [this.#tenants.get(gsid)];
    return tenants.flatMap((tenant) => {
      const known = tenant?.users.get(userid);
      return known instanceof Set ? [...known] : (known ?? []);
    });
  }
}
