import type { WebSocket } from 'ws';
import { heartbeatText, type Wire } from './messages.ts';
import { PageLink } from './page-link.ts';

/** Bounds of {@link PageLinks}. */
export interface PageLinksOptions {
  max: number;
  heartbeatMs: number;
  /** About how long a connection may last; for ever where it is left out. */
  maxAgeMs?: number | undefined;
  /** Told of what goes wrong with one connection, while the others go on. */
  onError: (error: unknown) => void;
}

/** How far lifetimes are spread, so that pages do not all come back at the same time. */
const jitter = 0.1;

/** All connections of pages, also of those that are not introduced yet or are closing; one timer beats for all. */
export class PageLinks {
  readonly #options: PageLinksOptions;
  readonly #links = new Set<PageLink>();
  #timer: NodeJS.Timeout | undefined;
  #emptied: (() => void) | undefined;

  constructor(options: PageLinksOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#links.size >= this.#options.max;
  }

  add(socket: WebSocket, wire: Wire): PageLink {
    const { maxAgeMs = Number.POSITIVE_INFINITY, heartbeatMs } = this.#options;
    const link = new PageLink(socket, wire, maxAgeMs * (1 + jitter * (2 * Math.random() - 1)));
    this.#links.add(link);
    link.onClosed(() => this.#remove(link));
    this.#timer ??= setInterval(() => this.#beat(), heartbeatMs).unref();
    return link;
  }

  /** Closes all as the server's shutdown, waits for the pages' answers, then ends what is left. */
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
    this.#links.delete(link);
    if (this.#links.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#emptied?.();
  }

  #beat(): void {
    const heartbeat = heartbeatText(Date.now());
    for (const link of this.#links) this.#guarded(() => link.beat(heartbeat));
  }

  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
