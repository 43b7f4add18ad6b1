import { once } from 'node:events';
import WebSocket from 'ws';
import { StreamKeys } from '../../lib/stream/keys.ts';
import { type Greeting, parseServerMessage, type UpdateEvent } from '../../lib/stream/protocol.ts';

/** A page at the streaming server's default wire: a web socket that only listens. */
export interface TestPage {
  greeting: Greeting;
  events: UpdateEvent[];
  /** Resolves once so many events have come in all. */
  until(count: number): Promise<UpdateEvent[]>;
  /** Resolves with the close code. */
  closed: Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens a page for a user, by a token made with the secret. */
export async function openPage(
  url: string,
  secret: string,
  user: { userid: string; gsid: string; login?: string },
  more: string[] = [],
): Promise<TestPage> {
  const token = await new StreamKeys([secret]).issueToken({ login: user.userid, ...user });
  return await openPageWith(url, ['actionlog', `bearer.${token}`, ...more]);
}

/** Opens a page with subprotocols as given. */
export async function openPageWith(url: string, protocols: string[]): Promise<TestPage> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols);
  const events: UpdateEvent[] = [];
  const closed = once(socket, 'close').then(([code]) => code as number);
  closed.catch(() => undefined); // where it never opened, the greeting tells why
  const greeted = new Promise<Greeting>((resolve, reject) => {
    socket.once('error', reject);
    socket.on('message', (data) => {
      const message = parseServerMessage(data.toString());
      if (message?.type === 'getsid') resolve(message);
      if (message?.type !== 'update') return;
      events.push(message);
      socket.emit('event');
    });
  });
  return {
    greeting: await greeted,
    events,
    closed,
    async until(count) {
      while (events.length < count) await once(socket, 'event');
      return events;
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed;
    },
  };
}
