import { randomInt } from 'node:crypto';
import type { Dump, UpdateEvent } from '../stream/protocol.ts';
import { EventBatch, EventFrames, isForeign, type Recipient } from './event-frames.ts';
import type { GivenIds } from './messages.ts';

/** A connected page, as the hub sees it. */
export interface Member extends Recipient {
  /** Hands events over, without waiting. What it throws does not keep them from other members. */
  send(batch: EventBatch): void;
}

interface Tenant<M> {
  readonly members: Set<M>;
  /** Published in this turn of the event loop, and sent at its end. */
  waiting: EventFrames[];
}

/** The rectypes that ask who is connected. */
export type DumpRectype = 'gsidmap' | 'wsclientmap';

const everyTenant = '0';
/** One more than the largest connection id. */
const sidEnd = 0x1_0000_0000;

/**
 * The connected pages, by tenant, and the fan-out of events to them. What it does for one tenant costs nothing that
 * grows with the pages of others. What is published in one turn of the event loop goes to each page in one write: a
 * relay that carries several events, or several relays.
 */
export class Hub<M extends Member = Member> {
  readonly #tenants = new Map<string, Tenant<M>>();
  /** The tenants for which something waits. */
  readonly #waiting = new Set<Tenant<M>>();
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

  /**
   * Takes a member in, who gets what is published from here on. Returns the one that held its connection id, which is a
   * member no more.
   */
  add(member: M): M | undefined {
    const before = this.#bySid.get(member.sid);
    if (before) this.remove(before);
    this.flush(member.gsid);
    const tenant = this.#tenants.get(member.gsid);
    if (tenant) tenant.members.add(member);
    else this.#tenants.set(member.gsid, { members: new Set([member]), waiting: [] });
    this.#bySid.set(member.sid, member);
    return before;
  }

  /** Sends a member what was published before, and lets it go; nothing happens where it is none, or none any more. */
  remove(member: M): void {
    this.flush(member.gsid);
    if (this.#bySid.get(member.sid) !== member) return;
    this.#bySid.delete(member.sid);
    const tenant = this.#tenants.get(member.gsid);
    tenant?.members.delete(member);
    if (tenant?.members.size === 0) this.#tenants.delete(member.gsid);
  }

  /**
   * Sends an event to every page of its tenant, tenant 0 meaning all, before the event loop comes to anything new. A page
   * that holds the event's connection id, but is not of the event's user and tenant, gets it with connection id 0: the id
   * was but a claim.
   *
   * @param given the ids as they came over Gyroscope's wire
   */
  publish(event: UpdateEvent, given?: GivenIds): void {
    const frames = new EventFrames(event, given);
    if (event.gsid === everyTenant) for (const tenant of this.#tenants.values()) this.#wait(tenant, frames);
    else this.#wait(this.#tenants.get(event.gsid), frames);
  }

  /** Sends at once what waits, for one tenant or for all, instead of at the end of the turn. */
  flush(gsid?: string): void {
    if (gsid === undefined) for (const tenant of this.#waiting) this.#send(tenant);
    else this.#send(this.#tenants.get(gsid));
  }

  /** Who is connected: of one tenant, or of all where `gsid` is 0. */
  dump(rectype: DumpRectype, gsid: string): Dump {
    const tenants = gsid === everyTenant ? [...this.#tenants] : [[gsid, this.#tenants.get(gsid)] as const];
    const listed = tenants.map(([tenant, known]) => [tenant, [...(known?.members ?? [])]] as const);
    if (rectype === 'gsidmap') {
      const sids = listed.map(([tenant, members]) => [tenant, members.map(({ sid }) => sid)] as const);
      return { gsidmap: Object.fromEntries(sids.filter(([, list]) => list.length > 0)) };
    }
    const members = listed.flatMap(([, list]) => list);
    return { wsclientmap: Object.fromEntries(members.map(({ sid, gsid, userid }) => [sid, { gsid, userid }])) };
  }

  #wait(tenant: Tenant<M> | undefined, frames: EventFrames): void {
    if (!tenant) return;
    // No timer and no promise: a single event waits for nothing but the relays that were read together with its own.
    if (this.#waiting.size === 0) setImmediate(() => this.flush());
    this.#waiting.add(tenant);
    tenant.waiting.push(frames);
  }

  #send(tenant: Tenant<M> | undefined): void {
    if (!tenant || !this.#waiting.delete(tenant)) return;
    const batch = new EventBatch(tenant.waiting, this.#strangersTo(tenant.waiting));
    tenant.waiting = [];
    for (const member of tenant.members) {
      try {
        member.send(batch);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  /** The pages whose connection id an event names that is not theirs: looked up, so that all others share one frame. */
  #strangersTo(waiting: readonly EventFrames[]): Set<Recipient> | undefined {
    let strangers: Set<Recipient> | undefined;
    for (const { event } of waiting) {
      const holder = event.sid === 0 ? undefined : this.#bySid.get(event.sid);
      if (holder && isForeign(holder, event)) strangers = (strangers ?? new Set()).add(holder);
    }
    return strangers;
  }
}
