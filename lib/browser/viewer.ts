import { type ActionlogClient, createActionlogClient } from './client.ts';
import type { ActionlogClientStatus } from './events.ts';
import { takeEntries, trimEntries } from './viewer-entries.ts';

/*
 * The script of the viewer's page, an addition: the page works without. It stands two folders below the viewer's path.
 */

/** At most one look at the server in that time, in milliseconds, and in ten times what the last one took. */
const pauseMs = 1_000;
/** When to look again where the server did not answer, in milliseconds. */
const againMs = 3_000;

const statusTexts: Partial<Record<ActionlogClientStatus, string>> = {
  open: 'Live',
  connecting: 'Connecting…',
  waiting: 'Reconnecting…',
  offline: 'No network',
};

const list = document.querySelector<HTMLElement>('[data-entries]');
const news = document.querySelector<HTMLElement>('[data-news]');
const live = document.querySelector<HTMLButtonElement>('[data-live]');

if (list && news && live) {
  const client = createActionlogClient({
    connectUrl: new URL('../../live/connect', import.meta.url).href,
    forms: false,
  });
  goLive(client, list, news, live);
}
for (const form of document.querySelectorAll('form')) form.addEventListener('formdata', leaveOutEmpty);

function goLive(client: ActionlogClient, list: HTMLElement, news: HTMLElement, live: HTMLButtonElement): void {
  const past = list.hasAttribute('data-past');
  let paused = false;
  /** Whether something came that the page does not show yet. */
  let behind = false;
  let looking = false;
  let greeted = false;
  let count = 0;

  const look = async (): Promise<void> => {
    behind = true;
    if (paused) show();
    if (paused || looking || document.hidden) return;
    looking = true;
    try {
      while (behind && !paused && !document.hidden) {
        behind = false;
        const began = performance.now();
        try {
          if (!past) count += await takeNew(list);
          if (past || count > 0) news.textContent = past ? 'There are new entries.' : told(count);
        } finally {
          const pause = Math.max(pauseMs, 10 * (performance.now() - began));
          await new Promise((resolve) => setTimeout(resolve, pause));
        }
      }
    } finally {
      looking = false;
    }
  };
  const lookSoon = () => {
    look().catch((error) => {
      behind = true;
      console.warn('activity: new entries could not be read:', error);
      // while there is no connection, the next one looks again
      if (client.status === 'open') setTimeout(lookSoon, againMs);
    });
  };

  const show = () => {
    const { status } = client;
    const text = statusTexts[status];
    // An application that does not stream has a page that is not live, and no need to say so.
    live.hidden = text === undefined || (!greeted && status !== 'open');
    live.dataset['live'] = paused ? 'paused' : status;
    live.setAttribute('aria-pressed', String(!paused));
    const words = live.querySelector('[data-live-text]');
    if (words) words.textContent = paused ? (behind ? 'Paused, there is more' : 'Paused') : (text ?? '');
    live.toggleAttribute('data-behind', paused && behind);
    live.title = paused ? 'New entries do not appear' : 'New entries appear as they happen';
  };
  client.on('status', show);
  client.on('open', () => {
    if (greeted) lookSoon(); // entries without a record are not announced: there may be some
    greeted = true;
    show();
  });
  client.on('gap', lookSoon);
  client.on('update', ({ alogid }) => {
    if (!alogid || !list.querySelector(`[data-entry="${CSS.escape(alogid)}"]`)) lookSoon();
  });
  // nobody looks at a page in the background: it asks once, when it is seen again
  document.addEventListener('visibilitychange', () => {
    if (behind) lookSoon();
  });
  live.addEventListener('click', () => {
    paused = !paused;
    show();
    if (!paused && behind) lookSoon();
  });
  show();
}

/** Asks for this very page, and shows what is new on it. Resolves with how many entries that are. */
async function takeNew(list: HTMLElement): Promise<number> {
  const response = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!response.ok || response.redirected) throw new Error(`${response.status} ${response.url}`);
  // scripts in a document that is parsed so do not run
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
  const freshList = fresh.querySelector('[data-entries]');
  const freshPages = fresh.querySelector('[data-pages]');
  const count = freshList ? takeEntries(list, freshList) : 0;
  if (freshPages && !document.querySelector('[data-pages]')) list.after(freshPages);
  const older = document.querySelector<HTMLAnchorElement>('[data-older]');
  if (older) trimEntries(list, older);
  return count;
}

function told(count: number): string {
  return count === 1 ? 'One new entry since you opened this page.' : `${count} new entries since you opened this page.`;
}

/** Keeps the address of a search short. */
function leaveOutEmpty({ formData }: FormDataEvent): void {
  for (const [name, value] of [...formData]) if (value === '') formData.delete(name);
}
