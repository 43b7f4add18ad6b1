import { randomInt } from 'node:crypto';
import type { Dump, UpdateEvent } from '../stream/protocol.ts';
import { EventTexts, type GivenIds, type Wire } from './messages.ts';

/** A connected page, as the hub sees it. */
export interface Member {
  /** Connection id, 1 to 2^32 - 1. */
  readonly sid: number;
  readonly gsid: string;
  readonly userid: string;
  readonly wire: Wire;
  /** Hands an event over, without waiting. What it throws does not keep the event from other members. */
  send(text: Buffer, event: UpdateEvent): void;
}

/** The rectypes that ask who is connected. */
export type DumpRectype = 'gsidmap' | 'wsclientmap';

const everyTenant = '0';
/** One more than the largest connection id. */
const sidEnd = 0x1_0000_0000;

/**
 * The connected pages, by tenant, and the fan-out of events to them. What it does for one tenant costs nothing that
 * grows with the pages of others.
 */
export class Hub<M extends Member = Member> {
  readonly #tenants = new Map<string, Set<M>>();
  readonly #bySid = new Map<number, M>();
  readonly #onError: (error: unknown) => void;

  /** @param onError told of what a member's `send` throws */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** How many pages are connected. */
  get size(): number {
    return this.#bySid.size;
  }

  /**
   * A connection id for a page: the one that it claims, where nobody holds it, or the same user does; else a new one,
   * drawn at random, so that nobody can tell the next.
   */
  sidFor(gsid: string, userid: string, claimed?: number): number {
    if (claimed !== undefined) {
      const holder = this.#bySid.get(claimed);
      if (!holder || (holder.gsid === gsid && holder.userid === userid)) return claimed;
    }
    for (;;) {
      const sid = randomInt(1, sidEnd);
      if (!this.#bySid.has(sid)) return sid;
    }
  }

  /** Takes a member in. Returns the one that held its connection id, which is a member no more. */
  add(member: M): M | undefined {
    const before = this.#bySid.get(member.sid);
    if (before) this.remove(before);
    const members = this.#tenants.get(member.gsid);
    if (members) members.add(member);
    else this.#tenants.set(member.gsid, new Set([member]));
    this.#bySid.set(member.sid, member);
    return before;
  }

  /** Lets a member go; nothing happens where it is none, or none any more. */
  remove(member: M): void {
    if (this.#bySid.get(member.sid) !== member) return;
    this.#bySid.delete(member.sid);
    const members = this.#tenants.get(member.gsid);
    members?.delete(member);
    if (members?.size === 0) this.#tenants.delete(member.gsid);
  }

  /**
   * Sends an event to every page of its tenant, tenant 0 meaning all. A page that holds the event's connection id, but
   * is not of the event's user and tenant, gets it with connection id 0: the id was but a claim.
   *
   * @param given the ids as they came over Gyroscope's wire
   */
  publish(event: UpdateEvent, given?: GivenIds): void {
    const texts = new EventTexts(event, given);
    if (event.gsid !== everyTenant) {
      this.#send(this.#tenants.get(event.gsid), event, texts);
      return;
    }
    for (const members of this.#tenants.values()) this.#send(members, event, texts);
  }

  /** Who is connected: of one tenant, or of all where `gsid` is 0. */
  dump(rectype: DumpRectype, gsid: string): Dump {
    const tenants = gsid === everyTenant ? [...this.#tenants] : [[gsid, this.#tenants.get(gsid) ?? []] as const];
    if (rectype === 'gsidmap') {
      const sids = tenants.map(([tenant, members]) => [tenant, [...members].map(({ sid }) => sid)] as const);
      return { gsidmap: Object.fromEntries(sids.filter(([, list]) => list.length > 0)) };
    }
    const members = tenants.flatMap(([, list]) => [...list]);
    return { wsclientmap: Object.fromEntries(members.map(({ sid, gsid, userid }) => [sid, { gsid, userid }])) };
  }

  #send(members: Iterable<M> | undefined, event: UpdateEvent, texts: EventTexts): void {
    for (const member of members ?? []) {
      try {
        member.send(texts.for(member.wire, isForeign(member, event)), event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}

/** Whether the event names the member's connection id, but is not of the member's user and tenant: it was but a claim. */
export function isForeign(member: Pick<Member, 'sid' | 'gsid' | 'userid'>, event: UpdateEvent): boolean {
  return member.sid === event.sid && (member.userid !== event.userid || member.gsid !== event.gsid);
}
