import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** What one connection sent, and in which order it ended. */
export interface RawConnection {
  sent: string;
  steps: string[];
}

/** A raw TCP peer, which calls `answer` once a request is there, with its body. */
export async function rawServer(answer: (socket: Socket, body: string) => void, host = '127.0.0.1') {
  const connections: RawConnection[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = { sent: '', steps: [] as string[] };
    connections.push(connection);
    socket.on('data', (chunk) => {
      connection.sent += chunk.toString();
      const [head = '', body = ''] = connection.sent.split('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? -1);
      if (Buffer.byteLength(body) === length) answer(socket, body);
    });
    socket.on('end', () => {
      connection.steps.push('client ended');
      socket.end();
    });
    socket.on('finish', () => connection.steps.push('server ended'));
    socket.on('error', (error) => connection.steps.push(error.message));
    socket.on('close', () => server.emit('gone'));
  }).listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    connections,
    server,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}
