import { type EntriesAnswer, parseEvent, type UpdateEvent } from '../stream/protocol.ts';
import { ask } from './way-in.ts';

/** Most answers that are asked for, of up to 500 entries each: a page that missed more had better be loaded anew. */
const mostAnswers = 10;

/**
 * Asks the application server what was announced since a time, and hands each event to `take`.
 *
 * @returns whether nothing else can have been missed of what is kept as an entry
 * @throws whatever keeps the page from getting an answer that it can use
 */
export async function askMissed(
  entriesUrl: string,
  since: number,
  signal: AbortSignal,
  take: (event: UpdateEvent) => void,
): Promise<boolean> {
  let after = '';
  for (let answers = 0; answers < mostAnswers; answers += 1) {
    const url = `${entriesUrl}?since=${since}${after}`;
    const response = await ask(url, signal);
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    const { entries, complete, more } = (await response.json()) as EntriesAnswer;
    for (const entry of entries) {
      const event = parseEvent(entry);
      if (typeof event !== 'string') take(event);
    }
    if (more === undefined) return complete;
    after = `&after=${more}`;
  }
  return false;
}
