/** Longer than the driver of MySQL tries to connect. */
const maxSeconds = 15;

interface Waiting {
  since: number;
  reject(error: Error): void;
}

/**
 * Waiting for what others give back, such as the connections of a pool. Who waits is let go where nobody was given one for
 * 15 s: then those who have them may be waiting for those who wait.
 */
export class Waits<T> {
  readonly #giveBack: (given: T) => unknown;
  readonly #late: () => Error;
  /** Those who came first are first. */
  readonly #waiting = new Set<Waiting>();
  /** One for all who wait: a timer for each would cost as much as what they wait for. */
  #timer: NodeJS.Timeout | undefined;
  /** Seconds that somebody waited, and at which of them somebody was given one. */
  #seconds = 0;
  #given = 0;

  /**
   * @param giveBack told of what came for somebody who was let go
   * @param late gives the error that they are let go with
   */
  constructor(giveBack: (given: T) => unknown, late: () => Error) {
    this.#giveBack = giveBack;
    this.#late = late;
  }

  /** What is coming, where it comes in time. */
  until(coming: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const one: Waiting = { since: this.#seconds, reject };
      this.#waiting.add(one);
      this.#timer ??= setInterval(() => this.#second(), 1000).unref();
      coming.then(
        (given) => {
          this.#given = this.#seconds;
          if (this.#waiting.delete(one)) resolve(given);
          else this.#giveBack(given);
        },
        (error) => {
          this.#waiting.delete(one);
          reject(error);
        },
      );
    });
  }

  #second(): void {
    this.#seconds += 1;
    for (const one of this.#waiting) {
      if (this.#seconds - Math.max(one.since, this.#given) <= maxSeconds) break;
      this.#waiting.delete(one);
      one.reject(this.#late());
    }
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
