// Words for people: times, names, and the line that a screen reader speaks.

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

export const atTime = (ms) => (ms ? ` at ${time.format(ms)}` : '');

/** Who did it, for a reader who may be the very same user. */
export function nameOf({ userid, by }) {
  return userid === document.body.dataset.userid ? 'You, in another window,' : (by ?? 'Somebody else');
}

const announcer = document.querySelector('[data-announcer]');

/** Has screen readers say it when they are done with what they say now. */
export function announce(text) {
  if (announcer) announcer.textContent = text;
}
