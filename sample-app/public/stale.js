// The line on pages that show what happened: there is more by now.

import { announce } from './say.js';

const line = document.querySelector('[data-stale]');
const { view } = document.body.dataset;

function show() {
  if (!line?.hidden) return;
  line.hidden = false;
  announce(line.textContent);
}

/** An event came: does it make this page out of date? Not where the page was rendered after it, or by it. */
export function noteEvent({ rectype, alogid, own }) {
  if (view === 'activity' ? BigInt(alogid ?? 0) > BigInt(line?.dataset.newest || 0) : rectype === 'user' && !own)
    show();
}

/** Compares with the server: what happened while the page was not connected. */
export async function checkNewest() {
  if (view !== 'activity' || !line?.hidden || new URLSearchParams(location.search).has('before')) return;
  const response = await fetch(location.href);
  if (!response.ok || response.redirected) return;
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').querySelector('[data-stale]');
  if (fresh && fresh.dataset.newest !== line.dataset.newest) show();
}
