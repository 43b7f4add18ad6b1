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
export function join(link: PageLink, { gsid, userid, claimed, token }: Joining, { hub, roster }: Parts): Page {
  const page = new Page(link, { gsid, userid, sid: hub.sidFor(gsid, userid, claimed), token });
  hub.add(page)?.link.close('replaced');
  roster.add(page);
  link.renewAt(token?.session.end);
  link.onGone(() => {
    hub.remove(page);
    roster.remove(page);
  });
  return page;
}
