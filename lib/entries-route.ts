import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import type { MissedEntry, MissedQuery } from './action/store.ts';
import { callback, parseOptions } from './options.ts';
import type { Actor } from './session/actor.ts';
import { actorOf } from './session/guards.ts';
import { eventOf } from './stream/announcer.ts';
import { dumpRectypes, type EntriesAnswer, type MissedUpdate } from './stream/protocol.ts';

/** What the router for the page's client takes. */
export interface RoutesOptions {
  /**
   * Whether this user may read message and raw object of the entries that his page has missed; default: nobody may, and
   * pages get what an event says, no more. What it throws or rejects with goes to `next(err)`.
   */
  authorize?: ((actor: Actor, req: Request) => boolean | Promise<boolean>) | undefined;
}

const schema = z.strictObject({ authorize: callback<NonNullable<RoutesOptions['authorize']>>().optional() });

/** @throws TypeError where an option is wrong */
export function checkRoutesOptions(options: RoutesOptions): RoutesOptions {
  return parseOptions(schema, options, 'routes');
}

/** Where the route reads. */
export interface EntriesSource {
  missed(query: MissedQuery): Promise<MissedEntry[]>;
  /** How long entries wait to be announced at most, in milliseconds. */
  announceWithinMs: number;
  /** Whether the table tells of each entry when it was announced, so that none is missed. */
  complete: boolean;
}

/** How far the clocks of those who mark entries and of the streaming server may be apart, in milliseconds. */
const clockSkewMs = 10_000;
/** How far back a page may ask, in milliseconds: who was away for longer reads anew what he looks at. */
const lookBackMs = 86_400_000;
/** Most entries in one answer; fewer where each has its raw object, of up to 64 KiB. */
const pageSize = 500;
const wholePageSize = 100;

/**
 * Answers `GET /entries?since=<ms>&after=<alogid>`: what a page of the signed-in user may have missed since then, of his
 * tenant alone, and of the last day: the log as a whole is not for every user to read.
 */
export function entriesRoute(source: EntriesSource, { authorize }: RoutesOptions): RequestHandler {
  const { missed, announceWithinMs, complete } = source;
  return async (req, res, next) => {
    try {
      res.set('Cache-Control', 'no-store');
      const actor = actorOf(req);
      const { since, after } = req.query;
      const isAfter = after === undefined || (typeof after === 'string' && /^\d{1,20}$/.test(after));
      if (typeof since !== 'string' || !/^\d{1,15}$/.test(since) || !isAfter) {
        const message = 'expected since=<Unix time in milliseconds>, and after=<alogid> for a further page';
        res.status(400).json({ error: { code: 'query-malformed', message } });
        return;
      }
      const whole = (await authorize?.(actor, req)) === true;
      const limit = whole ? wholePageSize : pageSize;
      const oldest = Date.now() - lookBackMs;
      const from = Math.max(oldest, Number(since) - clockSkewMs);
      const query = { gsid: actor.gsid, since: from, announceWithinMs, whole, limit: limit + 1 };
      const found = await missed(after === undefined ? query : { ...query, after });
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1)?.alogid : undefined;
      const entries = page.filter(({ rectype }) => !dumpRectypes.includes(rectype));
      const answer: EntriesAnswer = {
        entries: entries.map((entry) => updateOf(entry, actor, whole)),
        complete: complete && Number(since) >= oldest,
      };
      res.json(last === undefined ? answer : { ...answer, more: last });
    } catch (error) {
      next(error);
    }
  };
}

/** The event of an entry; a connection id is told to its own user alone, since it was but claimed. */
function updateOf(entry: MissedEntry, actor: Actor, whole: boolean): MissedUpdate {
  const sid = entry.userid === actor.userid ? entry.sid : 0;
  const { alogid, gsid, userid } = entry;
  const event: MissedUpdate = { ...eventOf(entry), type: 'update', sid, alogid, gsid, userid, recid: entry.recid };
  return whole ? { ...event, message: entry.logmessage, rawobj: entry.rawobj } : event;
}
