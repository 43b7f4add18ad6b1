import { performance } from 'node:perf_hooks';
import timers from 'node:timers';
import type { Clock } from '../clock.ts';

// As they are when the kit is loaded, and not the globals: a test that fakes time still gets answers.
const realElapsed = performance.now.bind(performance);
const realImmediate = timers.setImmediate;

/** For what a test waits for in vain, whatever it has faked. */
export const realTimers = { after: timers.setTimeout, stop: timers.clearTimeout };

interface Waiting {
  /** By the clock's `elapsed()`. */
  due: number;
  fire(): void;
  stop(): void;
}

/** A turn of the event loop: by its end all that waits for nothing but other code has been done. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    realImmediate(resolve);
  });
}

/**
 * The system's time, which can be moved ahead. It goes on by itself as well, and by the mocks that a test has set on
 * `Date` and `setTimeout`.
 */
export class TestClock implements Clock {
  #ahead = 0;
  readonly #waiting = new Set<Waiting>();

  now(): number {
    return Math.floor(Date.now() + this.#ahead);
  }

  elapsed(): number {
    return realElapsed() + this.#ahead;
  }

  after(ms: number, due: () => void): () => void {
    const stop = () => {
      this.#waiting.delete(waiting);
      clearTimeout(timer);
    };
    const fire = () => {
      stop();
      due();
    };
    const waiting: Waiting = { due: this.elapsed() + ms, fire, stop };
    const timer: { unref?: () => unknown } & NodeJS.Timeout = setTimeout(fire, ms);
    timer.unref?.(); // a number where a test pretends to be a browser
    this.#waiting.add(waiting);
    return stop;
  }

  /** Moves the time ahead, step by step: what is due on the way is done in its order, each with all that comes of it. */
  async advance(ms: number): Promise<void> {
    const target = this.#ahead + ms;
    for (;;) {
      await turn();
      const [next] = [...this.#waiting].sort((a, b) => a.due - b.due);
      if (!next || next.due - realElapsed() > target) break;
      this.#ahead = Math.max(this.#ahead, next.due - realElapsed());
      next.fire();
    }
    this.#ahead = Math.max(this.#ahead, target);
  }

  /** Forgets what is due. */
  close(): void {
    for (const { stop } of this.#waiting) stop();
  }
}
