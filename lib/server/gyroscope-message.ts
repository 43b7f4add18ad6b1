import { isLosslessNumber, type LosslessNumber, parse } from 'lossless-json';
import { z } from 'zod';
import { phpText } from '../action/php.ts';
import type { GyroscopeRelay } from '../stream/gyroscope-keys.ts';
import { parseEvent, sidOf, type UpdateEvent } from '../stream/protocol.ts';
import type { GivenIds } from './messages.ts';

const losslessNumber = z.custom<LosslessNumber>(isLosslessNumber, 'a number');
/** A value as PHP may have sent it: a text, a number with all its digits, or what a column without a value gave. */
const wireId = z.union([z.string(), z.boolean(), z.null(), losslessNumber]);
/** An id of a page's. */
const pageId = z.union([z.string(), losslessNumber]);
type WireId = z.infer<typeof wireId>;

const relayMessage = z.object({
  type: z.literal('relay'),
  auth: z.string(),
  relay: z.object({
    sid: wireId,
    userid: wireId,
    gsid: wireId,
    type: z.literal('update'),
    rectype: wireId,
    recid: wireId,
  }),
});

const introduction = z.object({ type: z.literal('getsid'), userid: pageId, auth: z.string(), gsid: pageId });

/** The text that PHP makes of a value: the sender's `auth` is over these. */
function textOf(id: WireId): string {
  if (!isLosslessNumber(id)) return phpText(id as string | boolean | null);
  return /^-?\d+$/.test(id.value) ? id.value : phpText(Number(id.value));
}

const jsonOf = (id: WireId) => (isLosslessNumber(id) ? id.value : JSON.stringify(id));

/** Parses JSON without losing a digit of a number; undefined where it is none, or says a thing twice. */
function parseLossless(bytes: Buffer): unknown {
  try {
    return parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined; // whoever called says what was expected
  }
}

/** A relay of Gyroscope's wire, parsed and not yet proven. */
export interface GyroscopeRelayMessage {
  auth: string;
  /** What `auth` proves: ids as text. */
  relay: GyroscopeRelay;
  event: UpdateEvent;
  given: GivenIds;
}

/** Parses a relay; undefined where it is none. */
export function parseGyroscopeRelay(bytes: Buffer): GyroscopeRelayMessage | undefined {
  const message = relayMessage.safeParse(parseLossless(bytes));
  if (!message.success) return undefined;
  const { auth, relay: sent } = message.data;
  const ids = {
    sid: textOf(sent.sid),
    userid: textOf(sent.userid),
    gsid: textOf(sent.gsid),
    recid: textOf(sent.recid),
  };
  const relay: GyroscopeRelay = { ...ids, type: sent.type, rectype: textOf(sent.rectype) };
  const event = parseEvent(relay);
  if (typeof event === 'string') return undefined;
  const given = {
    sid: sidJson(sent.sid),
    gsid: jsonOf(sent.gsid),
    userid: jsonOf(sent.userid),
    recid: jsonOf(sent.recid),
  };
  return { auth, relay, event, given };
}

/** The connection id as it came, unless a page might take for its own what the server does not: such as `7.0` for 7. */
function sidJson(sid: WireId): string {
  const text = textOf(sid);
  return sidOf(text) > 0 || /^(0|-\d+)$/.test(text) ? jsonOf(sid) : '0';
}

/** How a page up to 18.3 introduces itself. */
export interface Introduction {
  auth: string;
  gsid: string;
  userid: string;
  /** The user as it came, as JSON text: the page takes no answer but with its own. */
  useridJson: string;
}

/** Parses an introduction; undefined where the text is another message. */
export function parseIntroduction(text: string): Introduction | undefined {
  const message = introduction.safeParse(parseLossless(Buffer.from(text)));
  if (!message.success) return undefined;
  const { auth, gsid, userid } = message.data;
  return { auth, gsid: textOf(gsid), userid: textOf(userid), useridJson: jsonOf(userid) };
}
