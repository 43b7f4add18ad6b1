import type { Feed } from './feed.ts';

/** A server, and what it is to send to how many pages. */
export interface Stand {
  feed: Feed;
  /** Processor time of the server so far. */
  cpuMs(): Promise<number>;
  /** Resolves once its pages have counted so many messages in all. */
  until(total: number): Promise<unknown>;
  /** Whether the server gives each event its place; else it stands in what it is told, so that all send texts as long. */
  places: boolean;
}

/** An event as entries have it. */
function eventOf(serial: number, placed: boolean): object {
  const ids = { sid: 2_000_000_001, gsid: '1', userid: '42', rectype: 'product', recid: String(10_000_000 + serial) };
  const entry = { alogid: String(20_000_000 + serial), time: 1_760_000_000_000 + serial, login: 'somebody' };
  const place = { epoch: 'twelve-chars', offset: 1 + serial };
  return { type: 'update', ...ids, ...entry, ...(placed ? place : {}) };
}

/** Sends so many events at once and waits until every page has them; then the next ones. */
export class Broadcasts {
  readonly #stand: Stand;
  /** How many events were sent. */
  sent = 0;
  /** How many messages the pages are to have counted. */
  expected = 0;

  constructor(stand: Stand) {
    this.#stand = stand;
  }

  /**
   * One round.
   *
   * @param waiting how many events at once
   * @returns broadcasts made, and processor time of the server, in microseconds for each
   */
  async round(waiting: number, pages: number, durationMs: number) {
    const { feed, cpuMs, until, places } = this.#stand;
    const cpu = await cpuMs();
    const begin = performance.now();
    let broadcasts = 0;
    while (performance.now() - begin < durationMs) {
      const events = Array.from({ length: waiting }, (_, index) => eventOf(this.sent + index, !places));
      this.sent += waiting;
      this.expected += waiting * pages;
      broadcasts += 1;
      const arrived = pages > 0 ? until(this.expected) : undefined;
      await feed.send(events);
      await arrived;
    }
    const elapsedMs = performance.now() - begin;
    return { broadcasts, elapsedMs, cpuUs: (((await cpuMs()) - cpu) * 1000) / broadcasts };
  }
}
