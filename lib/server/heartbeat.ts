import { joinFrames, pingFrame } from './frames.ts';
import { heartbeatFrame } from './messages.ts';
import type { PageLink } from './page-link.ts';

/** How often within its period the pages that are due get their beat, and how short that may become, in milliseconds. */
const turnsPerPeriod = 100;
const shortestTurnMs = 10;
/** In how many turns at least all pages get theirs, where they are all due at once; a few need not be spread. */
const turnsForAll = 20;
const leastInTurn = 100;

/**
 * Beats for the pages' connections, each once in every period, counted from when it came: so they are spread as they
 * came, and no turn takes long. One timer for all; what is sent is made once for each turn.
 */
export class Heartbeat {
  /** The one that is due first, first. */
  readonly #links: Set<PageLink>;
  readonly #periodMs: number;
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param onError told of what goes wrong with one connection, while the others go on */
  constructor(links: Set<PageLink>, periodMs: number, onError: (error: unknown) => void) {
    this.#links = links;
    this.#periodMs = periodMs;
    this.#onError = onError;
  }

  add(link: PageLink): void {
    this.#queue(link, performance.now());
    const everyMs = Math.max(shortestTurnMs, this.#periodMs / turnsPerPeriod);
    this.#timer ??= setInterval(() => this.#turn(), everyMs).unref();
  }

  remove(link: PageLink): void {
    this.#links.delete(link);
    if (this.#links.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #queue(link: PageLink, now: number): void {
    link.beatAt = Math.round(now + this.#periodMs);
    this.#links.delete(link);
    this.#links.add(link);
  }

  #turn(): void {
    const now = performance.now();
    const frames = {
      default: joinFrames([heartbeatFrame(Date.now()), pingFrame]),
      gyroscope: [pingFrame],
    };
    let left = Math.max(leastInTurn, Math.ceil(this.#links.size / turnsForAll));
    for (const link of this.#links) {
      if (link.beatAt > now || left === 0) return;
      left -= 1;
      this.#queue(link, now);
      try {
        link.beat(frames[link.wire]);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
