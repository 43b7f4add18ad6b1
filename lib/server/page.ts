import type { Member } from './hub.ts';
import type { Wire } from './messages.ts';
import type { PageLink } from './page-link.ts';

/** A page whose tenant and user are proven: it takes its tenant's events from the moment that it is made. */
export class Page implements Member {
  readonly sid: number;
  readonly gsid: string;
  readonly userid: string;
  readonly wire: Wire;
  readonly link: PageLink;
  /** Events that came before the greeting, which must be first. */
  #held: Buffer[] | undefined = [];

  constructor(link: PageLink, identity: { sid: number; gsid: string; userid: string }) {
    this.link = link;
    this.wire = link.wire;
    this.sid = identity.sid;
    this.gsid = identity.gsid;
    this.userid = identity.userid;
  }

  send(text: Buffer): void {
    if (this.#held) this.#held.push(text);
    else this.link.send(text);
  }

  greet(greeting: Buffer): void {
    this.link.send(greeting);
    for (const text of this.#held ?? []) this.link.send(text);
    this.#held = undefined;
  }
}
