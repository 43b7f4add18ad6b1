/*
 * The naive relay, as PHP's `streamaction` has it: for each event a TCP connection of its own, an upgrade request, the
 * answer to it, one JSON text that is no web socket frame, and the sender closes.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { EventCount, portOf, type RelayCaller, type RelayTaker } from './relay-peer.ts';

const headEnd = '\r\n\r\n';
const answer = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'].join('\r\n') + headEnd;

/** Takes events from connections of their own. */
export async function takeRawNet(): Promise<RelayTaker> {
  const count = new EventCount();
  const server = createServer((socket) => {
    let head = true;
    let text = '';
    socket.on('error', () => undefined); // its event is missing from the count, which is what is checked
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = head ? text.indexOf(headEnd) : -1;
      if (end < 0) return;
      head = false;
      text = text.slice(end + headEnd.length);
      socket.write(answer);
    });
    socket.on('end', () => {
      if (text !== '') count.take(text);
    });
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  return {
    port: portOf(server),
    get taken() {
      return count.taken;
    },
    close: async () => {
      server.close();
    },
  };
}

/** Sends each event on a connection of its own, which the sender closes. */
export function rawNetCaller(port: number): RelayCaller {
  const request = ['GET /?WSS= HTTP/1.1', 'Host: 127.0.0.1', 'Upgrade: WebSocket', 'Connection: Upgrade'].join('\r\n');
  return {
    send: (text) =>
      new Promise((resolve, reject) => {
        const socket = connect(port, '127.0.0.1');
        let answered = false;
        socket.write(request + headEnd);
        socket.on('data', () => {
          if (answered) return;
          answered = true;
          socket.end(text);
        });
        socket.on('error', reject);
        socket.on('close', () => (answered ? resolve() : reject(new Error('closed before the answer'))));
      }),
    close: async () => undefined,
  };
}
