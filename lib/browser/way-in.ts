import { bearerPrefix, type ConnectAnswer, resumePrefix, subprotocol } from '../stream/protocol.ts';

/** Where the page connects to, and how. */
export interface WayIn {
  url: string;
  protocols: string[];
  /** Whether the server sends heartbeats, so that silence means a dead connection. */
  heartbeats: boolean;
}

/**
 * Asks the application server for the way to the streaming server; each time anew, because its token is short-lived.
 *
 * @throws whatever keeps the page from getting an answer that it can use
 */
export async function askWayIn(
  connectUrl: string,
  resume: string | undefined,
  signal: AbortSignal,
): Promise<WayIn | 'signed-out' | 'off'> {
  const response = await fetch(connectUrl, {
    credentials: 'same-origin',
    cache: 'no-store',
    headers: { accept: 'application/json' },
    signal,
  });
  if (response.status === 401) return 'signed-out';
  if (!response.ok) throw new Error(`${connectUrl}: ${response.status}`);
  const answer = (await response.json()) as ConnectAnswer;
  if (answer.wire === 'off') return 'off';
  const url = new URL(answer.url, location.href).href.replace(/^http/, 'ws');
  if (answer.wire === 'gyroscope') return { url, protocols: [], heartbeats: false };
  const protocols = [subprotocol, bearerPrefix + answer.token];
  // what cannot stand in a subprotocol would make the constructor throw, for good
  if (resume && /^[\w.~+-]+$/.test(resume)) protocols.push(resumePrefix + resume);
  return { url, protocols, heartbeats: true };
}
