import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Heartbeat } from './heartbeat.ts';
import type { Wire } from './messages.ts';
import { PageLink, type PageLinkSettings } from './page-link.ts';
import type { PageSocket } from './page-socket.ts';

/** Bounds of {@link PageLinks}. */
export interface PageLinksOptions {
  max: number;
  heartbeatMs: number;
  /** Of one connection. */
  maxBufferedBytes: number;
  /** About how long a connection may last; for ever where it is left out. */
  maxAgeMs?: number | undefined;
  /** How long a shutdown may take until the last page has been told to leave. */
  drainMs: number;
  /** Within which time the pages come back after it. */
  returnWithinMs: number;
  /** Told of what goes wrong with one connection, while the others go on. */
  onError: (error: unknown) => void;
}

/** How far lifetimes are spread, so that pages do not all come back at the same time. */
const jitter = 0.1;
/** How many pages leave at once in a shutdown, unless there are too many for its time. */
const leavingAtOnce = 100;
/** How long it is from one batch to the next, in milliseconds. */
const betweenBatchesMs = 100;
/** Time for each page to come back in, in milliseconds, so that a few need not spread over much. */
const returnMsPerPage = 5;

/** All connections of pages, also of those that are not introduced yet or are closing. */
export class PageLinks {
  readonly #options: PageLinksOptions;
  readonly #links = new Set<PageLink>();
  readonly #heartbeat: Heartbeat;
  readonly #settings: PageLinkSettings;
  #emptied: (() => void) | undefined;

  constructor(options: PageLinksOptions) {
    const { heartbeatMs, maxBufferedBytes, onError } = options;
    this.#options = options;
    this.#heartbeat = new Heartbeat(this.#links, heartbeatMs, onError);
    this.#settings = { maxBufferedBytes, onClosed: (link) => this.#remove(link) };
  }

  /** Bytes that wait for pages to read them: of all, and of the one with most. */
  queued(): { sum: number; largest: number } {
    let sum = 0;
    let largest = 0;
    for (const { waiting } of this.#links) {
      sum += waiting;
      largest = Math.max(largest, waiting);
    }
    return { sum, largest };
  }

  get isFull(): boolean {
    return this.#links.size >= this.#options.max;
  }

  /** @param socket the one below the page's web socket */
  add(page: PageSocket, socket: Duplex, wire: Wire): PageLink {
    const { maxAgeMs } = this.#options;
    const lifetimeMs = maxAgeMs === undefined ? undefined : maxAgeMs * (1 + jitter * (2 * Math.random() - 1));
    const link = new PageLink(page, socket, wire, this.#settings, lifetimeMs);
    this.#heartbeat.add(link);
    return link;
  }

  /** Closes all as the server's shutdown, batch by batch, each page with a time of its own to come back at. */
  async drain(): Promise<void> {
    const { drainMs, returnWithinMs } = this.#options;
    const links = [...this.#links];
    const batches = Math.min(Math.ceil(links.length / leavingAtOnce), Math.ceil(drainMs / betweenBatchesMs));
    const size = Math.ceil(links.length / batches);
    const windowMs = Math.min(returnWithinMs, links.length * returnMsPerPage);
    for (let left = batches - 1; left >= 0; left -= 1) {
      for (const link of links.splice(0, size)) {
        const afterMs = Math.round(left * betweenBatchesMs + Math.random() * windowMs);
        this.#guarded(() => link.leave(afterMs));
      }
      if (left > 0) await sleep(betweenBatchesMs);
    }
  }

  /** Closes what is left as the server's shutdown, waits for the pages' answers, then ends those that gave none. */
  async close(timeoutMs: number): Promise<void> {
    if (this.#links.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    for (const link of this.#links) this.#guarded(() => link.close('shutdown'));
    const late = setTimeout(() => {
      for (const link of this.#links) link.terminate();
    }, timeoutMs);
    await empty;
    clearTimeout(late);
  }

  #remove(link: PageLink): void {
    this.#heartbeat.remove(link);
    if (this.#links.size === 0) this.#emptied?.();
  }

  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
