import { randomBytes } from 'node:crypto';
import type { UpdateEvent } from '../stream/protocol.ts';

/** A place in a tenant's sequence of events. */
export interface Position {
  /** Names one life of the sequence. */
  epoch: string;
  /** Number of the newest event, from 1; 0 where there was none yet. */
  offset: number;
}

/** Gives each tenant's events their place in that tenant's sequence; tenant 0 has a sequence of its own. */
export interface Engine {
  /** The event with its `epoch` and `offset`; what it carried of these before is dropped. */
  append(event: UpdateEvent): UpdateEvent | Promise<UpdateEvent>;
  /** The place of the tenant's newest event. */
  position(gsid: string): Position | Promise<Position>;
}

/** The engine of a single server: its sequences end with the process, and a new one has another epoch. */
export class MemoryEngine implements Engine {
  readonly #epoch = randomBytes(9).toString('base64url');
  readonly #offsets = new Map<string, number>();

  append(event: UpdateEvent): UpdateEvent {
    const offset = (this.#offsets.get(event.gsid) ?? 0) + 1;
    this.#offsets.set(event.gsid, offset);
    return { ...event, epoch: this.#epoch, offset };
  }

  position(gsid: string): Position {
    return { epoch: this.#epoch, offset: this.#offsets.get(gsid) ?? 0 };
  }
}
