import type { Dump, RevokeItem, UpdateEvent } from '../stream/protocol.ts';
import type { EngineNeeds, EngineSink, PageName } from './engine-sink.ts';
import { EventHistory, type HistoryBounds, Sequence } from './history.ts';
import type { DumpRectype } from './hub.ts';
import type { GivenIds } from './messages.ts';
import type { Position } from './position.ts';

export type { Position } from './position.ts';

/** From where a page wants its events: after its last position, or from a time on (Unix time in milliseconds). */
export type Wanted = Position | { since: number };

/** Where a page's events begin. */
export interface Beginning {
  /** What the page gets comes after it. */
  from: Position;
  /** The newest place; behind `from` where there is something to catch up with. */
  newest: Position;
  /** Whether the page gets all that it wanted; undefined where it wanted nothing of the past. */
  recovered: boolean | undefined;
  /** What came between `from` and `newest`, in the order in which it came. */
  missed: UpdateEvent[];
}

/** The relay that an event came in, by which it is known again where that relay comes again. */
export interface RelayMark {
  id: string;
  /** Of the first of those items of the relay that are taken together. */
  index: number;
  /** When the relay was signed, Unix time in seconds. */
  stamp: number;
}

/**
 * Gives each tenant's events their place in that tenant's sequence, remembers them for pages that return, and delivers
 * them to the pages of each server that it connects. It belongs to one server, which starts and closes it.
 */
export interface Engine {
  /** Whether it can take events and begin pages at the moment. */
  readonly ready: boolean;
  /** Whether relays that were taken are known beyond the life of this process. */
  readonly remembersRelays: boolean;
  /** About how many bytes of events are remembered in this process; left out where they are elsewhere. */
  readonly bytes?: number;
  /** Its own figures, for the metrics: numbers under names of a fixed few. */
  readonly stats?: object;
  /** Begins to deliver; called once. */
  start(needs: EngineNeeds): void;
  /**
   * Takes an event, which is the engine's from now on; what it carried of `epoch` and `offset` before is dropped. Resolves once the engine has it; it is
   * delivered to this server's pages as to those of every other one.
   */
  append(event: UpdateEvent, given?: GivenIds, relay?: RelayMark): unknown;
  /** Where a page of the tenant begins: all that it wants, or nothing of the past. */
  begin(gsid: string, wanted?: Wanted): Beginning | Promise<Beginning>;
  /**
   * A page has joined: its tenant's events are delivered here until the function is called that is returned.
   * @param returned whether it has its connection id from an earlier connection, which is to end
   */
  joined?(page: PageName, returned: boolean): () => void;
  /** A connection id that no page of any server has; undefined where none is at hand. */
  newSid?(): number | undefined;
  /** Takes a revocation, to every server; resolves once it cannot be lost. */
  revoke(item: RevokeItem): void | Promise<void>;
  /** Who is connected, over all servers. */
  dump(rectype: DumpRectype, gsid: string): Dump | Promise<Dump>;
  close(): void | Promise<void>;
  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

const everyTenant = '0';
/** Most tenants whose sequence is known; a part of those without events for the longest time is dropped beyond it. */
const maxTenants = 10_000;
const droppedAtOnce = 1_000;

/** The engine of a single server: its sequences end with the process, and those of the next one have other epochs. */
export class MemoryEngine implements Engine {
  readonly #history: EventHistory;
  /** By tenant, the one that was used last at the end. */
  readonly #sequences = new Map<string, Sequence>();
  readonly #everybodys: Sequence;
  /** The last of them: a relay's events are of one tenant, mostly. */
  #latest: { gsid: string; sequence: Sequence } | undefined;
  /** Whatever came at or after this time to a tenant without a sequence did not come at all. */
  #knownFrom = Date.now();
  #sink: EngineSink | undefined;
  readonly ready = true;
  readonly remembersRelays = false;

  constructor(bounds: HistoryBounds) {
    this.#history = new EventHistory(bounds);
    this.#everybodys = new Sequence(this.#knownFrom);
  }

  /** About how many bytes of events are remembered. */
  get bytes(): number {
    return this.#history.bytes;
  }

  start({ sink }: Pick<EngineNeeds, 'sink'>): void {
    this.#sink = sink;
  }

  append(event: UpdateEvent, given?: GivenIds): UpdateEvent {
    const sequence = this.#sequence(event.gsid);
    sequence.offset += 1;
    event.epoch = sequence.epoch; // in place: a copy of each event would cost more than all else here
    event.offset = sequence.offset;
    this.#history.keep(sequence, event, Date.now());
    this.#sink?.deliver(event, given);
    return event;
  }

  revoke(item: RevokeItem): void {
    this.#sink?.revoke(item);
  }

  dump(rectype: DumpRectype, gsid: string): Dump {
    return this.#sink?.dump(rectype, gsid) ?? (rectype === 'gsidmap' ? { gsidmap: {} } : { wsclientmap: {} });
  }

  close(): void {}

  async [Symbol.asyncDispose](): Promise<void> {}

  begin(gsid: string, wanted?: Wanted): Beginning {
    this.#history.expire(Date.now());
    const own = this.#sequence(gsid);
    const newest: Position = { epoch: own.epoch, offset: own.offset, offset0: this.#everybodys.offset };
    if (!wanted) return { from: newest, newest, recovered: undefined, missed: [] };
    const from = this.#reached(own, wanted);
    if (!from) return { from: newest, newest, recovered: false, missed: [] };
    const missed = [...own.after(from.offset)];
    if (own !== this.#everybodys) missed.push(...this.#everybodys.after(from.offset0));
    missed.sort((a, b) => a.serial - b.serial);
    return { from, newest, recovered: true, missed: missed.map(({ event }) => event) };
  }

  /** The wanted place, where everything after it is remembered. */
  #reached(own: Sequence, wanted: Wanted): Position | undefined {
    const { epoch } = own;
    const all = this.#everybodys;
    if ('since' in wanted) {
      const { since } = wanted;
      const known = since >= own.knownFrom && since >= all.knownFrom;
      // A time to come was told by a clock that is ahead of ours: nobody knows what it means.
      if (!known || since > Date.now()) return undefined;
      return { epoch, offset: own.offsetBefore(since), offset0: all.offsetBefore(since) };
    }
    const known = wanted.epoch === epoch && own.reaches(wanted.offset) && all.reaches(wanted.offset0);
    return known ? { epoch, offset: wanted.offset, offset0: wanted.offset0 } : undefined;
  }

  #sequence(gsid: string): Sequence {
    if (gsid === everyTenant) return this.#everybodys;
    if (this.#latest?.gsid === gsid) return this.#latest.sequence;
    const known = this.#sequences.get(gsid);
    if (known) this.#sequences.delete(gsid);
    else if (this.#sequences.size >= maxTenants) this.#dropIdle();
    const sequence = known ?? new Sequence(this.#knownFrom);
    this.#sequences.set(gsid, sequence);
    this.#latest = { gsid, sequence };
    return sequence;
  }

  /** Drops many at once, so that the search for the oldest costs little for each. */
  #dropIdle(): void {
    let left = droppedAtOnce;
    for (const [gsid, sequence] of this.#sequences) {
      if (left-- === 0) break;
      this.#history.forget(sequence);
      this.#knownFrom = Math.max(this.#knownFrom, sequence.knownFrom);
      this.#sequences.delete(gsid);
    }
  }
}
