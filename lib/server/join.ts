import type { PageToken } from '../stream/keys.ts';
import { Page } from './page.ts';
import type { PageLink } from './page-link.ts';
import type { Parts } from './parts.ts';

/** Who joins, and the connection id that a proven statement names for it. */
export interface Joining {
  gsid: string;
  userid: string;
  claimed?: number | undefined;
  /** What its token says; undefined on Gyroscope's wire. */
  token?: PageToken | undefined;
}

/** Makes a page a member of its tenant: from here on it misses nothing. An older holder of its id is disconnected. */
export function join(link: PageLink, { gsid, userid, claimed, token }: Joining, parts: Parts): Page {
  const { hub, roster, engine, meter, logger } = parts;
  const page = new Page(link, { gsid, userid, sid: hub.sidFor(gsid, userid, claimed ?? engine.newSid?.()), token });
  hub.add(page)?.link.close('replaced');
  roster.add(page);
  link.renewAt(token?.session.end);
  const left = engine.joined?.(page, page.sid === claimed);
  meter.opened.add(page.wire);
  meter.connections[page.wire] += 1;
  const told = logger.wants('debug') ? { gsid, userid, sid: page.sid, wire: page.wire } : undefined;
  if (told) logger.event('debug', 'page-connected', told, 'a page has connected');
  link.onGone(() => {
    meter.connections[page.wire] -= 1;
    meter.closed.add(link.ended);
    if (told) logger.event('debug', 'page-closed', { ...told, reason: link.ended }, 'a page has gone');
    left?.();
    hub.remove(page);
    roster.remove(page);
  });
  return page;
}
