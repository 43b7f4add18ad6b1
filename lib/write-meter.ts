import { ActionlogError } from './errors.ts';
import { Latencies } from './stream/latencies.ts';
import { Tally } from './stream/tally.ts';

/** Counts entries that were written, and those that were not. */
export class WriteMeter {
  /** From the call until the row is durable. */
  readonly written = new Latencies();
  readonly failed = new Tally('code');

  /** Follows one entry on its way into the store, or so many that go together. */
  async follow<T>(write: Promise<T>, count = 1): Promise<T> {
    const begun = performance.now();
    try {
      const entry = await write;
      const took = performance.now() - begun;
      for (let n = 0; n < count; n += 1) this.written.add(took);
      return entry;
    } catch (error) {
      for (let n = 0; n < count; n += 1) this.failed.add(error instanceof ActionlogError ? error.code : 'other');
      throw error;
    }
  }
}
