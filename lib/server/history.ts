import { randomBytes } from 'node:crypto';
import type { UpdateEvent } from '../stream/protocol.ts';

/** Bounds of what is remembered for pages that return. */
export interface HistoryBounds {
  /** Most events of one tenant. */
  maxEvents: number;
  /** Most bytes of one tenant's events, about. */
  maxBytes: number;
  /** Most bytes of all tenants' events, about. */
  maxTotalBytes: number;
  /** How long an event is remembered, in milliseconds. */
  maxAgeMs: number;
}

/** A remembered event: a link in its sequence's chain, and in the one of all events by age. */
interface Kept {
  readonly sequence: Sequence;
  readonly event: UpdateEvent;
  /** Counts over all tenants: the order in which events came. */
  readonly serial: number;
  readonly bytes: number;
  /** When it came, Unix time in milliseconds. */
  readonly at: number;
  nextOfSequence: Kept | undefined;
  older: Kept | undefined;
  newer: Kept | undefined;
}

/** One tenant's events in the order of their offsets, and those of them that are remembered. */
export class Sequence {
  readonly epoch = randomBytes(9).toString('base64url');
  /** Of the newest event; 0 where there was none yet. */
  offset = 0;
  /** No event that came at or after this time is forgotten. */
  knownFrom: number;
  oldest: Kept | undefined;
  newest: Kept | undefined;
  count = 0;
  bytes = 0;

  constructor(knownFrom: number) {
    this.knownFrom = knownFrom;
  }

  /** Whether every event after that offset is remembered. */
  reaches(offset: number): boolean {
    return offset <= this.offset && offset >= this.offset - this.count;
  }

  /** The offset after which the events of that time and later come. */
  offsetBefore(time: number): number {
    for (let kept = this.oldest; kept; kept = kept.nextOfSequence) {
      if (kept.at >= time) return (kept.event.offset ?? 0) - 1;
    }
    return this.offset;
  }

  *after(offset: number): Generator<Kept> {
    for (let kept = this.oldest; kept; kept = kept.nextOfSequence) {
      if ((kept.event.offset ?? 0) > offset) yield kept;
    }
  }
}

/** What an event is counted with beside its texts. */
const fixedBytes = 250;

/**
 * The events that are remembered, over all sequences. Each step costs the same however many tenants there are: the oldest
 * of all is at the head of one chain, the oldest of a sequence at the head of its own.
 */
export class EventHistory {
  readonly #bounds: HistoryBounds;
  #oldest: Kept | undefined;
  #newest: Kept | undefined;
  #bytes = 0;
  #serial = 0;

  constructor(bounds: HistoryBounds) {
    this.#bounds = bounds;
  }

  /** About how many bytes are remembered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Remembers a sequence's newest event, and forgets what exceeds the bounds. */
  keep(sequence: Sequence, event: UpdateEvent, at: number): void {
    const { maxEvents, maxBytes, maxTotalBytes } = this.#bounds;
    this.#serial += 1;
    const kept: Kept = {
      sequence,
      event,
      serial: this.#serial,
      bytes: bytesOf(event),
      at,
      nextOfSequence: undefined,
      older: this.#newest,
      newer: undefined,
    };
    if (this.#newest) this.#newest.newer = kept;
    else this.#oldest = kept;
    this.#newest = kept;
    if (sequence.newest) sequence.newest.nextOfSequence = kept;
    else sequence.oldest = kept;
    sequence.newest = kept;
    sequence.count += 1;
    sequence.bytes += kept.bytes;
    this.#bytes += kept.bytes;
    while (sequence.count > maxEvents || sequence.bytes > maxBytes) this.#drop(sequence.oldest);
    while (this.#bytes > maxTotalBytes) this.#drop(this.#oldest);
    this.expire(at);
  }

  /** Forgets what is too old. */
  expire(now: number): void {
    while (this.#oldest && now - this.#oldest.at > this.#bounds.maxAgeMs) this.#drop(this.#oldest);
  }

  /** Forgets all of a sequence. */
  forget(sequence: Sequence): void {
    while (sequence.oldest) this.#drop(sequence.oldest);
  }

  /** Forgets an event, the oldest of its sequence. */
  #drop(kept: Kept | undefined): void {
    if (!kept) return;
    const { sequence, older, newer } = kept;
    sequence.oldest = kept.nextOfSequence;
    if (!sequence.oldest) sequence.newest = undefined;
    sequence.count -= 1;
    sequence.bytes -= kept.bytes;
    sequence.knownFrom = Math.max(sequence.knownFrom, kept.at + 1);
    this.#bytes -= kept.bytes;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    // What is forgotten must not hold on to what came after it: an old link would keep all of it from a quick collection.
    kept.nextOfSequence = undefined;
    kept.older = undefined;
    kept.newer = undefined;
  }
}

function bytesOf({ userid, rectype, recid, login = '', extra }: UpdateEvent): number {
  return fixedBytes + 2 * (userid.length + rectype.length + recid.length + login.length) + sizeOf(extra);
}

/** About how many bytes a value takes; its depth is bounded. */
function sizeOf(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === 'string') return 16 + 2 * value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 16;
  if (Array.isArray(value)) for (const item of value) bytes += sizeOf(item) + 8;
  else for (const [name, item] of Object.entries(value)) bytes += 2 * name.length + sizeOf(item) + 8;
  return bytes;
}
