const key = 'actionlog.resume';

/**
 * Takes the statement that the page before this one left in the same tab, which gives this page its connection id. It is
 * removed at once: a tab that is duplicated while this page is shown must not find it.
 */
export function takeResume(): string | undefined {
  try {
    const resume = sessionStorage.getItem(key) ?? undefined;
    sessionStorage.removeItem(key);
    return resume;
  } catch {
    return undefined; // no storage here, or blocked by the user: the page gets a new connection id
  }
}

/** Leaves the statement for the next page of this tab; where there is none, nothing stays. */
export function leaveResume(resume: string | undefined): void {
  try {
    if (resume) sessionStorage.setItem(key, resume);
  } catch {
    takeResume(); // blocked or full: the next page gets a new connection id
  }
}
