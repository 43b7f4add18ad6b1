import type { IncomingMessage, ServerResponse } from 'node:http';
import { ActionlogError } from '../errors.ts';
import {
  type Dump,
  type EventRefusal,
  maxEventLength,
  maxRelayBytes,
  maxRelayEvents,
  parseEvent,
  parseRevoke,
  type RelayAnswer,
  type RevokeItem,
  type UpdateEvent,
} from '../stream/protocol.ts';
import { asksForDump, takeDump } from './dumps.ts';
import type { RelayMark } from './engine.ts';
import { answerAndEnd, answerAndStay, type HttpRefusal, type Refusal, refuse } from './http-answers.ts';
import type { Parts } from './parts.ts';
import { readBody } from './relay-body.ts';

/** When a relay is to come again for which there was no room, in milliseconds. */
const retryAfterMs = 1_000;
/** Longest id of a relay, in characters: ids are remembered. */
const maxIdLength = 255;

/** What a relay may carry. */
type RelayItem = UpdateEvent | RevokeItem;

/** Answers `POST …/relay`: the relay of the default wire. */
export async function answerRelay(req: IncomingMessage, res: ServerResponse, parts: Parts): Promise<void> {
  req.on('error', () => undefined); // the peer left: there is nobody to answer, and nothing failed here
  const begun = performance.now();
  req.resume(); // what is not wanted of a body must not stop the socket, or its end would never be seen
  try {
    const outcome = await takeRelay(req, parts);
    if (outcome === 'gone') return;
    if ('code' in outcome && outcome.code === 'signature-wrong')
      parts.warnings.warn('signature', wrongSecret(req.socket.remoteAddress));
    if ('code' in outcome) return refuseRelay(req, res, outcome, parts);
    for (const { code } of outcome.refused) parts.meter.refused.add('event', code);
    parts.meter.relayed(Number(req.headers['webhook-timestamp']), begun);
    const idleMs = parts.options.relayKeepAliveMs;
    if (idleMs > 0 && wantsToStay(req) && !parts.isClosing()) answerAndStay(req, res, JSON.stringify(outcome), idleMs);
    else answerAndEnd(req, res, 202, JSON.stringify(outcome));
  } catch (error) {
    parts.onError(error);
    refuse(req, res, 'server-failed');
  }
}

function refuseRelay(req: IncomingMessage, res: ServerResponse, refusal: Refusal, { meter, warnings }: Parts): void {
  const { code, message, retryAfterMs } = refusal;
  meter.refused.add('relay', code);
  if (code !== 'signature-wrong') warnings.refused('relay', code, `a relay was refused: ${message ?? code}`);
  refuse(req, res, code, message, retryAfterMs);
}

/** In HTTP/1.1 a connection stays where nothing is said; here only where it is asked for in so many words. */
function wantsToStay({ headers, httpVersion }: IncomingMessage): boolean {
  return httpVersion === '1.1' && /^\s*keep-alive\s*$/i.test(headers.connection ?? '');
}

/** The sender is told as well; but whoever runs the server looks here first. */
const wrongSecret = (from = 'somewhere') =>
  `a relay from ${from} was refused: it is signed by none of this server's secrets; the application's stream.secrets must be among them (STREAM_SECRET on both sides)`;

/** What a relay says of itself in its headers. */
export type RelayHeaders = Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', unknown>;

/** What is needed to take a relay whose body is there. */
export type RelayParts = Pick<Parts, 'keys' | 'seen' | 'engine' | 'logger' | 'isClosing' | 'publish'> & {
  readonly options: Pick<Parts['options'], 'toleranceMs'>;
  readonly admission: Pick<Parts['admission'], 'refusesRelay'>;
};

async function takeRelay(req: IncomingMessage, parts: Parts): Promise<RelayAnswer | Refusal | 'gone'> {
  const { relayTimeoutMs } = parts.options;
  return await takeSigned(
    req.headers as Partial<RelayHeaders>,
    () => readBody(req, { maxBytes: maxRelayBytes, timeoutMs: relayTimeoutMs }, parts.underWay),
    parts,
  );
}

/** Takes a relay, whose body is read once its headers are there. */
export async function takeSigned(
  headers: Partial<RelayHeaders>,
  read: () => Promise<Awaited<ReturnType<typeof readBody>>>,
  parts: RelayParts,
): Promise<RelayAnswer | Refusal | 'gone'> {
  const { keys, seen, options } = parts;
  if (!keys) return { code: 'wire-closed', message: 'the default wires are closed: no option "secrets" was given' };
  if (parts.isClosing()) return { code: 'shutting-down' };
  if (!parts.engine.ready) return { code: 'engine-away' };
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string' || !signatures) {
    return { code: 'headers-missing' };
  }
  if (id === '' || id.length > maxIdLength || !/^\d{1,11}$/.test(timestamp)) return { code: 'headers-missing' };

  const body = await read();
  if (body === 'gone') return 'gone';
  if (body === 'relays-pile-up') return { code: body, retryAfterMs };
  if (typeof body === 'string') return { code: body };
  const key = keys.relayKey({ id, timestamp, body }, signatures);
  if (key === undefined) return { code: 'signature-wrong' };
  const tooMany = parts.admission.refusesRelay(key);
  if (tooMany) return tooMany;
  const stamp = Number(timestamp);
  const refusal = seen.refuses(stamp);
  if (refusal) return stampRefusal(refusal, stamp, options.toleranceMs);

  const items = eventsOf(body);
  if (!Array.isArray(items)) return items;
  const dumps: Dump[] = [];
  const taken = seen.take(id, stamp, () => publishAll(items, parts, dumps, { id, stamp }));
  // a repeat asks again who is connected: its first answer may never have arrived
  const answered = taken.then(async (answer) => {
    if (typeof answer !== 'string' && dumps.length === 0) await dumpAll(items, parts, dumps);
    return answer;
  });
  const answer = await answered.catch(engineRefusal);
  if (typeof answer === 'string') return stampRefusal(answer, stamp, options.toleranceMs);
  return dumps.length > 0 ? { ...answer, dump: merged(dumps) } : answer;
}

