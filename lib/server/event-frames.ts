import type { UpdateEvent } from '../stream/protocol.ts';
import { joinFrames, textFrame } from './frames.ts';
import type { GivenIds, Wire } from './messages.ts';

/** Who gets an event, and on which wire. */
export interface Recipient {
  /** Connection id, 1 to 2^32 - 1. */
  readonly sid: number;
  readonly gsid: string;
  readonly userid: string;
  readonly wire: Wire;
}

/** Whether the event names the page's connection id, but is not of the page's user and tenant: it was but a claim. */
export function isForeign(page: Recipient, event: UpdateEvent): boolean {
  return page.sid === event.sid && (page.userid !== event.userid || page.gsid !== event.gsid);
}

/** The frames of one event, each made when the first page needs it and then shared by all pages of its wire. */
export class EventFrames {
  readonly event: UpdateEvent;
  readonly #given: GivenIds | undefined;
  #default: Buffer | undefined;
  #gyroscope: Buffer | undefined;

  constructor(event: UpdateEvent, given?: GivenIds) {
    this.event = event;
    this.#given = given;
  }

  /** As this page gets it: with connection id 0 where its own was but a claim. */
  for(page: Recipient): Buffer {
    if (!isForeign(page, this.event)) return this.on(page.wire);
    return textFrame(page.wire === 'default' ? JSON.stringify({ ...this.event, sid: 0 }) : this.#gyroscopeText('0'));
  }

  /** As every other page on this wire gets it. */
  on(wire: Wire): Buffer {
    if (wire === 'default') this.#default ??= textFrame(JSON.stringify(this.event));
    else this.#gyroscope ??= textFrame(this.#gyroscopeText(this.#given?.sid ?? String(this.event.sid)));
    return (wire === 'default' ? this.#default : this.#gyroscope) as Buffer;
  }

  #gyroscopeText(sid: string): string {
    const { gsid, userid, rectype, recid } = this.event;
    const given = this.#given ?? {
      gsid: JSON.stringify(gsid),
      userid: JSON.stringify(userid),
      recid: JSON.stringify(recid),
    };
    return `{"type":"update","sid":${sid},"gsid":${given.gsid},"userid":${given.userid},"rectype":${JSON.stringify(rectype)},"recid":${given.recid}}`;
  }
}

/** Events that go to the pages of one tenant together, in their order: put together once for each wire. */
export class EventBatch {
  readonly events: readonly EventFrames[];
  /** Pages whose connection id an event names that is not theirs: at most one for each event. */
  readonly #strangers: ReadonlySet<Recipient> | undefined;
  readonly #joined = new Map<Wire, readonly Buffer[]>();

  constructor(events: readonly EventFrames[], strangers?: ReadonlySet<Recipient>) {
    this.events = events;
    this.#strangers = strangers;
  }

  /** What is to be written to this page. */
  for(page: Recipient): readonly Buffer[] {
    if (this.#strangers?.has(page)) return joinFrames(this.events.map((frames) => frames.for(page)));
    let joined = this.#joined.get(page.wire);
    if (!joined) {
      joined = joinFrames(this.events.map((frames) => frames.on(page.wire)));
      this.#joined.set(page.wire, joined);
    }
    return joined;
  }
}
