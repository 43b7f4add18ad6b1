import {
  atPrefix,
  bearerPrefix,
  type ConnectAnswer,
  resumePrefix,
  sincePrefix,
  subprotocol,
} from '../stream/protocol.ts';
import type { Handover } from './handover.ts';

/** Where the page connects to, and how. */
export interface WayIn {
  url: string;
  protocols: string[];
  /** Whether the server sends heartbeats, so that silence means a dead connection. */
  heartbeats: boolean;
}

let told = false;

/** Tells whoever sets the page up, on its console; once, since the attempts go on. */
export function tell(what: string): void {
  if (!told) console.error(`express-actionlog: ${what}`);
  told = true;
}

/** Asks the application server for JSON, as the signed-in user. */
export async function ask(url: string, signal: AbortSignal): Promise<Response> {
  return await fetch(url, {
    credentials: 'same-origin',
    cache: 'no-store',
    headers: { accept: 'application/json' },
    signal,
  });
}

/** What a page names when it connects. */
export interface Return extends Handover {
  /** When the server began to render the page, for a first connection. */
  since?: number | undefined;
}

/**
 * Asks the application server for the way to the streaming server; each time anew, because its token is short-lived.
 *
 * @throws whatever keeps the page from getting an answer that it can use
 */
export async function askWayIn(
  connectUrl: string,
  { resume, place, since }: Return,
  signal: AbortSignal,
): Promise<WayIn | 'signed-out' | 'off'> {
  const response = await ask(connectUrl, signal);
  if (response.status === 401) return 'signed-out';
  const isJson = response.headers.get('content-type')?.includes('json');
  if (response.ok ? !isJson : response.status === 404) {
    tell(
      `${connectUrl} is not the address of actionlog.routes() (${response.status}, ${isJson ? '' : 'no '}JSON): the application mounts it by app.use('/actionlog', actionlog.routes()); of another path tell createActionlogClient({ connectUrl })`,
    );
  }
  if (!response.ok || !isJson) throw new Error(`${connectUrl}: ${response.status}`);
  const answer = (await response.json()) as ConnectAnswer;
  if (answer.wire === 'off') return 'off';
  const url = new URL(answer.url, location.href).href.replace(/^http/, 'ws');
  if (answer.wire === 'gyroscope') return { url, protocols: [], heartbeats: false };
  const named = resume ? [resumePrefix + resume] : [];
  if (place?.epoch) named.push(`${atPrefix}${place.epoch}.${place.offset}.${place.offset0}`);
  else if (!place && since) named.push(sincePrefix + since);
  // what cannot stand in a subprotocol would make the constructor throw, for good
  const protocols = [subprotocol, bearerPrefix + answer.token, ...named.filter((name) => /^[\w.~+-]+$/.test(name))];
  return { url, protocols, heartbeats: true };
}
