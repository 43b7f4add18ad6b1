import type { EventBatch } from '../server/event-frames.ts';
import type { Member } from '../server/hub.ts';
import { parseServerMessage, type UpdateEvent } from '../stream/protocol.ts';

/** An event as a page gets it. */
export interface PageEvent extends UpdateEvent {
  /** Whether it comes of this page's own request. */
  own: boolean;
}

/** Whose page it is. */
interface PageOwner {
  gsid: string;
  userid: string;
  sid: number;
  /** When its session began, Unix time in milliseconds. */
  began: number;
  closed(page: MemoryPage): void;
}

/** A page that is connected, without a socket: it gets what the real frames of its connection say. */
export interface TestPage {
  /** Connection id, to be sent with this page's requests: `.set('Actionlog-Connection', String(page.sid))`. */
  readonly sid: number;
  readonly gsid: string;
  readonly userid: string;
  /** What it has got, oldest first. */
  readonly events: readonly PageEvent[];
  /** Why it was closed: `revoked`, or `gone` where it has left; undefined while it is connected. */
  readonly closed: 'revoked' | 'gone' | undefined;
  /** Leaves, as where its user closes it. */
  close(): void;
}

/** A {@link TestPage} as the hub sees it. */
export class MemoryPage implements Member, TestPage {
  readonly sid: number;
  readonly gsid: string;
  readonly userid: string;
  readonly began: number;
  readonly wire = 'default';
  readonly events: PageEvent[] = [];
  closed: TestPage['closed'];
  readonly #left: (page: MemoryPage) => void;

  constructor({ gsid, userid, sid, began, closed }: PageOwner) {
    this.gsid = gsid;
    this.userid = userid;
    this.sid = sid;
    this.began = began;
    this.#left = closed;
  }

  send(batch: EventBatch): void {
    for (const frame of batch.events) {
      const event = eventOf(frame.for(this));
      this.events.push({ ...event, own: event.sid === this.sid });
    }
  }

  close(why: 'revoked' | 'gone' = 'gone'): void {
    if (this.closed) return;
    this.closed = why;
    this.#left(this);
  }
}

/** The event of a whole frame of text that a server has made. */
export function eventOf(frame: Buffer): UpdateEvent {
  const length = frame[1] ?? 0;
  const text = frame.subarray(length < 126 ? 2 : length === 126 ? 4 : 10).toString();
  const message = parseServerMessage(text);
  if (message?.type !== 'update') throw new TypeError(`no event: ${text.slice(0, 200)}`);
  return message;
}
