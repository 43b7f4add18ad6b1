import { atPrefix, sincePrefix } from '../stream/protocol.ts';
import type { Wanted } from './engine.ts';

/** How far the clock of the application server may be ahead of ours, in milliseconds, without an event being missed. */
const clockSkewMs = 1_000;

/**
 * From where a page wants its events, by the subprotocols that it offers; undefined where it says nothing. What is
 * malformed is a place that nobody knows: the page must hear that it has not caught up. A place without the part of tenant
 * 0 is one before all of that tenant's events: none of them is missed, and one may come again.
 */
export function wantedOf(offered: readonly string[]): Wanted | undefined {
  const at = offered.find((part) => part.startsWith(atPrefix));
  if (at !== undefined) {
    const [, epoch = '', offset, offset0 = '0'] =
      /^([\w-]{1,64})\.(\d{1,15})(?:\.(\d{1,15}))?$/.exec(at.slice(atPrefix.length)) ?? [];
    return { epoch, offset: Number(offset), offset0: Number(offset0) };
  }
  const since = offered.find((part) => part.startsWith(sincePrefix))?.slice(sincePrefix.length);
  if (since === undefined) return undefined;
  return { since: /^\d{1,15}$/.test(since) ? Number(since) - clockSkewMs : Number.NaN };
}
