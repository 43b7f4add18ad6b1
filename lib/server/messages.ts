import type { Greeting, UpdateEvent } from '../stream/protocol.ts';

/** Which of the two wires a page is on. */
export type Wire = 'default' | 'gyroscope';

/**
 * The ids of a relay that came over Gyroscope's wire, each as JSON text, so that a number stays a number and a text a
 * text: pages on that wire get them as the relay's caller gave them.
 */
export interface GivenIds {
  sid: string;
  gsid: string;
  userid: string;
  recid: string;
}

/**
 * The texts of one event, each made when the first page needs it: one for each wire, and one more for each wire where
 * the connection id is not to be believed.
 */
export class EventTexts {
  readonly #event: UpdateEvent;
  readonly #given: GivenIds | undefined;
  readonly #believed = new Map<Wire, Buffer>();
  readonly #disowned = new Map<Wire, Buffer>();

  constructor(event: UpdateEvent, given?: GivenIds) {
    this.#event = event;
    this.#given = given;
  }

  /** The text as pages on this wire get it; with `disown`, its connection id is 0. */
  for(wire: Wire, disown: boolean): Buffer {
    const made = disown ? this.#disowned : this.#believed;
    let text = made.get(wire);
    if (!text) {
      text = Buffer.from(wire === 'default' ? this.#defaultText(disown) : this.#gyroscopeText(disown));
      made.set(wire, text);
    }
    return text;
  }

  #defaultText(disown: boolean): string {
    return JSON.stringify(disown ? { ...this.#event, sid: 0 } : this.#event);
  }

  #gyroscopeText(disown: boolean): string {
    const { sid, gsid, userid, rectype, recid } = this.#event;
    const given = this.#given ?? {
      sid: String(sid),
      gsid: JSON.stringify(gsid),
      userid: JSON.stringify(userid),
      recid: JSON.stringify(recid),
    };
    return `{"type":"update","sid":${disown ? 0 : given.sid},"gsid":${given.gsid},"userid":${given.userid},"rectype":${JSON.stringify(rectype)},"recid":${given.recid}}`;
  }
}

/** The greeting on the default wire. */
export function greetingText(greeting: Greeting): Buffer {
  return Buffer.from(JSON.stringify(greeting));
}

/** The greeting on Gyroscope's wire; `userid` is JSON text, since a page up to 18.3 gets its own back as it sent it. */
export function gyroscopeGreetingText(sid: number, gsid: string, userid: string): Buffer {
  return Buffer.from(`{"type":"getsid","sid":${sid},"gsid":${JSON.stringify(gsid)},"userid":${userid}}`);
}

/** Tells a page when to come back, on the default wire. @param afterMs milliseconds from now */
export function leaveText(afterMs: number): Buffer {
  return Buffer.from(JSON.stringify({ type: 'leave', afterMs }));
}

/** The heartbeat of the default wire. */
export function heartbeatText(time: number): Buffer {
  return Buffer.from(JSON.stringify({ type: 'heartbeat', time }));
}
