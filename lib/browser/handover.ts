/** Up to where a page has got its events. */
export interface Place {
  epoch?: string | undefined;
  offset?: number | undefined;
  offset0?: number | undefined;
  /** The server's time of then, Unix time in milliseconds. */
  time?: number | undefined;
}

/** What a page leaves for the next one of its tab. */
export interface Handover {
  /** Statement that gives the page its connection id. */
  resume?: string | undefined;
  place?: Place | undefined;
}

const key = 'actionlog.resume';

/**
 * Takes what the page before this one left in the same tab. It is removed at once: a tab that is duplicated while this
 * page is shown must not find it.
 */
export function takeHandover(): Handover {
  try {
    const left = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    return Object(JSON.parse(left ?? '{}'));
  } catch {
    return {}; // no storage here, or blocked by the user: the page begins anew
  }
}

/** Leaves it for the next page of this tab; where there is none, nothing stays. */
export function leaveHandover(handover: Handover): void {
  try {
    if (handover.resume || handover.place) sessionStorage.setItem(key, JSON.stringify(handover));
  } catch {
    takeHandover(); // blocked or full: the next page begins anew
  }
}
