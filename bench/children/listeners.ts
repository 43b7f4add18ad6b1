/* Pages that listen at a streaming server, in a process of their own: they count what comes, and say when. */
import { once } from 'node:events';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { monotonicMs } from '../support/load.ts';
import { serve } from '../support/serve.ts';

const sockets: { close(): unknown }[] = [];
/** When each record's event came first, by `<rectype>/<recid>`; on the machine's monotonic clock. */
const arrivals = new Map<string, number>();
let events = 0;
let lastAt = 0;
let more: (() => void) | undefined;

interface Message {
  type?: unknown;
  rectype?: unknown;
  recid?: unknown;
}

function take(text: string): void {
  const at = monotonicMs();
  count(JSON.parse(text) as Message, at);
}

function count(message: Message, at: number): void {
  if (message.type !== 'update') return;
  events += 1;
  const key = `${message.rectype}/${message.recid}`;
  if (arrivals.has(key)) return;
  arrivals.set(key, at);
  lastAt = at;
  more?.();
}

export const api = serve({
  /** Opens a page for each token, and resolves once all are greeted. */
  async open(url: string, tokens: string[]): Promise<void> {
    for (const token of tokens) {
      const protocols = ['actionlog', `bearer.${token}`];
      const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols, { perMessageDeflate: false });
      socket.on('message', (data) => take(data.toString()));
      await once(socket, 'message'); // the greeting
      socket.on('error', (error) => console.error('page:', error));
      sockets.push(socket);
    }
  },
  /** Opens a page at a server that has no greeting. */
  async openPlain(url: string): Promise<void> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), { perMessageDeflate: false });
    socket.on('message', (data) => take(data.toString()));
    await once(socket, 'open');
    sockets.push(socket);
  },
  /** Opens a page at a Socket.IO server. */
  async openSocketIo(url: string): Promise<void> {
    const socket = io(url, { transports: ['websocket'] });
    socket.on('update', (message: Message) => count(message, monotonicMs()));
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    sockets.push(socket);
  },
  /** How many events came in all, and of how many different records. */
  count: () => ({ events, records: arrivals.size }),
  /** Waits until events of so many different records have come, or the time is over. */
  async until(records: number, timeoutMs: number): Promise<{ records: number; lastAt: number }> {
    const end = Date.now() + timeoutMs;
    while (arrivals.size < records && Date.now() < end) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, Math.max(end - Date.now(), 0));
        more = () => {
          if (arrivals.size < records) return;
          clearTimeout(late);
          resolve();
        };
      });
    }
    more = undefined;
    return { records: arrivals.size, lastAt };
  },
  /** When each record's event came, on the machine's monotonic clock in milliseconds; forgets them. */
  take(): Record<string, number> {
    const taken = Object.fromEntries(arrivals);
    arrivals.clear();
    events = 0;
    return taken;
  },
  /** Forgets what has come. */
  reset(): void {
    arrivals.clear();
    events = 0;
  },
  close() {
    for (const socket of sockets) socket.close();
  },
});
