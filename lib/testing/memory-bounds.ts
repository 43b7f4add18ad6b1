import type { CheckedWriterBounds } from '../action/writer-bounds.ts';
import { ActionlogError } from '../errors.ts';

/** How many entries wait to be written: no more than the writer's bounds allow, as in the other stores. */
export class MemoryBounds {
  readonly #bounds: CheckedWriterBounds;
  #entries = 0;
  #bytes = 0;

  constructor(bounds: CheckedWriterBounds) {
    this.#bounds = bounds;
  }

  /** Waits for a turn, for those who have come already. @throws ActionlogError `writer-full` */
  async pass(entries: number, bytes: number): Promise<void> {
    const { maxWaiting, maxWaitingBytes, whenFull } = this.#bounds;
    const waiting = this.#entries;
    if (whenFull === 'reject' && (waiting >= maxWaiting || this.#bytes >= maxWaitingBytes)) {
      const fields = { waiting, bytes: this.#bytes };
      throw new ActionlogError('writer-full', `an entry was not written: ${waiting} wait already`, { fields });
    }
    this.#entries += entries;
    this.#bytes += bytes;
    await Promise.resolve();
    this.#entries -= entries;
    this.#bytes -= bytes;
  }
}
