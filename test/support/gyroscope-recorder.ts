import { once } from 'node:events';
import { createServer } from 'node:net';

/** One connection as Gyroscope's streaming server sees it: the handshake's bytes, then the message's. */
export interface RecordedRelay {
  handshake: string;
  message: string;
}

/** A TCP peer that answers the handshake as a Gyroscope server does and records what is sent. */
export interface GyroscopeRecorder {
  url: string;
  port: number;
  recorded: RecordedRelay[];
  /** Resolves once so many relays were recorded in all. */
  until(count: number): Promise<RecordedRelay[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startGyroscopeRecorder(
  answer = 'HTTP/1.1 101 Web Socket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n',
): Promise<GyroscopeRecorder> {
  const recorded: RecordedRelay[] = [];
  const server = createServer((socket) => {
    let received = '';
    socket.on('data', (chunk) => {
      const answered = received.includes('\r\n\r\n');
      received += chunk.toString();
      if (!answered && received.includes('\r\n\r\n')) socket.write(answer);
    });
    socket.on('error', (error) => server.emit('problem', error));
    socket.on('end', () => {
      const end = received.indexOf('\r\n\r\n') + 4;
      recorded.push({ handshake: received.slice(0, end), message: received.slice(end) });
      server.emit('recorded');
      socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    recorded,
    async until(count) {
      while (recorded.length < count) await once(server, 'recorded');
      return recorded;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}
