import type { Position } from './engine.ts';
import type { EngineSink } from './engine-sink.ts';
import { greetingFrame } from './messages.ts';
import type { Page } from './page.ts';
import type { Parts } from './parts.ts';
import { renewPagesOf } from './recent-revocations.ts';

/** What the engine does at the pages of one server. */
export function pageSink(parts: Parts): EngineSink {
  const { hub, roster, revocations, meter, logger, onError } = parts;
  return {
    deliver(event, given, takenAt) {
      hub.publish(event, given);
      meter.delivered(event.gsid === '0' ? hub.size : roster.sizeOfTenant(event.gsid), takenAt);
      if (event.rectype === 'reauth') renewPagesOf(event, roster);
    },
    lost(gsid, placeOf) {
      for (const page of roster.pagesOfTenant(gsid)) {
        const place = placeOf(page.gsid);
        if (!place || page.wire !== 'default') continue; // Gyroscope's wire has no word for it
        greetAnew(page, place, parts.keys).catch((error) => {
          onError(error);
          page.link.close('failed'); // it comes back, and is told then
        });
      }
    },
    revoke(item) {
      const { gsid, userid } = item;
      const whole = item.session === undefined;
      const message = whole ? "a user's sessions were revoked" : 'a session has ended';
      logger.event('info', 'revocation', { gsid, userid, whole }, message);
      revocations.take(item, roster);
    },
    replaced({ gsid, userid, sid }) {
      for (const page of roster.pagesOf(gsid, userid)) if (page.sid === sid) page.link.close('replaced');
    },
    dump: (rectype, gsid) => hub.dump(rectype, gsid),
    onError,
  };
}

/** The pages that are told at the moment, and the latest place of each: one loss may follow another at once. */
const places = new WeakMap<Page, Position>();

/** Tells a connected page that it may have missed something: a greeting as after a reconnect, with its new place. */
async function greetAnew(page: Page, place: Position, keys: Parts['keys']): Promise<void> {
  if (!keys) return;
  const isTold = places.has(page);
  places.set(page, place);
  if (isTold) return;
  if (!page.hold()) {
    page.link.close('failed'); // its first greeting is under way, with a place that is no more: it comes back at once
    return;
  }
  const { sid, gsid, userid } = page;
  const time = Date.now();
  const resume = await keys.issueResume({ sid, gsid, userid });
  const latest = places.get(page) ?? place;
  places.delete(page);
  // all that came meanwhile goes along: it came after the loss
  page.greet(greetingFrame({ type: 'getsid', sid, gsid, userid, ...latest, recovered: false, resume, time }));
}
