import { parseEvent, type UpdateEvent } from '../../stream/protocol.ts';
import type { GivenIds } from '../messages.ts';

/** An event as it is kept in Redis: without its place, which the sequence gives it. */
export interface Payload {
  event: UpdateEvent;
  given: GivenIds | undefined;
  /** When a server took it, Unix time in milliseconds. */
  takenAt: number | undefined;
}

/** What a channel says. */
export type ChannelMessage =
  | { kind: 'event'; epoch: string; offset: number; payload: string }
  | { kind: 'told'; at: number; text: string };

export function payloadText({ epoch: _epoch, offset: _offset, ...event }: UpdateEvent, given?: GivenIds): string {
  return JSON.stringify([event, given ?? 0, Date.now()]);
}

/** Undefined for what is none: whoever wrote it, the node goes on. */
export function parsePayload(text: string): Payload | undefined {
  const value = parsed(text);
  if (!Array.isArray(value)) return undefined;
  const event = parseEvent(value[0]);
  if (typeof event === 'string') return undefined;
  const takenAt = typeof value[2] === 'number' ? value[2] : undefined;
  return { event, given: isGiven(value[1]) ? value[1] : undefined, takenAt };
}

/** The message of a channel; undefined where it is none of ours. */
export function parseMessage(message: string): ChannelMessage | undefined {
  const [, first = '', number = '', rest = ''] = /^(\S{1,64}) (\d{1,16}) (.*)$/s.exec(message) ?? [];
  if (first === '') return undefined;
  return first === '!'
    ? { kind: 'told', at: Number(number), text: rest }
    : { kind: 'event', epoch: first, offset: Number(number), payload: rest };
}

/** The object of a text; undefined where it is none. */
export function parsedObject(text: string): Record<string, unknown> | undefined {
  const value = parsed(text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller goes on without it
  }
}

function isGiven(value: unknown): value is GivenIds {
  if (typeof value !== 'object' || value === null) return false;
  const { sid, gsid, userid, recid } = value as Record<string, unknown>;
  return [sid, gsid, userid, recid].every((id) => typeof id === 'string');
}