function stampRefusal(code: HttpRefusal, stamp: number, toleranceMs: number): Refusal {
  if (code !== 'stamp-too-old' && code !== 'stamp-too-new') return { code };
  const now = Math.floor(Date.now() / 1000);
  const off = now - stamp;
  if (Math.abs(off) * 1000 > toleranceMs) {
    const message = `the clocks are apart, or the relay was under way for long: its stamp is ${Math.abs(off)} s ${off > 0 ? 'behind' : 'ahead of'} this server's clock (signed at ${timeOf(stamp)}, here it is ${timeOf(now)})`;
    return { code, message };
  }
  return { code, message: 'the stamp is older than the memory of this server, which has just started: sign it again' };
}

const timeOf = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

/** What the engine could not take: the sender tries again. */
function engineRefusal(error: unknown): HttpRefusal {
  if (!(error instanceof ActionlogError)) throw error;
  return error.fields['refusal'] === 'stamp-too-old' ? 'stamp-too-old' : 'engine-away';
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The items of a body, each parsed or refused. */
function eventsOf(body: Buffer): (RelayItem | EventRefusal)[] | Refusal {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(body));
  } catch {
    return { code: 'body-malformed', message: 'the body is no JSON' };
  }
  const events = (value as { events?: unknown } | null)?.events;
  if (!Array.isArray(events)) return { code: 'body-malformed' };
  if (events.length > maxRelayEvents) {
    return { code: 'too-many-events', message: `a relay takes ${maxRelayEvents} events, not ${events.length}` };
  }
  // JSON that is written anew is at most five times as long, and so only where it has numbers such as 1e20.
  const mayBeLong = body.length * 5 > maxEventLength;
  return events.map((one) => {
    textIds(one);
    const event = parseRevoke(one) ?? parseEvent(one);
    return mayBeLong && isLong(event) ? 'event-too-large' : event;
  });
}

/** Turns ids that are numbers into text, in place, where no digit of them can have been lost. */
function textIds(item: unknown): void {
  if (typeof item !== 'object' || item === null) return;
  const fields = item as Record<string, unknown>;
  for (const name of ['gsid', 'userid', 'recid', 'alogid']) {
    const id = fields[name];
    if (Number.isSafeInteger(id) && Number(id) >= 0) fields[name] = String(id);
  }
}

/** Only `extra` has no bound of its own; its depth is checked by now, so that this cannot overflow the stack. */
function isLong(event: RelayItem | EventRefusal): boolean {
  const hasExtra = typeof event !== 'string' && event.type === 'update' && event.extra !== undefined;
  return hasExtra && JSON.stringify(event).length > maxEventLength;
}

async function publishAll(
  items: (RelayItem | EventRefusal)[],
  parts: RelayParts,
  dumps: Dump[],
  relay: Pick<RelayMark, 'id' | 'stamp'>,
): Promise<Pick<RelayAnswer, 'accepted' | 'refused'>> {
  const refused: RelayAnswer['refused'] = [];
  /** Events that the engine has not acknowledged yet; what is no event waits for them. */
  const underWay: Promise<void>[] = [];
  let first = 0;
  for (const [index, item] of items.entries()) {
    if (typeof item === 'string') refused.push({ index, code: item });
    else if (item.type === 'update' && !asksForDump(item)) {
      const published = parts.publish(item, undefined, { ...relay, index: first });
      if (published) underWay.push(published);
    } else {
      await Promise.all(underWay);
      if (item.type === 'revoke') await parts.engine.revoke(item);
      else if (asksForDump(item)) dumps.push(await takeDump(item, parts));
      first = index + 1;
    }
  }
  await Promise.all(underWay);
  return { accepted: items.length - refused.length, refused };
}

async function dumpAll(items: (RelayItem | EventRefusal)[], parts: RelayParts, dumps: Dump[]): Promise<void> {
  for (const item of items) {
    if (typeof item !== 'string' && item.type === 'update' && asksForDump(item))
      dumps.push(await takeDump(item, parts));
  }
}

/** One dump of several: a relay may carry more than one question. */
function merged(dumps: Dump[]): Dump {
  const all: { gsidmap?: Record<string, number[]>; wsclientmap?: Record<string, { gsid: string; userid: string }> } =
    {};
  for (const dump of dumps) {
    if ('gsidmap' in dump) all.gsidmap = { ...all.gsidmap, ...dump.gsidmap };
    else all.wsclientmap = { ...all.wsclientmap, ...dump.wsclientmap };
  }
  return all as Dump;
}
