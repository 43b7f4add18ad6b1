import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { StreamKeys } from '../stream/keys.ts';
import { atPrefix, bearerPrefix, type Greeting, parseServerMessage, type UpdateEvent } from '../stream/protocol.ts';

/** A page as the command line opens one: it only listens. */
export interface ProbePage {
  greeting: Greeting;
  /** The place after the last event that came, for a connection that follows; undefined where none is known. */
  place(): string | undefined;
  /** Resolves with the close code and reason once the connection has ended. */
  closed: Promise<string>;
  close(): void;
}

/** How to open a {@link ProbePage}. */
export interface ProbeOptions {
  url: string;
  secrets: readonly string[];
  gsid: string;
  userid: string;
  timeoutMs: number;
  /** {@link ProbePage.place} of a connection before. */
  at?: string | undefined;
  onEvent(event: UpdateEvent): void;
}

/** Opens a page with a token of its own; rejects with why it is refused. */
export async function openProbe(options: ProbeOptions): Promise<ProbePage> {
  const { url, secrets, gsid, userid, timeoutMs, at, onEvent } = options;
  const token = await new StreamKeys(secrets).issueToken({ gsid, userid, login: 'express-actionlog' });
  const protocols = ['actionlog', `${bearerPrefix}${token}`, ...(at === undefined ? [] : [at])];
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols, { handshakeTimeout: timeoutMs });
  const closed = new Promise<string>((resolve) => {
    socket.once('close', (code, reason) => resolve(`${code} ${reason}`.trim()));
  });
  let last: { epoch: string; offset: number; offset0: number } | undefined;
  const greeting = new Promise<Greeting>((resolve, reject) => {
    socket.on('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      said(response).then((text) => reject(new Error(`refused with ${response.statusCode}: ${text}`)), reject);
    });
    closed.then((how) => reject(new Error(`closed before it was greeted: ${how}`)), reject);
    socket.on('message', (data) => {
      const message = parseServerMessage(String(data));
      if (message?.type === 'getsid') {
        const { epoch, offset, offset0 } = message;
        if (epoch !== undefined && offset !== undefined) last = { epoch, offset, offset0: offset0 ?? 0 };
        resolve(message);
      }
      if (message?.type !== 'update') return;
      if (last && message.offset !== undefined) last[message.gsid === '0' ? 'offset0' : 'offset'] = message.offset;
      onEvent(message);
    });
  });
  const late = new AbortController();
  const over = sleep(timeoutMs, undefined, { signal: late.signal }).then(
    () => Promise.reject(new Error(`no greeting within ${timeoutMs} ms`)),
    () => new Promise<never>(() => undefined), // it came in time
  );
  try {
    return {
      greeting: await Promise.race([greeting, over]),
      place: () => last && `${atPrefix}${last.epoch}.${last.offset}.${last.offset0}`,
      closed,
      close: () => socket.close(),
    };
  } catch (error) {
    socket.terminate();
    throw error;
  } finally {
    late.abort();
  }
}

async function said(response: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of response) if (text.length < 2_000) text += String(chunk);
  const message = /"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  return message ?? text.slice(0, 200);
}
