import type { PageToken } from '../stream/keys.ts';
import type { UpdateEvent } from '../stream/protocol.ts';
import type { Beginning, Position } from './engine.ts';
import { isForeign, type Member } from './hub.ts';
import { EventTexts, type Wire } from './messages.ts';
import type { PageLink } from './page-link.ts';

/** A page whose tenant and user are proven: it takes its tenant's events from the moment that it is made. */
export class Page implements Member {
  readonly sid: number;
  readonly gsid: string;
  readonly userid: string;
  readonly wire: Wire;
  readonly link: PageLink;
  /** What its token says; undefined on Gyroscope's wire. */
  readonly token: PageToken | undefined;
  /** Events that came before the greeting, which must be first. */
  #held: { text: Buffer; event: UpdateEvent | undefined }[] | undefined = [];

  constructor(link: PageLink, identity: { sid: number; gsid: string; userid: string; token?: PageToken | undefined }) {
    this.link = link;
    this.wire = link.wire;
    this.sid = identity.sid;
    this.gsid = identity.gsid;
    this.userid = identity.userid;
    this.token = identity.token;
  }

  /** Keeps what comes back until it is greeted anew. Returns false where its first greeting is yet to come. */
  hold(): boolean {
    if (this.#held) return false;
    this.#held = [];
    return true;
  }

  send(text: Buffer, event?: UpdateEvent): void {
    if (this.#held) this.#held.push({ text, event });
    else this.link.send(text);
  }

  /** Sends the greeting, then what the page has missed, then what came meanwhile: all of it once, without a gap. */
  greet(greeting: Buffer, beginning?: Pick<Beginning, 'newest' | 'missed'>): void {
    const missed = beginning?.missed ?? [];
    const texts = missed.map((event) => new EventTexts(event).for(this.wire, isForeign(this, event)));
    this.link.sendAtFirst([greeting, ...texts]);
    for (const { text, event } of this.#held ?? []) {
      if (!beginning || !event || isAfter(event, beginning.newest)) this.link.send(text);
    }
    this.#held = undefined;
  }
}

/** Whether an event comes after a position. It may not, where it was on its way when the page asked for its place. */
function isAfter({ gsid, epoch, offset = 0 }: UpdateEvent, newest: Position): boolean {
  if (gsid === '0') return offset > newest.offset0;
  return epoch !== newest.epoch || offset > newest.offset;
}
