// The line on a page that is out of date.

import { announce } from './say.js';

const line = document.querySelector('[data-stale]');

function show() {
  if (!line?.hidden) return;
  line.hidden = false;
  announce(line.textContent);
}

/** An event came: does it make this page out of date? Not where it is the page's own. */
export function noteEvent({ rectype, own }) {
  if (rectype === 'user' && !own) show();
}
