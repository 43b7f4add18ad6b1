import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { resumePrefix } from '../../../lib/stream/protocol.ts';

/** One page's web socket, seen from the server. */
export interface PageSocket {
  /** The address with its query, as the page asked for it. */
  url: string;
  /** The subprotocols that the page offered. */
  protocols: string[];
  sid: number;
  /** All that the page sent. */
  heard: string[];
  send(message: object): void;
  greet(more?: object): void;
  /** Announces a change of product 7 by user 42 of tenant 1, or what `more` says. */
  announce(more?: object): void;
  close(code: number, reason?: string): void;
  /** Ends it without a word, as a crashed server does. */
  terminate(): void;
  /** Answers nothing any more, not even a close, as behind a dead network; until {@link terminate}. */
  stall(): void;
  /** The code with which the page closed it. */
  closed: Promise<number>;
}

export function pageSocket(socket: WebSocket, request: IncomingMessage, freshSid: number): PageSocket {
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const offered = protocols.find((name) => name.startsWith(`${resumePrefix}sid-`));
  const sid = offered ? Number(offered.slice(`${resumePrefix}sid-`.length)) : freshSid;
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data)));
  const send = (message: object): void => socket.send(JSON.stringify(message));
  return {
    url: request.url ?? '',
    protocols,
    sid,
    heard,
    send,
    greet: (more = {}) => send({ type: 'getsid', sid, gsid: '1', userid: '42', resume: `sid-${sid}`, ...more }),
    announce: (more = {}) =>
      send({ type: 'update', sid: 0, gsid: '1', userid: '42', rectype: 'product', recid: '7', ...more }),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
    stall: () => socket.pause(),
    closed: once(socket, 'close').then(([code]) => code as number),
  };
}
