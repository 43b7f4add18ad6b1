import { type Id, idText } from './id.ts';

/** A user as an application describes one: to sign in, to vouch for, or from its own session. */
export interface User {
  userid: Id;
  /** Tenant; 1, the default, for an application without tenants. 0 is refused: it would mean every tenant. */
  gsid?: Id | undefined;
  /** Login name, kept with each entry; default: the userid. */
  login?: string | undefined;
  /** Name to show; default: the login. */
  dispname?: string | undefined;
  /** Names of the groups that the user is in; default: none. */
  groups?: readonly string[] | undefined;
  /** When the tenant's subscription ends, as Gyroscope's cookie of that name has it; kept by `gyroscopeSession` alone. */
  gsexpiry?: string | number | undefined;
  /** The tenant's tier, as Gyroscope's cookie of that name has it; kept by `gyroscopeSession` alone. */
  gstier?: string | number | undefined;
}

const proof = Symbol('made by this module');

let make: (user: User) => Actor;

/**
 * The authenticated user on whose behalf something is done. Only a verified session or an explicit `actionlog.as()`
 * makes one: neither the compiler nor the run time takes an object of the same shape for it.
 */
export class Actor {
  /** Decimal text, or text where the table has text ids. */
  readonly userid: string;
  /** Tenant: decimal text, or text where the table has text ids. */
  readonly gsid: string;
  readonly login: string;
  readonly dispname: string;
  readonly groups: readonly string[];
  /** Gyroscope's cookie of that name; undefined in other sessions. */
  readonly gsexpiry: string | undefined;
  /** Gyroscope's cookie of that name; undefined in other sessions. */
  readonly gstier: string | undefined;
  readonly #verified: true;

  static {
    make = (user) => new Actor(proof, user);
  }

  private constructor(given: symbol, user: User) {
    if (given !== proof) throw new TypeError('Actor: only a verified session or actionlog.as() makes one');
    this.#verified = true;
    this.userid = idText(user.userid, 'userid');
    this.gsid = idText(user.gsid ?? 1, 'gsid');
    if (this.gsid === '0') {
      throw new TypeError(
        'gsid: 0 means every tenant, and no user is of every tenant; name the tenant, or leave it out for 1',
      );
    }
    this.login = user.login ?? this.userid;
    this.dispname = user.dispname ?? this.login;
    this.groups = Object.freeze([...(user.groups ?? [])]);
    this.gsexpiry = user.gsexpiry === undefined ? undefined : String(user.gsexpiry);
    this.gstier = user.gstier === undefined ? undefined : String(user.gstier);
    Object.freeze(this);
  }

  /** Whether a value is a real actor, rather than an object that looks like one. */
  static is(value: unknown): value is Actor {
    return typeof value === 'object' && value !== null && #verified in value && value.#verified;
  }
}

/**
 * Makes the actor of a user whom the caller has verified. Not exported from the package: sessions and `as()` call it.
 *
 * @throws TypeError where the user's fields are not of the form that {@link User} names
 */
export function vouchFor(user: User): Actor {
  return make(user);
}
