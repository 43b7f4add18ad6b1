/** Upper bounds of what takes milliseconds, in seconds. */
const usual: readonly number[] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How long something took, counted into buckets: plain numbers, so that counting costs next to nothing. */
export class Latencies {
  /** Upper bounds of the buckets, in seconds. */
  readonly bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[] = usual) {
    this.bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Counts one duration. @param ms milliseconds; less than 0, as by clocks that are apart, counts as 0 */
  add(ms: number): void {
    const seconds = Math.max(ms, 0) / 1000;
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] ?? 0)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += seconds;
  }

  /** How many lasted as long as each bound at most, then how many there are; and all of them together, in seconds. */
  read(): { cumulative: number[]; count: number; sum: number } {
    let count = 0;
    const cumulative = Array.from(this.#counts, (some) => {
      count += some;
      return count;
    });
    return { cumulative, count, sum: this.#sum };
  }
}
