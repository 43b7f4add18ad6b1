// The connection to the streaming server, and what its events do to this page.

import { refreshList, refreshRow } from './list.js';
import { noteEvent } from './stale.js';
import { logEvent, showSid } from './streamtest.js';
import { clear, mark, openIds } from './tabs.js';

const statusTexts = {
  connecting: 'Connecting…',
  open: 'Live',
  waiting: 'Reconnecting…',
  offline: 'No network',
  'signed-out': 'Signed out',
  off: 'Not live',
  closed: 'Not live',
};

const { userid } = document.body.dataset;

export function goLive(client) {
  const live = document.querySelector('[data-live]');
  const showStatus = (status) => {
    live.hidden = false;
    live.dataset.live = status;
    live.querySelector('[data-live-text]').textContent = statusTexts[status];
    showSid(client.sid);
  };
  showStatus(client.status);
  client.on('status', ({ status }) => showStatus(status));
  // More went by than the servers could tell of: look at what this page shows anew.
  client.on('gap', () => {
    Promise.all([catchUpTabs(), refreshList()]).catch((error) => console.warn('catching up:', error));
  });
  client.on('update', (event) => {
    take(client, event).catch((error) => console.warn('after an event:', error));
  });
}

async function take(client, event) {
  logEvent(event);
  noteEvent(event);
  if (event.rectype === 'reauth' && event.recid === userid) return renewSession(client);
  if (event.rectype !== 'product') return;
  const { version, by = event.login } = event.extra ?? {};
  const change = { version, by, userid: event.userid, at: event.time ?? Date.now() };
  if (event.own) clear(event.recid, version);
  else mark(event.recid, change);
  await refreshRow(event.recid, change);
}

/** The newest versions of the open records. */
async function catchUpTabs() {
  const ids = openIds();
  if (ids.length === 0) return;
  const response = await fetch(`/products/versions?open=${ids.join(',')}`);
  if (!response.ok || response.redirected) return;
  for (const { id, ...change } of await response.json()) mark(id, change);
}

/** An admin changed this user: the session gets what the user table says now. */
async function renewSession(client) {
  const body = new URLSearchParams({ _csrf: document.querySelector('input[name="_csrf"]').value });
  const response = await client.fetch('/session/renew', { method: 'POST', body });
  if (response.status === 401) return location.assign('/sign-in');
  if (!response.ok) throw new Error(`renewing the session: ${response.status}`);
  const { dispname } = await response.json();
  document.querySelector('[data-dispname]').textContent = dispname;
}
