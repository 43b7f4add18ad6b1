import { ActionlogError } from './errors.ts';
import { Latencies } from './stream/latencies.ts';
import { Tally } from './stream/tally.ts';

/** Counts entries that were written, and those that were not. */
export class WriteMeter {
  /** From the call until the row is durable. */
  readonly written = new Latencies();
  readonly failed = new Tally('code');

  /** Follows one entry on its way into the store. */
  async follow<T>(write: Promise<T>): Promise<T> {
    const begun = performance.now();
    try {
      const entry = await write;
      this.written.add(performance.now() - begun);
      return entry;
    } catch (error) {
      this.failed.add(error instanceof ActionlogError ? error.code : 'other');
      throw error;
    }
  }
}
