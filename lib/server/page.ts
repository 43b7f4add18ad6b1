import type { PageToken } from '../stream/keys.ts';
import type { UpdateEvent } from '../stream/protocol.ts';
import type { Beginning, Position } from './engine.ts';
import { type EventBatch, EventFrames } from './event-frames.ts';
import { joinFrames } from './frames.ts';
import type { Hub, Member } from './hub.ts';
import type { Wire } from './messages.ts';
import type { LinkOwner, PageLink } from './page-link.ts';
import type { Roster } from './roster.ts';
import type { ServerLog } from './server-log.ts';
import type { ServerMeter } from './server-meter.ts';

/** What a page's token says, as far as a revocation asks. */
export type ProvenToken = Omit<PageToken, 'login'>;

/** Whose page it is. */
export interface PageIdentity {
  sid: number;
  gsid: string;
  userid: string;
  /** What its token says; undefined on Gyroscope's wire. */
  token?: ProvenToken | undefined;
}

/** What a page is a member of, and who counts and tells it. */
interface Memberships {
  readonly hub: Hub<Page>;
  readonly roster: Roster<Page>;
  readonly meter: ServerMeter;
  readonly logger: ServerLog;
}

/** A page whose tenant and user are proven: it takes its tenant's events from the moment that it is a member. */
export class Page implements Member, LinkOwner {
  readonly sid: number;
  readonly gsid: string;
  readonly userid: string;
  readonly link: PageLink;
  // Of its token: bare fields take least room, and seldom does anybody ask.
  readonly #issuedAt: number | undefined;
  readonly #session: string | undefined;
  readonly #sessionAt: number | undefined;
  readonly #memberships: Memberships;
  /** Told when the page is gone. */
  left: (() => void) | undefined;
  /** Events that came before the greeting, which must be first. */
  #held: EventBatch[] | undefined;
  #isGreeted = false;

  constructor(link: PageLink, { sid, gsid, userid, token }: PageIdentity, memberships: Memberships) {
    this.link = link;
    this.sid = sid;
    this.gsid = gsid;
    this.userid = userid;
    this.#issuedAt = token?.issuedAt;
    this.#session = token?.session.id;
    this.#sessionAt = token?.session.at;
    this.#memberships = memberships;
  }

  get wire(): Wire {
    return this.link.wire;
  }

  /** What its token says; undefined on Gyroscope's wire. */
  get token(): ProvenToken | undefined {
    const { gsid, userid } = this;
    const issuedAt = this.#issuedAt;
    return issuedAt === undefined
      ? undefined
      : { gsid, userid, issuedAt, session: { id: this.#session, at: this.#sessionAt } };
  }

  /** Names it in the log. */
  get label(): Record<string, string | number> {
    const { gsid, userid, sid, wire } = this;
    return { gsid, userid, sid, wire };
  }

  /** Keeps what comes back until it is greeted anew. Returns false where its first greeting is yet to come. */
  hold(): boolean {
    if (!this.#isGreeted) return false;
    this.#memberships.hub.flush(this.gsid); // what was published before still goes out before
    this.#isGreeted = false;
    return true;
  }

  send(batch: EventBatch): void {
    if (this.#isGreeted) this.link.send(batch.for(this));
    else if (this.#held) this.#held.push(batch);
    else this.#held = [batch];
  }

  /** Sends the greeting, then what the page has missed, then what came meanwhile: all of it once, without a gap. */
  greet(greeting: Buffer, beginning?: Pick<Beginning, 'newest' | 'missed'>): void {
    this.#memberships.hub.flush(this.gsid); // what was published by now may be told of by the beginning
    const missed = (beginning?.missed ?? []).map((event) => new EventFrames(event).for(this));
    this.link.sendAtFirst(joinFrames([greeting, ...missed]));
    const held = (this.#held ?? []).flatMap(({ events }) => events);
    const later = beginning ? held.filter(({ event }) => isAfter(event, beginning.newest)) : held;
    this.link.send(joinFrames(later.map((frames) => frames.for(this))));
    this.#held = undefined;
    this.#isGreeted = true;
  }

  /** A page of the default wire has nothing to say. */
  said(): void {
    this.link.close('spoke');
  }

  gone(): void {
    const { hub, roster, meter, logger } = this.#memberships;
    const { ended } = this.link;
    meter.connections[this.wire] -= 1;
    meter.closed.add(ended);
    if (logger.wants('debug'))
      logger.event('debug', 'page-closed', { ...this.label, reason: ended }, 'a page has gone');
    this.left?.();
    hub.remove(this);
    roster.remove(this);
  }
}

/** Whether an event comes after a position. It may not, where it was on its way when the page asked for its place. */
function isAfter({ gsid, epoch, offset = 0 }: UpdateEvent, newest: Position): boolean {
  if (gsid === '0') return offset > newest.offset0;
  return epoch !== newest.epoch || offset > newest.offset;
}
