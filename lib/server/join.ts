import { Page, type ProvenToken } from './page.ts';
import type { PageLink } from './page-link.ts';
import type { Parts } from './parts.ts';

/** Who joins, and the connection id that a proven statement names for it. */
export interface Joining {
  gsid: string;
  userid: string;
  claimed?: number | undefined;
  /** What its token says; undefined on Gyroscope's wire. */
  token?: ProvenToken | undefined;
}

/**
 * Makes a page a member of its tenant: from here on it misses nothing. An older holder of its id is disconnected. Whoever
 * owns the link tells the page when it is gone.
 */
export function join(link: PageLink, { gsid, userid, claimed, token }: Joining, parts: Parts): Page {
  const { hub, roster, engine, meter, logger } = parts;
  const sid = hub.sidFor(gsid, userid, claimed ?? engine.newSid?.());
  const page = new Page(link, { gsid, userid, sid, token }, parts);
  hub.add(page)?.link.close('replaced');
  roster.add(page);
  link.renewAt(token?.session.end);
  page.left = engine.joined?.(page, sid === claimed);
  meter.opened.add(page.wire);
  meter.connections[page.wire] += 1;
  if (logger.wants('debug')) logger.event('debug', 'page-connected', page.label, 'a page has connected');
  return page;
}
